"""`zhibiao nightly` and `zhibiao dev`: run the night, or open Dagster's pages."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.arguments import read_layout
from pipelines.cli.demo import write_usual_demo
from pipelines.layout import Layout

if TYPE_CHECKING:
    from pipelines.settings import Settings


def nightly(
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Business date; yesterday otherwise."),
    ] = None,
    make_current: Annotated[
        bool,
        typer.Option(
            "--make-current",
            help="Make the release current also when a later day's is.",
        ),
    ] = False,
    accept_older: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-older",
            metavar="SOURCE_TABLE",
            help="Let this table's older delivery replace the newer one; can be repeated.",
        ),
    ] = None,
    from_scratch: Annotated[
        bool,
        typer.Option(
            "--from-scratch",
            help="Compute all anew; the figures are the same, and take longer.",
        ),
    ] = False,
    demo_if_empty: Annotated[
        bool,
        typer.Option(
            help="Write the demo bureau first, where nothing was set, delivered or landed yet."
        ),
    ] = False,
) -> None:
    """Run the night: extract, land, gate, compute, gate, release, tell."""
    from pipelines.cli.logs import write_logs
    from pipelines.cli.progress import show_progress
    from pipelines.cli.summary import print_summary
    from pipelines.orchestration.pace import usual_seconds
    from pipelines.orchestration.run import run_night
    from pipelines.settings import read_settings

    settings = read_settings()
    write_logs(settings)
    layout = Layout.of(settings)
    if demo_if_empty and awaits_demo(settings):
        typer.echo(f"no extracts in {layout.sources}: writing the demo bureau (synthetic) …")
        write_usual_demo(layout.sources)
    with show_progress(usual_seconds(layout)) as listener:
        night_id = run_night(
            settings,
            day.date() if day else None,
            listener,
            make_current=make_current,
            accept_older=accept_older or (),
            from_scratch=from_scratch,
        )
    print_summary(settings, night_id)


def dev(
    port: Annotated[int, typer.Option(help="Where on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Open Dagster's pages on loopback; the schedule runs while they are open."""
    from pipelines.orchestration.served_pages import serve_pages

    typer.echo("opening Dagster's pages …", err=True)
    # Ctrl-C is how they are closed.
    with suppress(KeyboardInterrupt):
        serve_pages(read_layout(), port, _announce)


def _announce(address: str) -> None:
    typer.echo(
        f"请在浏览器打开（地址含本次启动的口令，请勿转发）\n"
        f"Open in a browser (the address holds the token of this start: keep it to yourself)\n\n"
        f"  {address}\n\n"
        "Ctrl-C closes the pages and stops the schedule."
    )
    sys.stdout.flush()


def awaits_demo(settings: Settings) -> bool:
    """Whether nobody has said where deliveries come from, and none ever came.

    A drop folder that a setting names may be empty for a night; invented records in it would be
    published as the bureau's.
    """
    layout = Layout.of(settings)
    return not (
        settings.names_sources
        or any(path.is_file() for path in layout.sources.rglob("*"))
        or any(layout.landing.glob("*/*/*"))
    )
