"""What names a release: the extracts in use, how fresh they are, the definitions and the date.

What belongs here: the two hashes that make equal inputs carry an equal name. What does not: the
hashes of what was written (manifest).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from pipelines.hashing import hash_bytes, hash_json
from pipelines.layout import Layout

_PACKAGE = Path(__file__).resolve().parent.parent
_GENERATED = frozenset({"__pycache__", "target", "logs", "dbt_packages"})


def definitions_hash(layout: Layout) -> str:
    """SHA-256 over everything that decides a figure besides the extracts.

    Covers, by relative path and content: the dbt project, the suites, this package and the
    lock file where there is one. What tools generate (`target/`, `logs/`, caches, dot files) is
    left out.
    """
    return hash_bytes(_pieces(layout))


def _pieces(layout: Layout) -> Iterator[bytes]:
    for name, path in sorted(_definition_files(layout)):
        content = path.read_bytes()
        # The lengths keep two files from passing for one whose content runs on.
        yield f"{len(name.encode())} {name} {len(content)} ".encode()
        yield content


def release_id_for(
    business_date: date,
    accepted: Mapping[str, Sequence[str]],
    states: Sequence[Mapping[str, object]],
    definitions: str,
) -> str:
    """Name the release of these inputs: `<business date>-<12 hexadecimal digits>`.

    Args:
        business_date: the night's date.
        accepted: extract ids in use, per source table; their order does not matter.
        states: how far each source reaches and from when it is stale; figures carry it.
        definitions: what `definitions_hash` gave.
    """
    inputs = {
        "accepted": {table: sorted(extracts) for table, extracts in accepted.items()},
        "business_date": business_date.isoformat(),
        "definitions": definitions,
        "states": list(states),
    }
    return f"{business_date.isoformat()}-{hash_json(inputs, in_ascii=True)[:12]}"


def _definition_files(layout: Layout) -> Iterator[tuple[str, Path]]:
    roots = (
        ("dbt_project", layout.dbt_project),
        ("expectations", layout.expectations),
        ("pipelines", _PACKAGE),
    )
    for name, root in roots:
        for path in root.rglob("*"):
            inside = path.relative_to(root)
            hidden = any(part.startswith(".") for part in inside.parts)
            if path.is_file() and not hidden and _GENERATED.isdisjoint(inside.parts):
                yield f"{name}/{inside.as_posix()}", path
    lock = _PACKAGE.parent / "requirements.lock"
    if lock.is_file():
        yield lock.name, lock
