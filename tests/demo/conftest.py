"""The demo that most tests read: a twentieth of the bureau, written and landed once."""

from __future__ import annotations

import pytest

from demo.bureau import DemoSummary, write_demo
from demo.deliveries import delivered_tables
from pipelines.sources.contracts import SourceTable
from tests.demo.landed import LARGE_SYSTEMS, Landed, land_registers


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    """A written demo that no test changes."""
    return write_demo(tmp_path_factory.mktemp("demo") / "sources", scale=0.05)


@pytest.fixture(scope="session")
def tables() -> dict[str, SourceTable]:
    """The contracts of the registers, by id."""
    return {table.id: table for table in delivered_tables() if table.id not in LARGE_SYSTEMS}


@pytest.fixture(scope="session")
def landed(
    demo: DemoSummary, tables: dict[str, SourceTable], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Landed]:
    """Every register of the demo, after its first landing."""
    return land_registers(demo, list(tables.values()), tmp_path_factory.mktemp("landed"))
