"""The YAML of what is declared: contracts, suites, stewards, vars.

What belongs here: reading one file. What does not: what it may say (contracts, suites, stewards).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ContractError

# Libyaml reads eight times as fast; a PyYAML that was built without it has only the Python loader.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_declaration(path: Path) -> Any:  # noqa: ANN401 a YAML document is anything until checked
    """What a declaration says, for reading only; None for an empty file.

    Raises:
        ContractError: the file is missing, or no YAML; names the line where reading stopped.
    """
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContractError(
            f"{path.parent.name}/{path.name}: expected a file, got none. Bring it back."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(
            f"{path.parent.name}/{path.name}: expected YAML in UTF-8, got {_problem(error)}. "
            "Mend the file."
        ) from None


def read_vars(dbt_project: Path) -> dict[str, Any]:
    """The vars of a dbt project: what a bureau says of itself beside its seeds and stewards.

    Raises:
        ContractError: dbt_project.yml is missing, no YAML, or has no vars.
    """
    said = read_declaration(dbt_project / "dbt_project.yml")
    declared = said.get("vars") if isinstance(said, dict) else None
    if not isinstance(declared, dict):
        raise ContractError("dbt_project.yml: expected vars, got none. Bring the project's back.")
    return declared


# A night asks three times for what is declared (graph, night, summary): 0.08 s each in 80 files.
@lru_cache(maxsize=256)
def _parse(text: str) -> Any:  # noqa: ANN401 as above
    return yaml.load(text, _LOADER)  # noqa: S506 both are safe


def _problem(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"{type(error).__name__}: {error}"
    return f"line {mark.line + 1}: {getattr(error, 'problem', None) or type(error).__name__}"
