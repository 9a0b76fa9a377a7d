"""Carries out the compiled project: each table and test of data, nothing that was done before.

A table's key is the hash of its SQL and of what it reads, down to the extracts; tables with a key
that the store knows are taken from there. What is made is written sorted by all its columns, so
that equal rows are equal bytes, and the build database shows it as a view over that file. Belongs
here: keys, order, and what follows when a table fails. Does not: which tables make which step of a
night (orchestration), which extracts are in use (sources).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.compute.compiled import (
    SEED_FILE,
    CompiledProject,
    CompiledTable,
    DataTest,
    as_compiled,
)
from pipelines.compute.store import KeptTable, ResultStore
from pipelines.durable import is_no_room
from pipelines.errors import ContractError
from pipelines.hashing import hash_json
from pipelines.layout import Layout
from pipelines.own_code import hash_of_room
from pipelines.settings import Settings
from pipelines.sql_text import exact_path, identifier, literal, name_list

# DuckDB's own default, written down because another size gives other bytes.
ROW_GROUP_ROWS = 122_880
PARQUET_FORM = f"format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS}"
"""How every table of ours is written, in the store and in a release."""


_INEXACT = re.compile(r"\b(DOUBLE|FLOAT|U?HUGEINT)\b")


@dataclass(frozen=True)
class NodeResult:
    """How a table or a test of data ended."""

    subject: CompiledTable | DataTest
    state: Literal["done", "failed", "error", "skipped"]
    """`failed` is a test that found rows, `error` what could not be carried out, `skipped` what
    reads what failed."""
    seconds: float = 0.0
    rows: int = 0
    """Of a table its rows (0 for a view), of a test those that are wrong."""
    message: str = ""
    """The engine's words, which may quote a cell."""
    was_kept: bool = False

    @property
    def is_good(self) -> bool:
        """Whether a night may go on."""
        return self.state == "done"


class Build:
    """One night's tables, in its build database."""

    def __init__(
        self,
        project: CompiledProject,
        store: ResultStore,
        layout: Layout,
        settings: Settings,
        given: Mapping[str, str],
    ) -> None:
        """Begin with what the night gives.

        Args:
            project: What dbt has compiled.
            store: Of earlier nights.
            layout: Where the build database and the seeds lie.
            settings: Threads and memory.
            given: What is in the build database already, by name: the hash of what it shows.
        """
        self._project, self._store = project, store
        self._layout, self._settings = layout, settings
        self._identities = dict(given)
        self.kept: dict[str, KeptTable] = {}
        """The tables made so far, by name."""
        self._broken: set[str] = set()

    def key_of(self, definition: str, reads: Iterable[str]) -> str | None:
        """The key of a step that is defined by a text and reads some relations.

        None where one of them is not there: nothing is known of such a step.
        """
        if not self._identities.keys() >= set(reads):
            return None
        return _key(definition, self._identities_of(reads))

    def carry_out(self, tables: Sequence[CompiledTable]) -> list[NodeResult]:
        """Make tables, in their order, and ask each test of data as soon as it can be.

        The build database is open only meanwhile.

        Raises:
            duckdb.Error: the disk is full.
            OSError: the store cannot be written.
        """
        due = self._project.tests_after([*self._made(), *(table.name for table in tables)])
        outcomes: list[NodeResult] = []
        with self._connect() as connection:
            for table in tables:
                outcomes.append(self._make(connection, table))
                outcomes += self._ask(connection, due.get(table.name, []))
        return outcomes

    def _made(self) -> list[str]:
        return [table.name for table in self._project.tables if table.name in self._identities]

    @contextmanager
    def _connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": self._settings.threads,
            "memory_limit": self._settings.memory_limit,
            "temp_directory": str(self._layout.build / "spill"),
            # What leaves here is sorted; keeping the order of what lies between costs memory.
            "preserve_insertion_order": False,
            # Nothing is fetched while a night runs.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(str(self._layout.build_database), config=config) as connection:
            yield connection

    def _make(self, connection: duckdb.DuckDBPyConnection, table: CompiledTable) -> NodeResult:
        if self._broken.intersection(table.reads):
            self._broken.add(table.name)
            return NodeResult(table, "skipped")
        if missing := [read for read in table.reads if read not in self._identities]:
            self._broken.add(table.name)
            return NodeResult(table, "error", message=_say_missing(missing))
        started = time.perf_counter()
        try:
            rows, was_kept = (
                self._make_view(connection, table)
                if table.kind == "view"
                else self._make_table(connection, table)
            )
        except (duckdb.Error, ContractError) as error:
            if is_no_room(error):
                raise
            self._broken.add(table.name)
            seconds = time.perf_counter() - started
            return NodeResult(table, "error", seconds, message=str(error))
        return NodeResult(table, "done", time.perf_counter() - started, rows, was_kept=was_kept)

    def _make_view(
        self, connection: duckdb.DuckDBPyConnection, table: CompiledTable
    ) -> tuple[int, bool]:
        self._show(connection, table.name, table.sql)
        self._identities[table.name] = hash_json(
            {"sql": table.sql, "reads": self._identities_of(table.reads)}
        )
        return 0, False

    def _make_table(
        self, connection: duckdb.DuckDBPyConnection, table: CompiledTable
    ) -> tuple[int, bool]:
        sql, own = self._see_own_sources(connection, table)
        definition = [hash_of_room("compute"), table.sql, table.content, table.columns]
        key = _key(definition, self._identities_of(table.reads) | own)
        kept = self._store.find_table(key)
        was_kept = kept is not None
        if kept is None:
            aside = self._store.make_room(table.name)
            kept = self._store.keep_table(key, aside, self._write(connection, table, sql, aside))
        self._show(connection, table.name, f"select * from read_parquet({exact_path(kept.path)})")
        self._identities[table.name] = kept.sha256
        self.kept[table.name] = kept
        return kept.rows, was_kept

    def _write(
        self, connection: duckdb.DuckDBPyConnection, table: CompiledTable, sql: str, path: Path
    ) -> int:
        """Write a table's rows, those columns first that leave in a release; returns how many."""
        if table.seed:
            sql = sql.replace(SEED_FILE, exact_path(self._layout.dbt_project / table.seed))
        described = connection.execute(f"describe ({sql}\n)").fetchall()
        types = {name: kind for name, kind, *_ in described}
        _check_columns(table, types)
        chosen = [*table.columns, *(name for name in types if name not in table.columns)]
        written = connection.execute(
            f"copy (select {name_list(chosen)} from ({sql}\n) order by all asc nulls last)"
            f" to {literal(str(path))} ({PARQUET_FORM})"
        ).fetchone()
        return int(written[0]) if written else 0

    def _see_own_sources(
        self, connection: duckdb.DuckDBPyConnection, table: CompiledTable
    ) -> tuple[str, dict[str, str]]:
        """A table's SQL over the rows of its own sources, and the hash of these rows.

        What other sources have said must not make a table anew. It is shown a view that has its
        own rows only, so that it cannot depend on others.
        """
        sources = sorted(self._project.sources_of(table.name))
        sql, own = table.sql, {}
        for read in table.reads if sources else ():
            seen = self._project.by_name.get(read)
            if seen is None or not seen.is_per_source:
                continue
            mine = f"own_{table.name.replace('.', '_')}.{read.partition('.')[2]}"
            wanted = ", ".join(map(literal, sources))
            self._show(
                connection, mine, f"select * from {_quoted(read)} where source_table in ({wanted})"
            )
            rows = connection.execute(f"select * from {_quoted(mine)} order by all").fetchall()
            sql = sql.replace(as_compiled(read), as_compiled(mine))
            own[read] = hash_json(rows)
        return sql, own

    def _identities_of(self, reads: Iterable[str]) -> dict[str, str]:
        return {read: self._identities[read] for read in sorted(reads)}

    def _show(self, connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
        schema = name.partition(".")[0]
        connection.execute(f"create schema if not exists {identifier(schema)}")
        connection.execute(f"create or replace view {_quoted(name)} as {sql}")

    def _ask(
        self, connection: duckdb.DuckDBPyConnection, tests: Sequence[DataTest]
    ) -> list[NodeResult]:
        """Ask what is not answered yet, all in one query: planning costs more than the rows."""
        askable = [test for test in tests if not self._broken.intersection(test.reads)]
        code = hash_of_room("compute")
        keys = {test.name: self.key_of(f"{code} {test.sql}", test.reads) for test in askable}
        known = {name: key and self._store.find_answer(key) for name, key in keys.items()}
        open_ones = [test for test in askable if known[test.name] is None]
        started = time.perf_counter()
        found = count_wrong(connection, open_ones)
        seconds = (time.perf_counter() - started) / max(1, len(open_ones))
        outcomes = [NodeResult(test, "skipped") for test in tests if test not in askable]
        for test in askable:
            answer = found.get(test.name, known[test.name])
            if isinstance(answer, str):
                outcome = NodeResult(test, "error", seconds, message=answer)
            else:
                wrong = int(str(answer))
                if key := keys[test.name]:
                    self._store.keep_answer(key, wrong)
                state: Literal["done", "failed"] = "failed" if wrong else "done"
                outcome = NodeResult(test, state, seconds, wrong, was_kept=test not in open_ones)
            outcomes.append(outcome)
            if not outcome.is_good:
                self._broken.add(test.subject)
        return outcomes


def _key(definition: object, reads: Mapping[str, str]) -> str:
    return hash_json({"engine": duckdb.__version__, "definition": definition, "reads": reads})


def _say_missing(missing: Sequence[str]) -> str:
    return (
        f"expected all that it reads, got no {', '.join(missing)}. Mend the name in the model, or "
        "carry out what makes it as well."
    )


def _quoted(name: str) -> str:
    schema, _, table = name.partition(".")
    return f"{identifier(schema)}.{identifier(table)}"


def _check_columns(table: CompiledTable, types: Mapping[str, str]) -> None:
    """Refuse a table without a column that is to leave, or with one that two runs make differently.

    Sums of floating point depend on the order of rows, and of HUGEINT Parquet keeps no more than
    that.
    """
    if missing := [column for column in table.columns if column not in types]:
        raise ContractError(
            f"{table.name}: expected the published columns {', '.join(missing)}, got a table with "
            f"{', '.join(types)}. Mend the model, or the columns that its YAML describes."
        )
    if inexact := [name for name, kind in types.items() if _INEXACT.search(kind)]:
        raise ContractError(
            f"{table.name}: expected exact types, got floating point or HUGEINT in "
            f"{', '.join(inexact)}. Cast the columns to decimal or bigint in the model."
        )


def count_wrong(
    connection: duckdb.DuckDBPyConnection, tests: Sequence[DataTest]
) -> dict[str, int | str]:
    """How many rows each test returns; where one cannot be carried out, the engine's words."""
    if not tests:
        return {}
    counts = ", ".join(f"(select count(*) from ({test.sql}\n))" for test in tests)
    try:
        answers = connection.execute(f"select {counts}").fetchone() or ()
        return {test.name: int(count) for test, count in zip(tests, answers, strict=True)}
    except duckdb.Error as error:
        if len(tests) == 1:
            return {tests[0].name: str(error)}
        # One of them cannot be carried out: alone, each says whether it is the one.
        return {
            name: said for test in tests for name, said in count_wrong(connection, [test]).items()
        }
