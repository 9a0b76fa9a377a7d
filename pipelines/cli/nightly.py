"""`zhibiao nightly` and `zhibiao dev`: run the night, or open Dagster's pages."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.logs import write_logs
from pipelines.cli.summary import print_summary
from pipelines.layout import OWNER_ONLY, Layout
from pipelines.settings import read_settings


def nightly(
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], help="Business date; yesterday in Shanghai otherwise."
        ),
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
    demo_if_empty: Annotated[
        bool, typer.Option(help="Write the demo bureau first when there are no extracts.")
    ] = False,
) -> None:
    """Run the night: extract, land, gate, compute, gate, release, tell."""
    from pipelines.cli.progress import show_progress
    from pipelines.orchestration.pace import usual_seconds
    from pipelines.orchestration.run import run_night

    os.umask(OWNER_ONLY)
    settings = read_settings()
    write_logs(settings)
    layout = Layout.of(settings)
    if demo_if_empty and not _has_files(layout.sources):
        from pipelines.demo.bureau import write_demo

        typer.echo(f"no extracts in {layout.sources}: writing the demo bureau (synthetic) …")
        write_demo(layout.sources)
    with show_progress(usual_seconds(layout)) as listener:
        night_id = run_night(
            settings,
            day.date() if day else None,
            listener,
            make_current=make_current,
            accept_older=accept_older or (),
        )
    print_summary(settings, night_id)


def dev(
    port: Annotated[int, typer.Option(help="Where on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Open Dagster's pages on loopback; the schedule runs while they are open."""
    from pipelines.orchestration.instance import prepare_home

    os.umask(OWNER_ONLY)
    prepare_home(Layout.of(read_settings()))
    program = Path(sys.executable).with_name("dagster")
    workspace = Path(__file__).resolve().parents[2] / "workspace.yaml"
    command = [str(program), "dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    os.execv(program, command)  # noqa: S606 our own program, and no shell


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))
