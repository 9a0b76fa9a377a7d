"""What the tests of the gates share: the project's suites and a warehouse of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.suites import Suite
from pipelines.settings import Settings
from tests.declared import our_suites
from tests.quality.landed import layout_in


@pytest.fixture(scope="session")
def suites() -> dict[str, Suite]:
    """The suites that the project declares."""
    return our_suites()


@pytest.fixture
def warehouse(tmp_path: Path) -> tuple[Layout, Settings]:
    """An empty warehouse."""
    return layout_in(tmp_path / "warehouse")


@pytest.fixture
def layout(warehouse: tuple[Layout, Settings]) -> Layout:
    """The paths of the empty warehouse."""
    return warehouse[0]


@pytest.fixture
def settings(warehouse: tuple[Layout, Settings]) -> Settings:
    """The settings of the empty warehouse."""
    return warehouse[1]


@pytest.fixture
def operations(layout: Layout) -> Iterator[object]:
    """The operations store of the empty warehouse."""
    with open_operations(layout.operations) as connection:
        yield connection
