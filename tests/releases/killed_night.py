"""A night that is held at one moment after another while it builds and publishes a release.

Run as `python -m tests.releases.killed_night <warehouse>` on a warehouse with a current release and
a build that would make the next. For each moment it prints one JSON line: what the night is about
to do, which release is current and which one its database says it is; then the same of the whole
night, of one that is killed before the switch, and of the one after it. The moments are the audit
events by which Python announces each change to a file or folder: what lies there while the night
is held is what it would leave if it were killed.
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


def before_each_change(layout: Layout, tell: Callable[[str], None]) -> Callable[[], None]:
    """A night that tells what it is about to change, and goes on when that returns."""

    def work() -> None:
        def watch(event: str, args: tuple[object, ...]) -> None:
            if is_change(event, args) and str(layout.warehouse) in str(args):
                tell(f"{event} {Path(str(args[0])).name}")

        sys.addaudithook(watch)
        finish_night(layout)

    return work


def step_through(layout: Layout) -> str:
    """Run a night, report the state before each of its changes; the last one."""
    asked, asking = os.pipe()
    answered, answering = os.pipe()

    def ask(change: str) -> None:
        os.write(asking, f"{change}\n".encode())
        os.read(answered, 1)

    child = os.fork()
    if child == 0:
        os.close(asked)
        before_each_change(layout, ask)()
        os._exit(0)
    os.close(asking)
    change = ""
    with os.fdopen(asked) as changes:
        for line in changes:
            change = line.rstrip()
            in_a_fork(lambda: report_state(layout, change))  # noqa: B023 -- runs at once
            os.write(answering, b".")
    os.waitpid(child, 0)
    return change


def kill_before(last: str) -> Callable[[str], None]:
    """Kill this process when it is about to make a change."""

    def tell(change: str) -> None:
        if change == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


def report_state(layout: Layout, change: str) -> None:
    """Print which release is current, after verifying it."""
    manifest = verify_release(layout.current.resolve())
    database = str(layout.current / "indicators.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        ((stated,),) = connection.execute("select release_id from release").fetchall()
    print(json.dumps([change, manifest.release_id, stated]), flush=True)


def main(layout: Layout) -> None:
    """Hold a night before each change; then kill one before the last, and run another."""
    first = layout.current.readlink()
    shutil.rmtree(layout.releases / NEXT_ID, ignore_errors=True)
    last = step_through(layout)
    in_a_fork(lambda: report_state(layout, ""))
    shutil.rmtree(layout.releases / NEXT_ID)
    layout.current.unlink()
    layout.current.symlink_to(first)
    in_a_fork(before_each_change(layout, kill_before(last)))
    in_a_fork(lambda: report_state(layout, "killed"))
    in_a_fork(lambda: finish_night(layout))
    in_a_fork(lambda: report_state(layout, "next"))


if __name__ == "__main__":
    main(make_layout(Path(sys.argv[1])))
