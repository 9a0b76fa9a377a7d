"""Two built nights, shared by all test processes: the real bureau's size, and a small one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from demo.bureau import write_demo
from tests.night.bureau import Bureau
from tests.night.spoilt import run_spoilt_night
from tests.shared_builds import build_once

ANOTHER_BUREAU = Path(__file__).with_name("another_bureau_2024.csv")
"""What another, smaller bureau published: its records are drawn by another seed."""


def _run_a_night(root: Path, **demo: Any) -> None:
    bureau = Bureau(root)
    write_demo(bureau.sources, **demo)
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
