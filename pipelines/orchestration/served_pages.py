"""Dagster's pages behind the door, and the daemon of the schedule: started, and ended, together.

What `dagster dev` does, but for its web server: that one cannot be given a door. As there, one
code server, which is started again when it ends, serves the pages and the daemon. Belongs here:
processes and their end. Does not: who is let in (door), the instance's configuration (instance).
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil
import uvicorn
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context

from pipelines.errors import ReleaseError, UsageError
from pipelines.layout import Layout
from pipelines.orchestration.door import LOOPBACK, Door
from pipelines.orchestration.instance import open_instance

DECLARED = Path(__file__).resolve().parents[2] / "workspace.yaml"
_TOKEN_BYTES = 32
# What the web server of `dagster dev` sets: milliseconds, seconds, connections.
_FOR_A_SERVER = (15_000, 3600, 20)
_FAREWELL_SECONDS = 5
_STOP_SECONDS = 30


def serve_pages(layout: Layout, port: int, announce: Callable[[str], None]) -> None:
    """Serve the pages on loopback until the process is asked to end; nothing is left running.

    Args:
        layout: Of this installation.
        port: Where on 127.0.0.1.
        announce: Is given the address that opens the pages, once they are there.

    Raises:
        UsageError: the port is taken.
        ReleaseError: the daemon ended by itself.
    """
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    with (
        closing(_take(port)) as taken,
        _ending_all_children(),
        open_instance(layout) as instance,
        ProxyServerManager(instance, WorkspaceFileTarget([str(DECLARED)]), "WARNING") as servers,
    ):
        shared = layout.dagster_home / "workspace.yaml"
        shared.write_text(json.dumps({"load_from": servers.get_code_server_specs()}))
        daemon = _start_daemon(shared)
        with WorkspaceProcessContext(instance, WorkspaceFileTarget([str(shared)])) as workspace:
            instance.optimize_for_webserver(*_FOR_A_SERVER)
            token = secrets.token_urlsafe(_TOKEN_BYTES)
            server = _server(
                Door(create_app_from_workspace_process_context(workspace), port, token)
            )
            threading.Thread(target=_end_with, args=(daemon, server), daemon=True).start()
            # Who opens the address at once waits in the kernel's queue.
            taken.listen()
            announce(f"http://{LOOPBACK}:{port}/?token={token}")
            server.run([taken])
        if daemon.poll() is not None:
            raise ReleaseError(
                "dagster-daemon: expected to run as long as the pages are open, got its end with "
                f"code {daemon.returncode}. Read what it wrote above, and start again."
            )


def _end(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _take(port: int) -> socket.socket:
    """The port, before anything else is started."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((LOOPBACK, port))
    except OSError as error:
        taken.close()
        raise UsageError(
            f"port {port}: expected to be free on {LOOPBACK}, got: {error.strerror}. "
            "Name another: zhibiao dev --port PORT."
        ) from None
    return taken


def _start_daemon(workspace: Path) -> subprocess.Popen[bytes]:
    """Dagster's daemon, which keeps the schedule and starts the runs that the pages queue."""
    program = str(Path(sys.executable).with_name("dagster-daemon"))
    return subprocess.Popen([program, "run", "-w", str(workspace)])


def _server(application: Door) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application,
            log_level="warning",
            # Nobody stands before us: what a request says of its way here is not believed.
            proxy_headers=False,
            timeout_graceful_shutdown=_FAREWELL_SECONDS,
        )
    )


def _end_with(daemon: subprocess.Popen[bytes], server: uvicorn.Server) -> None:
    daemon.wait()
    server.should_exit = True


@contextmanager
def _ending_all_children() -> Iterator[None]:
    """Whatever was started inside the block ends with it: code servers, a night in progress, too.

    All are asked first; a night that is interrupted leaves the release of before.
    """
    try:
        yield
    finally:
        for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(again, signal.SIG_IGN)
        left = psutil.Process().children(recursive=True)
        for child in left:
            with suppress(psutil.NoSuchProcess):
                child.terminate()
        _, deaf = psutil.wait_procs(left, timeout=_STOP_SECONDS)
        for child in deaf:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(deaf, timeout=_STOP_SECONDS)
