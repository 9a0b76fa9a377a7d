"""Settings: the only reader of the environment.

Every value comes from a `ZHIBIAO_*` variable or from a `.env` file beside the project, and is
checked once, here, with a message that says what to do. Nothing else reads `os.environ`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


Folder = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """All that an installation can set. Relative paths are taken from the working directory."""

    model_config = SettingsConfigDict(
        env_prefix="ZHIBIAO_", env_file=".env", env_file_encoding="utf-8", extra="ignore"
    )

    project: Folder = Field(
        default=PROJECT_ROOT, description="folder that holds dbt_project/ and expectations/"
    )
    warehouse: Folder = Field(
        default=PROJECT_ROOT / "warehouse", description="where landing, releases and state lie"
    )
    sources: Folder = Field(
        default=PROJECT_ROOT / "warehouse" / "sources",
        description="where file drops and the demo's databases lie",
    )
    connections: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='database per source, as JSON: {"complaints": "postgresql://…"}',
    )
    pseudonym_key_file: Folder | None = Field(
        default=None, description="key file of the pseudonyms; default: <warehouse>/keys/pseudonym"
    )
    alert_targets: dict[str, list[SecretStr]] = Field(
        default_factory=dict,
        description='Apprise addresses per steward, as JSON: {"registration": ["mailto://…"]};'
        ' "default" serves the others',
    )
    keep_releases: int = Field(default=30, ge=2, description="how many releases to keep")
    threads: int = Field(default=2, ge=1, le=256, description="threads of each database")
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?(MB|GB)$")] = Field(
        default="1GB", description="memory of each database, like 1GB"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @property
    def pseudonym_key_path(self) -> Path:
        """The key file in use."""
        return self.pseudonym_key_file or self.warehouse / "keys" / "pseudonym"


def read_settings() -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: naming each variable, what it must be and what was found.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"  ZHIBIAO_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        ]
        raise SettingsError(
            "settings: expected usable ZHIBIAO_* values, got\n"
            + "\n".join(lines)
            + "\nMend them in the environment or in .env; README.md lists every setting."
        ) from None
    except ValueError as error:
        raise SettingsError(
            f"settings: expected readable ZHIBIAO_* values, got: {error}. "
            'Mappings are written as JSON, like ZHIBIAO_CONNECTIONS=\'{"complaints": "…"}\'.'
        ) from None


@lru_cache(maxsize=1)
def current_settings() -> Settings:
    """The settings of this process, read once; what Dagster's definitions are built from."""
    return read_settings()
