"""Fixtures of the release tests: a bureau whose night has come as far as the release."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.layout import Layout
from pipelines.releases.switch import publish
from tests.releases.bureau import build_sealed, make_layout, write_build


@pytest.fixture(scope="session")
def built_bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bureau, written once; tests work on copies."""
    folder = tmp_path_factory.mktemp("bureau")
    write_build(make_layout(folder / "warehouse"))
    return folder


@pytest.fixture
def layout(built_bureau: Path, tmp_path: Path) -> Layout:
    """A scratch installation whose build database and dbt manifest are written."""
    shutil.copytree(built_bureau, tmp_path, dirs_exist_ok=True)
    return make_layout(tmp_path / "warehouse")


@pytest.fixture
def published(layout: Layout) -> Layout:
    """The same after its first release."""
    publish(layout, build_sealed(layout))
    return layout
