"""No check passes unseen: a skip that is not on the list of `machine` fails."""

from __future__ import annotations

import pytest

from tests.machine import ALLOWED, NO_CHROMIUM, NO_LAW_TEXTS, NOT_TO_BE_INSTALLED, ROOT

pytest_plugins = ["pytester"]

SKIPS = """
import pytest

@pytest.mark.skipif(True, reason={reason!r})
def test_by_mark():
    assert False

def test_within():
    pytest.skip({reason!r})

@pytest.fixture
def absent():
    pytest.skip({reason!r})

def test_by_fixture(absent):
    assert False
"""


@pytest.mark.parametrize(
    ("reason", "options", "passes"),
    [
        ("not today", (), False),
        (NO_CHROMIUM, (), True),
        (NO_CHROMIUM, ("--installed",), False),
        (NO_LAW_TEXTS, ("--installed",), True),
    ],
)
def test_a_skip_that_is_not_on_the_list_fails(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
    options: tuple[str, ...],
    passes: bool,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(SKIPS.format(reason=reason))
    done = pytester.runpytest_subprocess("-p", "no:xdist", *options)
    expected = {"skipped": 3} if passes else {"failed": 1, "errors": 2}
    done.assert_outcomes(**expected)


def test_the_list_is_short() -> None:
    assert set(NOT_TO_BE_INSTALLED) < set(ALLOWED)
    assert len(ALLOWED) == 4
