"""What several commands ask of their arguments, beyond what the command line's parser can say.

An argument that is well formed and names nothing exits with 64, of whatever kind it is; the check
of a path that the parser offers would exit with 2.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.output import Format
from pipelines.errors import UsageError
from pipelines.layout import Layout

if TYPE_CHECKING:
    import duckdb

FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json")]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", help="An older release; the current one by default.")
]


def require_file(path: Path, argument: str) -> None:
    """Refuse the path of a file that is not there, or is a folder.

    Raises:
        UsageError: naming the argument and what was found.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise UsageError(
            f"{argument}: expected the path of a CSV of published figures, got {found}: {path}. "
            "demo/published_2024.csv is one."
        )


def read_layout() -> Layout:
    """Where things lie, as the settings say."""
    from pipelines.settings import read_settings

    return Layout.of(read_settings())


def open_named_release(release: str | None) -> duckdb.DuckDBPyConnection:
    """The release that `--release` names, or the current one, open for reading."""
    from pipelines.releases.reading import open_release
    from pipelines.settings import read_settings

    settings = read_settings()
    return open_release(
        Layout.of(settings),
        release,
        memory_limit=settings.memory_limit,
        threads=settings.threads,
    )
