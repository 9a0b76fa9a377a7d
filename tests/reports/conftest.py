"""Fixtures of the report tests: a release whose database is there and whose report is not yet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.releases.bureau import build, make_layout, write_build


@pytest.fixture(scope="session")
def built_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the small bureau, built once; tests work on copies."""
    layout = make_layout(tmp_path_factory.mktemp("bureau") / "warehouse")
    write_build(layout)
    return build(layout)


@pytest.fixture
def release(built_release: Path, tmp_path: Path) -> Path:
    """The folder of a release without a report."""
    return Path(shutil.copytree(built_release, tmp_path / "release"))


@pytest.fixture
def connection(release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database of that release."""
    with duckdb.connect(str(release / "indicators.duckdb")) as opened:
        yield opened
