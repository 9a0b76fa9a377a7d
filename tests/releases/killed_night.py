"""A night that is killed at one moment after another while it builds and publishes a release.

Run as `python -m tests.releases.killed_night <warehouse>` on a warehouse with a current release and
a build that would make the next. For each moment it prints one JSON line: what the night was about
to do, which release is current afterwards and which one its database says it is. The moments are
the audit events by which Python announces each change to a file or folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from pipelines.layout import Layout
from pipelines.releases.manifest import seal_release
from pipelines.releases.switch import publish
from pipelines.releases.verify import verify_release
from pipelines.reports.render import render_report
from tests.releases.bureau import build, make_layout

NEXT_ID = "2025-01-16-0123456789ab"
CHANGES = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir"}


def finish_night(layout: Layout) -> None:
    """Build, report, seal and publish the next release."""
    building = build(layout, release_id=NEXT_ID)
    render_report(building)
    seal_release(layout, building)
    publish(layout, building)


def in_a_fork(work: Callable[[], None]) -> None:
    """Run in a process of its own, so that no handle or lock outlives it."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    os.waitpid(child, 0)


def is_change(event: str, args: tuple[object, ...]) -> bool:
    """Whether an audit event announces a change; of a folder's files, one chmod is like another."""
    if event == "open":
        return isinstance(args[1], str) and "w" in args[1]
    if event == "os.chmod":
        return Path(str(args[0])).is_dir()
    return event in CHANGES


def killed_before(layout: Layout, moment: int, log: Path) -> Callable[[], None]:
    """A night that is killed just before its n-th change; it logs what that would have been."""

    def work() -> None:
        seen = 0

        def watch(event: str, args: tuple[object, ...]) -> None:
            nonlocal seen
            if not is_change(event, args) or str(layout.warehouse) not in str(args):
                return
            seen += 1
            if seen == moment:
                os.write(descriptor, f"{event} {Path(str(args[0])).name}".encode())
                os.kill(os.getpid(), signal.SIGKILL)

        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        sys.addaudithook(watch)
        finish_night(layout)

    return work


def report_state(layout: Layout, change: str) -> None:
    """Print which release is current, after verifying it."""
    manifest = verify_release(layout.current.resolve())
    database = str(layout.current / "indicators.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        ((stated,),) = connection.execute("select release_id from release").fetchall()
    print(json.dumps([change, manifest.release_id, stated]), flush=True)


def main(layout: Layout, log: Path) -> None:
    """Kill a night before each change, until one runs to its end; each starts from the same."""
    first = layout.current.readlink()
    moment = 0
    change = "start"
    while change:
        moment += 1
        shutil.rmtree(layout.releases / NEXT_ID, ignore_errors=True)
        layout.current.unlink()
        layout.current.symlink_to(first)
        in_a_fork(killed_before(layout, moment, log))
        change = log.read_text()
        in_a_fork(lambda: report_state(layout, change))  # noqa: B023 -- runs at once


if __name__ == "__main__":
    main(make_layout(Path(sys.argv[1])), Path(sys.argv[2]))
