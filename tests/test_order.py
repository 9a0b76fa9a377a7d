"""The option that puts tests in another order."""

from __future__ import annotations

import pytest

from tests.machine import ROOT

pytest_plugins = ["pytester"]

IN_A_ROW = "import pytest\n" + "".join(f"def test_{n}():\n    pass\n" for n in range(6))


def _run(pytester: pytest.Pytester, *options: str) -> list[str]:
    done = pytester.runpytest_subprocess("-p", "no:xdist", "-v", *options)
    done.assert_outcomes(passed=12)
    return [line.partition(" ")[0] for line in done.outlines if "PASSED" in line]


def test_tests_run_backwards_or_shuffled_by_a_seed_within_their_modules(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(test_a=IN_A_ROW, test_b=IN_A_ROW)
    written = _run(pytester)
    assert _run(pytester, "--order=reversed") == written[::-1]
    shuffled = _run(pytester, "--order=1")
    assert shuffled == _run(pytester, "--order=1")
    assert shuffled not in (written, written[::-1])
    assert sorted(shuffled) == sorted(written)
    modules = [name.partition("::")[0] for name in shuffled]
    assert sorted(modules) in (modules, modules[::-1])
