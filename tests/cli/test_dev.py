"""`zhibiao dev`: Dagster's pages on loopback, with the whole graph loaded."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.night.bureau import ZHIBIAO, Bureau

QUESTION = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
  location { name } assetNodes { assetKey { path } }
  schedules { name cronSchedule executionTimezone } } } } }"""
SECONDS = 180
"""For three processes to start, on a slow machine."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ask(port: int) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": QUESTION}).encode(),
        {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            data = json.load(response)["data"]
    except OSError:
        return []
    nodes: list[dict[str, Any]] = data["repositoriesOrError"].get("nodes", [])
    return nodes


def _listening(port: int) -> set[str]:
    """The addresses on which a port is open, as the kernel writes them."""
    tables = (Path("/proc/net") / name for name in ("tcp", "tcp6"))
    lines = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    places = [line[1].split(":") for line in lines if line[3] == "0A"]
    return {address for address, opened in places if int(opened, 16) == port}


def test_the_pages_answer_on_loopback_alone_with_the_graph_and_the_schedule(
    tmp_path: Path,
) -> None:
    bureau, port = Bureau(tmp_path), _free_port()
    server = subprocess.Popen(
        [ZHIBIAO, "dev", "--port", str(port)],
        cwd=tmp_path,
        env=bureau.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + SECONDS
        while not (nodes := _ask(port)) and time.monotonic() < end:
            time.sleep(0.3)
        opened = _listening(port)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    (repository,) = nodes
    assert opened == {"0100007F"}
    assert repository["location"]["name"] == "zhibiao"
    keys = {"/".join(node["assetKey"]["path"]) for node in repository["assetNodes"]}
    assert {"registrations/events", "ledgers/registrations", "release/current"} <= keys
    assert repository["schedules"] == [
        {
            "name": "nightly_schedule",
            "cronSchedule": "0 2 * * *",
            "executionTimezone": "Asia/Shanghai",
        }
    ]
    assert (bureau.warehouse / "dagster" / "dagster.yaml").exists()
