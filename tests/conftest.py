"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-day",
        nargs="?",
        const="1/1",
        metavar="N/OF",
        help="compute every day of the demo and not a few; of several runs side by side, the N-th",
    )
