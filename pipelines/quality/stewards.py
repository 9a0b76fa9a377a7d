"""Stewards: who owns what, read from `expectations/_stewards.yml`.

Belongs here: the keys that suites and contracts name as owner, and what people call them.
Does not: where their messages go, which is an installation's setting (ZHIBIAO_ALERT_TARGETS).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from pipelines.declarations import read_declaration
from pipelines.errors import ContractError
from pipelines.strict_model import StrictModel

STEWARDS_FILE = "_stewards.yml"


class Steward(StrictModel):
    """One section of the bureau that answers for data."""

    key: str = Field(pattern=r"^[a-z][a-z_]*$")
    name_zh: str = Field(min_length=1)
    owns: str = Field(min_length=1)


OPERATOR = Steward(key="operator", name_zh="系统运行", owns="夜间任务")
"""Who is told what no steward can mend; not declared, for every installation has one."""


def read_stewards(folder: Path) -> dict[str, Steward]:
    """Read the stewards of a project, by key.

    Raises:
        ContractError: the file is missing or an entry is unusable.
    """
    path = folder / STEWARDS_FILE
    declared = read_declaration(path)
    if not isinstance(declared, dict) or not declared:
        raise ContractError(
            f"{path.name}: expected a mapping from key to steward, got {type(declared).__name__}. "
            "Declare each steward as `<key>: {name_zh: …, owns: …}`."
        )
    stewards: dict[str, Steward] = {}
    for key, entry in declared.items():
        try:
            stewards[key] = Steward.model_validate({"key": key, **(entry or {})})
        except (ValidationError, TypeError) as error:
            raise ContractError(
                f"{path.name}, {key}: expected name_zh and owns, got: {error}. Mend the entry."
            ) from None
    return stewards
