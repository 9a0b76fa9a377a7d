"""The typed form of whatever is read from a file: unknown words are refused, and nothing changes.

What belongs here: that form, and what is wrong with a file. What does not: what it may say.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError


class StrictModel(BaseModel):
    """A pydantic model that refuses words it does not know, and whose fields are never set anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def list_problems(error: ValidationError, whole: str) -> str:
    """Where each problem is and what it is; one of no place in it is of the `whole`."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or whole}: {problem['msg']}"
        for problem in error.errors()
    )
