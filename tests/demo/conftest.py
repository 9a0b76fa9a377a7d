"""The demo that most tests read: a twentieth of the bureau, written once."""

from __future__ import annotations

import pytest

from pipelines.demo.bureau import DemoSummary, write_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    """A written demo that no test changes."""
    return write_demo(tmp_path_factory.mktemp("demo") / "sources", scale=0.05)
