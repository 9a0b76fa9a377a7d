"""`zhibiao demo`: write the demo bureau's extracts. The one door from the product to `demo`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pipelines.cli.arguments import read_layout, require_file


def _day(value: datetime | None, default: date) -> date:
    return value.date() if value else default


def demo(
    seed: Annotated[int, typer.Option(help="Another seed makes another bureau.")] = 20240,
    scale: Annotated[
        float, typer.Option(help="1 is the size of the real bureau.", min=0.02, max=20)
    ] = 1.0,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"])] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"])] = None,
    totals: Annotated[
        Path | None, typer.Option(help="CSV of published figures to reproduce.")
    ] = None,
) -> None:
    """Write the demo bureau's extracts (synthetic) below ZHIBIAO_SOURCES."""
    from demo.bureau import write_demo

    sources = read_layout().sources
    if totals:
        require_file(totals, "--totals")
    with Console(stderr=True).status("writing the demo bureau …"):
        summary = write_demo(
            sources,
            seed=seed,
            scale=scale,
            start=_day(start, date(2023, 1, 1)),
            end=_day(end, date(2025, 1, 15)),
            totals=totals,
        )
    typer.echo(f"演示数据（合成）: {sources}, {summary.marker.start} – {summary.marker.end}")
    typer.echo(f"{len(summary.rows)} source tables, {sum(summary.rows.values()):,} rows")
    typer.echo("Next: zhibiao nightly")


def write_usual_demo(sources: Path) -> None:
    """Write the demo bureau as it is without any option."""
    from demo.bureau import write_demo

    write_demo(sources)
