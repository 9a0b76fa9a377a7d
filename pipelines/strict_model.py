"""The typed form of whatever is read from a file: unknown words are refused, and nothing changes.

What belongs here: that form. What does not: what a file may say.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """A pydantic model that refuses words it does not know, and whose fields are never set anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)
