"""Which room of the house may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pipelines.settings import PROJECT_ROOT

PRODUCT = PROJECT_ROOT / "pipelines"


def _imported(module: Path) -> Iterator[str]:
    """The packages that a module names in its imports, wherever in it they stand."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_product_imports_the_demo_bureau_in_one_command_and_no_test() -> None:
    """A night of a real bureau must not depend on how an imagined one comes about."""
    found = {
        (module.relative_to(PRODUCT).as_posix(), package)
        for module in PRODUCT.rglob("*.py")
        for package in _imported(module)
        if package in {"demo", "tests"}
    }
    assert found == {("cli/demo.py", "demo")}
