"""Which room of the house may import which."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines import errors
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


def test_no_two_classes_of_the_product_share_a_name() -> None:
    """A name that means two things is looked up in the wrong place."""
    places: dict[str, list[str]] = {}
    for module in PRODUCT.rglob("*.py"):
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module.relative_to(PRODUCT).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_what_is_hashed_is_hashed_in_one_place() -> None:
    """Digests are stored and compared years later; pseudonyms have a key and an owner."""
    found = {
        module.relative_to(PRODUCT).as_posix()
        for module in PRODUCT.rglob("*.py")
        if "hashlib" in _imported(module)
    }
    assert found == {"hashing.py", "sources/pseudonyms.py"}


HOUSE = ["sources", "metrics", "compute", "quality", "releases", "reports", "orchestration", "cli"]
"""From the ground floor upwards; whatever is no room of these stands below them all."""
CODE_LOCATION = "definitions.py"
"""What Dagster loads: above the house, for it holds the whole of it."""


def _rooms_used(module: Path) -> set[str]:
    return {
        node.module.split(".")[1]
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and "pipelines." in node.module
    }


def test_no_room_imports_from_one_above_it() -> None:
    """docs/architecture.md draws the house; `pipelines.x` is imported as such and never by name."""
    above = []
    for module in PRODUCT.rglob("*.py"):
        place = module.relative_to(PRODUCT)
        floor = HOUSE.index(place.parts[0]) if place.parts[0] in HOUSE else -1
        above += [
            f"{place} imports {room}"
            for room in _rooms_used(module)
            if room in HOUSE and HOUSE.index(room) > floor and place.name != CODE_LOCATION
        ]
    assert sorted(above) == []
    drawn = (PROJECT_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [room for room in HOUSE if f" {room} " not in drawn] == []


def test_the_tree_of_refusals_is_drawn_whole_and_grows_nowhere_else() -> None:
    drawn = re.findall(r"^    (.*?)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    parents: list[str] = []
    for line, name in drawn:
        depth = len(line) // 4
        kind = getattr(errors, name)
        assert issubclass(kind, errors.ZhibiaoError)
        assert depth == 0 or kind.__bases__[0].__name__ == parents[depth - 1], name
        parents[depth:] = [name]
    names = {name for _, name in drawn}
    defined = {
        (module.relative_to(PRODUCT).as_posix(), node.name)
        for module in PRODUCT.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and {base.id for base in node.bases if isinstance(base, ast.Name)} & names
    }
    assert defined == {("errors.py", name) for name in names - {"ZhibiaoError"}}
