"""Two built nights, shared by all test processes: the real bureau's size, and a small one."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.bureau import write_demo
from tests.night.bureau import Bureau
from tests.night.spoilt import run_spoilt_night
from tests.shared_builds import build_once

ANOTHER_BUREAU = Path(__file__).with_name("another_bureau_2024.csv")
"""What another, smaller bureau published: its records are drawn by another seed."""


def _run_a_night(root: Path, **demo: Any) -> None:
    bureau = Bureau(root)
    summary = write_demo(bureau.sources, **demo)
    truth = [[name, year, str(value)] for (name, year), value in summary.truth.items()]
    (bureau.root / "truth.json").write_text(json.dumps(truth))
    done = bureau.night()
    (bureau.root / "night.out").write_text(done.stdout)
    (bureau.root / "night.err").write_text(done.stderr)


@pytest.fixture(scope="session")
def full_bureau(shared_folder: Path) -> Bureau:
    """The demo bureau at the size of the real one, after its first night. Read only."""
    return Bureau(build_once(shared_folder, "full", _run_a_night))


@pytest.fixture(scope="session")
def small_bureau(shared_folder: Path) -> Bureau:
    """Another bureau, a twentieth of it in size, after its first night.

    Read only: copy it before changing anything.
    """
    draws = partial(_run_a_night, totals=ANOTHER_BUREAU, seed=4711)
    return Bureau(build_once(shared_folder, "small", draws))


@pytest.fixture(scope="session")
def spoilt_bureau(small_bureau: Bureau, shared_folder: Path) -> Bureau:
    """The small bureau after a second night, over spoilt deliveries. Read only."""
    return Bureau(build_once(shared_folder, "spoilt", partial(run_spoilt_night, small_bureau)))


@pytest.fixture
def bureau(small_bureau: Bureau, tmp_path: Path) -> Bureau:
    """A small bureau of one's own, after its first night."""
    return small_bureau.copy(tmp_path / "bureau")


@pytest.fixture
def truth(full_bureau: Bureau) -> dict[tuple[str, int], Decimal]:
    """What the generator of the full bureau knows, by indicator and year."""
    listed = json.loads((full_bureau.root / "truth.json").read_text())
    return {(name, year): Decimal(value) for name, year, value in listed}
