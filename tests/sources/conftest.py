"""Fixtures of the sources tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.bureau import Bureau
from tests.sources.databases import fill_sqlite


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """An empty installation."""
    return Bureau(tmp_path)


@pytest.fixture
def complaints(bureau: Bureau) -> Bureau:
    """A bureau whose complaints lie in SQLite."""
    fill_sqlite(bureau.layout.sources / "complaints" / "c.sqlite")
    return bureau
