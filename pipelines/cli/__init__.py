"""The command line: one module per group of commands; this one assembles them.

Heavy imports (Dagster, Great Expectations) happen inside the commands that need them, so that
`zhibiao show` answers in well under a second.
"""

from __future__ import annotations

import logging
import os
import sys

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
from pipelines.errors import ReleaseError, StorageError, ZhibiaoError
from pipelines.layout import OWNER_ONLY
from pipelines.personal_numbers import mask_personal_numbers

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
    except ZhibiaoError as error:
        _refuse(error)
    except OSError as error:
        _refuse(
            StorageError(
                f"{error.filename or 'file system'}: expected to be able to use it, "
                f"got: {error.strerror or error}. Mend the folder, its rights or the disk's space."
            )
        )
    except Exception as error:
        # The last net: an operator is shown no traceback, which may quote rows and secrets.
        logging.getLogger(__name__).debug("where it failed", exc_info=error)
        _refuse(
            ReleaseError(
                f"zhibiao: expected to succeed, got {type(error).__name__}: {error}. "
                "This is a defect; `ZHIBIAO_LOG_LEVEL=debug zhibiao nightly` shows where it is."
            )
        )


def _refuse(error: ZhibiaoError) -> None:
    console = Console(stderr=True, soft_wrap=True)
    message = mask_personal_numbers(str(error))
    console.print(message, style="red", markup=False, highlight=False)
    sys.exit(error.exit_code)
