"""`zhibiao dictionary`: write the pages that explain the indicators."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.arguments import ReleaseOption, open_named_release, read_layout


def dictionary(
    output: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to; dictionary/<release> of the warehouse by default.",
        ),
    ] = None,
    release: ReleaseOption = None,
) -> None:
    """Write a page per indicator, in Chinese and English, from a release's catalogue."""
    from pipelines.releases.reading import find_release
    from pipelines.reports.dictionary.pages import write_dictionary

    layout = read_layout()
    release_id = find_release(layout, release).id
    folder = output or layout.dictionary / release_id
    with open_named_release(release_id) as connection:
        count = write_dictionary(connection, folder)
    typer.echo(f"指标字典（{count} 项）: {folder / 'zh' / 'index.html'}")
