"""Options of the test run, and the folder that its processes share."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-day",
        nargs="?",
        const="1/1",
        metavar="N/OF",
        help="compute every day of the demo and not a few; of several runs side by side, the N-th",
    )
    parser.addoption(
        "--kills",
        type=int,
        default=10,
        metavar="N",
        help="kill a night at so many random moments",
    )


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all test processes see; `shared_builds.build_once` fills it."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent
