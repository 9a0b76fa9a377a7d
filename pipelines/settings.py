"""Settings: the only reader of the environment.

Every value comes from a `ZHIBIAO_*` variable or from a `.env` file in the working directory, and is
checked here, with a message that says what to do. Nothing else reads `os.environ`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError

from pipelines.errors import SettingsError
from pipelines.strict_model import StrictModel

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ZHIBIAO_"
DOTENV = ".env"
# Set by the night for dbt's profile; nobody else's to set, and in our environment all the same.
_SET_FOR_DBT = {"ZHIBIAO_BUILD_DATABASE"}
_BYTES = {"MB": 10**6, "GB": 10**9}
_SECRET = {"connections", "alert_targets"}
_WHAT_TO_DO = "Mend them in the environment or in .env; README.md lists every setting."


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


Folder = Annotated[Path, AfterValidator(_absolute)]
Duration = Annotated[str, Field(pattern=r"^[1-9]\d{0,5}(s|m|h)$")]


def _parsed(value: Any) -> Any:  # noqa: ANN401 a text of the environment, or what it stands for
    return json.loads(value) if isinstance(value, str) else value


Json = BeforeValidator(_parsed)

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _seconds(duration: str) -> float:
    return float(duration[:-1]) * _SECONDS[duration[-1]]


class Settings(StrictModel):
    """All that an installation can set. Relative paths are taken from the working directory."""

    project: Folder = Field(
        default=PROJECT_ROOT, description="folder that holds dbt_project/ and expectations/"
    )
    warehouse: Folder = Field(
        default=PROJECT_ROOT / "warehouse", description="folder of landing, releases and state"
    )
    sources: Folder = Field(
        default=PROJECT_ROOT / "warehouse" / "sources",
        description="folder of the file drops and the demo's databases",
    )
    connections: Annotated[dict[str, SecretStr], Json] = Field(
        default_factory=dict,
        description='a JSON object of databases by source, like {"complaints": "postgresql://…"}',
    )
    pseudonym_key_file: Folder | None = Field(
        default=None, description="key file of the pseudonyms; default: <warehouse>/keys/pseudonym"
    )
    alert_targets: Annotated[dict[str, list[SecretStr]], Json] = Field(
        default_factory=dict,
        description="a JSON object of lists of Apprise addresses by steward, like "
        '{"registration": ["mailto://…"], "default": ["…"]}; "default" serves the others',
    )
    keep_releases: int = Field(default=30, ge=2, description="a number of releases, 2 or more")
    threads: int = Field(default=2, ge=1, le=256, description="a number of threads, 1 to 256")
    memory_limit: Annotated[str, Field(pattern=r"^[1-9]\d*(\.\d+)?(MB|GB)$")] = Field(
        default="1GB", description="memory of each database, like 1GB or 512MB"
    )
    max_visit: Duration = Field(
        default="10m", description="longest visit to the source of one table, like 90s, 10m or 1h"
    )
    max_night: Duration = Field(
        default="2h", description="longest whole night, like 90s, 10m or 1h"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="debug, info, warning or error"
    )

    @property
    def names_sources(self) -> bool:
        """Whether somebody said where deliveries come from: folders, databases, or both."""
        return "sources" in self.model_fields_set or bool(self.connections)

    @property
    def max_visit_seconds(self) -> float:
        """How long a visit to the source of one table may last."""
        return _seconds(self.max_visit)

    @property
    def max_night_seconds(self) -> float:
        """How long a whole night may last."""
        return _seconds(self.max_night)

    @property
    def pseudonym_key_path(self) -> Path:
        """The key file in use."""
        return self.pseudonym_key_file or self.warehouse / "keys" / "pseudonym"


def count_bytes(memory_limit: str) -> int:
    """A memory limit, as the settings allow it, in bytes."""
    return int(float(memory_limit[:-2]) * _BYTES[memory_limit[-2:]])


def read_settings() -> Settings:
    """Read and check the settings; a variable of the environment goes before a line of `.env`.

    Raises:
        SettingsError: naming each variable, what it must be and what was found; never a secret.
    """
    try:
        given = [*dotenv_values(DOTENV).items(), *os.environ.items()]
    except ValueError as error:
        found = f"{DOTENV}: expected a text file in UTF-8, got {type(error).__name__}."
        raise _refuse([found]) from None
    refused = _unknown_names({name.upper() for name, _ in given})
    # An empty value is none.
    said = {name.upper(): text for name, text in given if text}
    names = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    try:
        settings = Settings.model_validate(
            {name: said[variable] for variable, name in names.items() if variable in said}
        )
    except ValidationError as error:
        refused += sorted({_explain(details) for details in error.errors()})
    if refused:
        raise _refuse(refused)
    return settings


def _refuse(sentences: Iterable[str]) -> SettingsError:
    lines = "\n".join(f"  {line}" for line in sentences)
    return SettingsError(f"settings: expected usable {PREFIX}* values, got\n{lines}\n{_WHAT_TO_DO}")


def _unknown_names(given: set[str]) -> list[str]:
    """One sentence per variable with our prefix that no setting has: most likely a slip."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    sentences = []
    for name in sorted(name for name in given - known - _SET_FOR_DBT if name.startswith(PREFIX)):
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        sentences.append(f"{name}: expected the name of a setting, got an unknown one.{hint}")
    return sentences


def _explain(details: ErrorDetails) -> str:
    """What one variable must be; what it is only where that is no secret."""
    name, *inner = map(str, details["loc"])
    if details["type"] == "value_error":
        got = "no JSON"
    elif name not in _SECRET:
        got = repr(details["input"])
    elif inner and inner[0].isidentifier():
        got = f"another form under {inner[0]!r}"
    else:
        got = "another form"
    return f"{PREFIX}{name.upper()}: expected {_expected(name)}, got {got}."


def _expected(name: str) -> str:
    field = Settings.model_fields.get(name)
    return field.description or name if field else "a value"


@lru_cache(maxsize=1)
def current_settings() -> Settings:
    """The settings of this process, read once; what Dagster's definitions are built from."""
    return read_settings()
