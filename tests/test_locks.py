"""What `make nightly` installs is enough for a night: no tool of the tests is imported by it."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOR_TYPE_CHECKERS = {"_typeshed"}


def _locked(name: str) -> set[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, flags=re.MULTILINE))


def _imported(folder: Path) -> set[str]:
    """The first names of all that is imported, within functions, too."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).partition(".")[0])
    return found


def test_a_night_imports_nothing_that_only_tests_install() -> None:
    installed = packages_distributions()
    own = {"pipelines", "demo"}
    others = set().union(*(_imported(ROOT / name) for name in own))
    others -= sys.stdlib_module_names | own
    assert len(others) > 20
    locked = _locked("requirements.lock")
    missing = {
        name
        for name in others - FOR_TYPE_CHECKERS
        if not {re.sub("[._]", "-", d.lower()) for d in installed.get(name, [])} & locked
    }
    assert missing == set()


def test_a_package_stands_in_one_lock_file_only() -> None:
    assert not _locked("requirements.lock") & _locked("requirements-dev.lock")
