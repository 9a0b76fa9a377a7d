"""`zhibiao show` and `zhibiao sql`: figures of the current release, read-only."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipelines.cli.arguments import FormatOption, ReleaseOption, open_named_release
from pipelines.cli.output import Format, write_rows


def show(
    named: Annotated[
        str,
        typer.Argument(
            metavar="INDICATOR",
            help="An indicator: its id (new_market_entities), or its Chinese name or a part of it.",
        ),
    ],
    period: Annotated[
        str | None, typer.Option(help="2024, 2024-Q3, 2024-11 or 2024-11-ytd; all years otherwise.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="street, month, quarter, year, ytd, or a breakdown like entity_kind."),
    ] = None,
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Show an indicator's figures."""
    from pipelines.cli.shown_figures import print_figures

    with open_named_release(release) as connection:
        print_figures(connection, named, period, by, output)


def sql(
    query: Annotated[
        str | None, typer.Argument(help="One query; read from standard input when absent.")
    ] = None,
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Run a query on the current release: read-only, and unable to reach any other file."""
    from pipelines.layout import Layout
    from pipelines.releases.queries import ask
    from pipelines.releases.reading import find_release
    from pipelines.settings import count_bytes, read_settings

    settings = read_settings()
    database = find_release(Layout.of(settings), release).database
    columns, rows = ask(
        database,
        query if query is not None else sys.stdin.read(),
        memory_limit=settings.memory_limit,
        memory_bytes=count_bytes(settings.memory_limit),
        threads=settings.threads,
    )
    write_rows(columns, rows, output)
