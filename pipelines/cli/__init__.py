"""The command line: one module per group of commands; this one assembles them.

Heavy imports (Dagster, Great Expectations) happen inside the commands that need them, so that
`zhibiao show` answers in well under a second.
"""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from pipelines.cli import demo, figures, nightly, status
from pipelines.errors import ZhibiaoError

app = typer.Typer(
    name="zhibiao",
    help="指标: nightly indicators of a market-regulation bureau, from records to release.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold personal values and secrets
)
app.command()(nightly.nightly)
app.command()(status.status)
app.command()(figures.show)
app.command()(figures.sql)
app.command()(demo.demo)
app.command()(nightly.dev)


def main() -> None:
    """Run the command line; a refusal prints its message and exits with its own code."""
    try:
        app()
    except ZhibiaoError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
