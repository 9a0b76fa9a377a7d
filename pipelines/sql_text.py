"""Names, texts and paths written into SQL, where no parameter can stand. Nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def identifier(name: str) -> str:
    """A column or table name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def exact_path(path: Path) -> str:
    """A literal that matches this path only: DuckDB takes every path for a pattern."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def name_list(names: Iterable[str], relation: str = "") -> str:
    """Column names, quoted and separated by commas, each behind the alias of its relation."""
    prefix = f"{relation}." if relation else ""
    return ", ".join(prefix + identifier(name) for name in names)
