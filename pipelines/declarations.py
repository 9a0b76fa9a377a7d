"""The YAML of what is declared: contracts, suites, stewards.

What belongs here: reading one file. What does not: what it may say (contracts, suites, stewards).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import ContractError

# Libyaml reads eight times as fast; a PyYAML that was built without it has only the Python loader.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_declaration(path: Path) -> Any:  # noqa: ANN401 a YAML document is anything until checked
    """What a declaration says; None for an empty file.

    Raises:
        ContractError: the file is missing, or no YAML; names the line where reading stopped.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 both are safe
    except FileNotFoundError:
        raise ContractError(
            f"{path.parent.name}/{path.name}: expected a file, got none. Bring it back."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(
            f"{path.parent.name}/{path.name}: expected YAML in UTF-8, got {_problem(error)}. "
            "Mend the file."
        ) from None


def _problem(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"{type(error).__name__}: {error}"
    return f"line {mark.line + 1}: {getattr(error, 'problem', None) or type(error).__name__}"
