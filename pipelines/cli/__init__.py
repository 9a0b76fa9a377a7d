"""The command line: one module per group of commands; this one assembles them.

Every command begins with the imports of all of them. So their modules import what their arguments
are made of, and what answers a command is imported within it: `zhibiao show` does not wait for
Dagster, nor `zhibiao --help` for DuckDB (`tests/cli/test_imported.py`).
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from pipelines.cli import (
    demo,
    dictionary,
    figures,
    law,
    nightly,
    reconcile,
    release,
    report,
    status,
)
from pipelines.layout import OWNER_ONLY
from pipelines.personal_numbers import mask_personal_numbers

if TYPE_CHECKING:
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
app.command()(report.report)
app.command()(reconcile.reconcile)
app.command()(dictionary.dictionary)
app.command()(law.law)
app.command()(demo.demo)
app.command()(nightly.dev)
app.add_typer(release.app)


def main() -> None:
    """Run the command line; whatever fails prints one message and exits with its own code."""
    os.umask(OWNER_ONLY)
    try:
        app()
    except Exception as error:
        from pipelines.error_kinds import as_refusal

        # The last net: an operator is shown no traceback, which may quote rows and secrets.
        logging.getLogger(__name__).debug("where it failed", exc_info=error)
        _refuse(as_refusal(error))


def _refuse(error: ZhibiaoError) -> None:
    console = Console(stderr=True, soft_wrap=True)
    message = mask_personal_numbers(str(error))
    console.print(message, style="red", markup=False, highlight=False)
    sys.exit(error.exit_code)
