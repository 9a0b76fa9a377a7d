"""Fixtures of the sources tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.bureau import Bureau


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """An empty installation."""
    return Bureau(tmp_path)
