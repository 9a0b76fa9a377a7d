"""One installation of its own: an empty warehouse, and the definitions that are built on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest

from pipelines.layout import Layout
from pipelines.settings import Settings, current_settings, read_settings
from tests.compiled_project import begin_compiled


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of an empty installation; the process's environment is as before afterwards."""
    root = tmp_path_factory.mktemp("installation")
    own = {
        "ZHIBIAO_WAREHOUSE": str(root / "warehouse"),
        "ZHIBIAO_SOURCES": str(root / "sources"),
        "ZHIBIAO_CONNECTIONS": '{"complaints": "postgresql://reader:s3cret@db/bureau"}',
    }
    with mock.patch.dict(os.environ):
        for name in [name for name in os.environ if name.startswith("ZHIBIAO_")]:
            del os.environ[name]
        os.environ.update(own)
        current_settings.cache_clear()
        yield read_settings()
    current_settings.cache_clear()


@pytest.fixture(scope="package")
def layout(settings: Settings) -> Layout:
    return Layout.of(settings)


@pytest.fixture(scope="package")
def definitions(settings: Settings, layout: Layout, shared_folder: Path) -> dg.Definitions:
    """What Dagster loads, built on this installation."""
    from pipelines.orchestration.graph import build_definitions

    assert settings.warehouse == current_settings().warehouse
    begin_compiled(layout.dbt_target)
    return build_definitions()


@pytest.fixture
def own_layout(tmp_path: Path) -> Layout:
    """The layout of a warehouse that one test alone uses."""
    return Layout.of(Settings(warehouse=tmp_path / "warehouse", sources=tmp_path / "sources"))
