"""Settings: the only reader of the environment.

Every value comes from a `ZHIBIAO_*` variable or from a `.env` file in the working directory, and is
checked here, with a message that says what to do. Nothing else reads `os.environ`.
"""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableValueError

from pipelines.errors import SettingsError

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

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _seconds(duration: str) -> float:
    return float(duration[:-1]) * _SECONDS[duration[-1]]


class Settings(BaseSettings):
    """All that an installation can set. Relative paths are taken from the working directory."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=DOTENV,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",  # other programs' lines in .env; ours are checked by _unknown_names
    )

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
    connections: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='a JSON object of databases by source, like {"complaints": "postgresql://…"}',
    )
    pseudonym_key_file: Folder | None = Field(
        default=None, description="key file of the pseudonyms; default: <warehouse>/keys/pseudonym"
    )
    alert_targets: dict[str, list[SecretStr]] = Field(
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
    """Read and check the settings.

    Raises:
        SettingsError: naming each variable, what it must be and what was found; never a secret.
    """
    try:
        refused = _unknown_names()
        settings = Settings()
    except ValidationError as error:
        refused += sorted({_explain(details) for details in error.errors()})
    except UnreadableValueError as error:
        # Its text names the field and never the value.
        field = re.search(r'field "(\w+)"', str(error))
        name = field[1] if field else ""
        refused.append(f"{PREFIX}{name.upper()}: expected {_expected(name)}, got no JSON.")
    except ValueError as error:
        refused = [f"{DOTENV}: expected a text file in UTF-8, got {type(error).__name__}."]
    if refused:
        lines = "\n".join(f"  {line}" for line in refused)
        raise SettingsError(
            f"settings: expected usable {PREFIX}* values, got\n{lines}\n{_WHAT_TO_DO}"
        )
    return settings


def _unknown_names() -> list[str]:
    """One sentence per variable with our prefix that no setting has: most likely a slip."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    given = {name.upper() for name in (*os.environ, *dotenv_values(DOTENV))}
    sentences = []
    for name in sorted(name for name in given - known - _SET_FOR_DBT if name.startswith(PREFIX)):
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        sentences.append(f"{name}: expected the name of a setting, got an unknown one.{hint}")
    return sentences


def _explain(details: ErrorDetails) -> str:
    """What one variable must be; what it is only where that is no secret."""
    name, *inner = map(str, details["loc"])
    if name not in _SECRET:
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
