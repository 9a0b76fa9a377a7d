"""What dbt has compiled: tables with their SQL and what each reads, and the tests of their data.

Belongs here: the form in which the compiled project is kept, and its order. Does not: having dbt
compile (`compiling`), carrying out (`build`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Literal

from pydantic import Field

from pipelines.sql_text import identifier
from pipelines.strict_model import StrictModel

SEED_FILE = ":seed_file"
PARTS = "cells"
"""The schema of parts of models that are kept as tables of their own."""
LANDING = "landing."
"""What the names of the views over landed extracts begin with: `landing.<source>__<table>`."""


def as_compiled(name: str) -> str:
    """How dbt writes a relation into what it compiles."""
    schema, _, table = name.partition(".")
    return ".".join(map(identifier, ("build", schema, table)))


class CompiledTable(StrictModel):
    """A model or a seed."""

    name: str
    """`<schema>.<table>`, as every name here."""
    kind: Literal["table", "view"]
    sql: str
    """One select."""
    reads: tuple[str, ...]
    """What the select names, as the engine reads it and not as anybody declares it."""
    seed: str = ""
    """The file of a seed, below the dbt project; its select has SEED_FILE in place of the path."""
    content: str = ""
    """SHA-256 of that file."""
    columns: tuple[str, ...] = ()
    """The columns that leave in a release, in their order; none of a table that stays inside."""
    is_per_source: bool = False
    """Has a row per source table: whatever reads it sees the rows of its own sources alone."""
    description: str = ""

    @property
    def schema_name(self) -> str:
        """The schema."""
        return self.name.partition(".")[0]


class DataTest(StrictModel):
    """A test of data: its select returns what is wrong."""

    name: str
    sql: str
    reads: tuple[str, ...]
    subject: str
    """The table that it is attached to, or the first that it reads."""
    meaning: str
    """What a returned row is."""


class CompiledProject(StrictModel):
    """All of the project, tables in an order in which they can be made."""

    tables: tuple[CompiledTable, ...]
    tests: tuple[DataTest, ...] = Field(default=())

    @cached_property
    def by_name(self) -> dict[str, CompiledTable]:
        """The tables, by name."""
        return {table.name: table for table in self.tables}

    def tests_after(self, made: Iterable[str]) -> dict[str, list[DataTest]]:
        """Tests by the table after which all that they read is there.

        Args:
            made: Names in the order in which they are made; a test that reads another one's table
                waits for it, and one that reads what is not among them is left out.
        """
        place = {name: number for number, name in enumerate(made)}
        due: dict[str, list[DataTest]] = {}
        for test in self.tests:
            own = [name for name in test.reads if name in self.by_name]
            if own and all(name in place for name in own):
                due.setdefault(max(own, key=place.__getitem__), []).append(test)
        return due

    def sources_of(self, name: str) -> frozenset[str]:
        """The source tables, `<source>__<table>`, that a table is made from, however far up."""
        return self._sources[name]

    @cached_property
    def _sources(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for table in self.tables:
            found[table.name] = frozenset().union(
                *(
                    {read.removeprefix(LANDING)}
                    if read.startswith(LANDING)
                    else found.get(read, frozenset())
                    for read in table.reads
                )
            )
        return found


def in_order(tables: Sequence[CompiledTable]) -> tuple[CompiledTable, ...]:
    """Each table behind what it reads; those that do not depend on one another by name."""
    by_name = {table.name: table for table in sorted(tables, key=lambda table: table.name)}
    graph = {
        name: [read for read in table.reads if read in by_name] for name, table in by_name.items()
    }
    return tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
