"""What dbt parses, made once: a dbt process begins from it wherever its database lies.

Dbt parses the project for five seconds, and all anew where the path of the database is another one.
What belongs here: the one parse of all test processes, and giving it to a folder. What does not:
running dbt. Run as a program, it parses into the warehouse of the settings.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from pprint import pformat
from typing import Any

import msgpack

from tests.shared_builds import build_once

PROJECT = Path(__file__).resolve().parents[1]
_PARTIAL = "partial_parse.msgpack"
_CONNECTION = "connection.json"
_shared: list[Path] = []


def share_in(folder: Path) -> None:
    """Say where all test processes find what was parsed; until then, dbt parses anew."""
    _shared[:] = [folder]


def begin_parsed(target: Path, database: Path) -> None:
    """Put what was parsed into dbt's target folder, as parsed for a database at that path."""
    if not _shared:
        return
    parsed = build_once(_shared[0], "parsed", _parse) / "dbt_target"
    begun_for = target / "begun_for"
    if begun_for.exists() and begun_for.read_text() == str(database):
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in (path for path in parsed.iterdir() if path.is_file()):
        shutil.copy(path, target)
    state = msgpack.unpackb((parsed / _PARTIAL).read_bytes())
    state["state_check"]["profile_hash"]["checksum"] = _profile_hash(parsed, database)
    (target / _PARTIAL).write_bytes(msgpack.packb(state))
    begun_for.write_text(str(database))


def _profile_hash(parsed: Path, database: Path) -> str:
    """As `ManifestLoader.build_manifest_state_check` of dbt-core 1.11 makes it."""
    keys = dict(json.loads((parsed / _CONNECTION).read_text()))
    keys |= {"path": str(database), "database": database.stem}
    return sha256(pformat(sorted(keys.items())).encode()).hexdigest()


def _parse(folder: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBIAO_")}
    subprocess.run(
        [sys.executable, "-m", "tests.parsed_project"],
        env=environment | {"PYTHONPATH": str(PROJECT), "ZHIBIAO_WAREHOUSE": str(folder)},
        cwd=PROJECT,
        check=True,
    )


def main() -> None:
    """Parse as a night does, and keep what dbt compares of the connection."""
    from dbt.adapters.factory import FACTORY

    from pipelines.layout import Layout
    from pipelines.orchestration.transformation import parse_project
    from pipelines.settings import read_settings

    settings = read_settings()
    layout = Layout.of(settings)
    parse_project(layout, settings)
    adapter: Any = FACTORY.adapters["duckdb"]
    connection = adapter.config.credentials.connection_info()
    (layout.dbt_target / _CONNECTION).write_text(json.dumps(list(connection)))


if __name__ == "__main__":
    main()
