"""What all tests share: the order in which they begin."""

from __future__ import annotations

import pytest

LONGEST_FIRST = ("tests/night/test_faults.py", "tests/night/test_night.py", "tests/examples")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that the workers end together."""

    def rank(item: pytest.Item) -> int:
        starts = [item.nodeid.startswith(prefix) for prefix in LONGEST_FIRST]
        return starts.index(True) if True in starts else len(starts)

    items.sort(key=rank)
