"""`zhibiao status`: where the last night stands, what is held, what is late, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from pipelines.cli.arguments import FormatOption, read_layout
from pipelines.cli.output import Format, TitledRows, open_console, write_sections
from pipelines.cli.status_screen import summarize_status

_VERDICT_LINES = 4


def status(
    output: FormatOption = Format.TABLE,
    everything: Annotated[
        bool, typer.Option("--all", help="List every stage, source and incident.")
    ] = False,
) -> None:
    """Show the last night on one screen: what is held, late and open, and the verdict last.

    CSV and JSON always list everything. Exits with 1 when the last night ended without a release,
    so that a scheduler can ask.
    """
    from pipelines.cli.status_lists import list_status

    outcome, sections = list_status(read_layout())
    if output is Format.TABLE and not everything:
        _print_screen(sections)
    else:
        write_sections(sections, output)
    if outcome not in ("running", "released"):
        raise typer.Exit(1)


def _print_screen(sections: Sequence[TitledRows]) -> None:
    """On a terminal no line wraps but the verdict, which is cut; in a pipe nothing is cut."""
    named = {
        title: [dict(zip(columns, row, strict=True)) for row in rows]
        for title, columns, rows in sections
    }
    lines, verdict = summarize_status(named)
    console = open_console()
    for line in lines:
        console.print(Text(line), no_wrap=True, overflow="ellipsis")
    wrapped = list(Text(verdict, style="bold").wrap(console, console.width))
    if len(wrapped) > _VERDICT_LINES:
        wrapped = wrapped[:_VERDICT_LINES]
        wrapped[-1].truncate(console.width - 1)
        wrapped[-1].append("…")
    for part in wrapped:
        console.print(part, no_wrap=True)
