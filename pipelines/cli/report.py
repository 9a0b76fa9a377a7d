"""`zhibiao report`: the annual report of a release, in Excel, Word and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.cli.arguments import ReleaseOption, open_named_release, read_layout


def report(
    year: Annotated[int, typer.Argument(help="A year with figures, like 2024.", min=1, max=9999)],
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to; reports/<release>/<year> of the warehouse by default.",
        ),
    ] = None,
    release: ReleaseOption = None,
) -> None:
    """Write the annual report from a release: every figure of the year, charts, definitions."""
    from pipelines.releases.reading import find_release
    from pipelines.reports.annual.render import write_annual_report

    layout = read_layout()
    release_id = find_release(layout, release).id
    folder = output or layout.reports / release_id / str(year)
    with (
        open_named_release(release_id) as connection,
        Console(stderr=True).status("writing the annual report …"),
    ):
        written = write_annual_report(connection, year, folder)
    for path in written:
        typer.echo(path)
