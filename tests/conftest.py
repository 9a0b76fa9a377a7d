"""Options of the test run, which skips it allows, and the folder that its processes share."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.compiled_project import share_in
from tests.machine import ALLOWED, NOT_TO_BE_INSTALLED

# How long an example takes says nothing on a machine that does other things beside.
settings.register_profile("zhibiao", deadline=None, print_blob=True)
settings.load_profile("zhibiao")


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
        default=5,
        metavar="N",
        help="kill a night at so many random moments",
    )
    parser.addoption(
        "--mutations",
        type=int,
        default=40,
        metavar="N",
        help="how many damaged forms of each format are delivered; 2000 are 10,000 in all",
    )
    parser.addoption(
        "--seed", default="20250115", help="what damage is drawn; another one is other damage"
    )
    parser.addoption(
        "--installed",
        action="store_true",
        help="fail where a test is skipped for want of what can be installed, like Chromium",
    )
    parser.addoption(
        "--order",
        metavar="reversed|SEED",
        help="run the tests backwards, or modules and their tests as a seed shuffles them",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests in another order; a test that needs one before it then fails."""
    order = config.getoption("--order")
    if order == "reversed":
        items.reverse()
    elif order is not None:
        chance = random.Random(order)  # noqa: S311 -- an order, and no secret
        places: dict[str, float] = defaultdict(chance.random)
        items.sort(key=lambda item: (places[str(item.path)], chance.random()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped for a reason that is not on the list."""
    report = yield
    allowed = NOT_TO_BE_INSTALLED if item.config.getoption("--installed") else ALLOWED
    if report.skipped and isinstance(call.excinfo and call.excinfo.value, pytest.skip.Exception):
        reason = str(call.excinfo.value) if call.excinfo else ""
        if reason not in allowed:
            report.outcome = "failed"
            report.longrepr = f"expected no skip but those of tests/machine.py, got: {reason}"
    return report


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all test processes see; `shared_builds.build_once` fills it."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    share_in(shared)
    return shared
