"""The floor of a night: bare DuckDB loads the same deliveries and adds up by month and street.

Run by `benchmarks/night.py` in a process of its own: `python -m benchmarks.bare SOURCES FILE`. One
connection with the settings of a night, no contract, no landing, no rule and no definition. The
registry's encoding and the workbook are read in Python, as DuckDB alone reads neither.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

from benchmarks.deliveries import CASES, COMPLAINTS, PLEDGES
from pipelines.settings import read_settings
from pipelines.sources.sessions import load_scanner
from pipelines.sql_text import literal

_HEADING = 3
"""Rows above the first right."""
EVENT_COLUMNS = (
    "event_no", "event_kind", "occurred_on", "uscc", "name", "entity_class", "type",
    "industry_code", "capital", "scope", "person", "phone", "address", "street", "office",
)  # fmt: skip

LOADED = {
    "complaints": """
        select item_no, item_kind, channel, status, street_code, industry_code, respondent_uscc,
            received_at::timestamp::date as received_on,
            accepted_at::timestamp::date as accepted_on, closed_at::timestamp::date as closed_on
        from platform.items""",
    "cases": """
        select case_no, filed_on, case_field, street_code, decisions
        from read_json({cases}, format = 'newline_delimited')""",
}
ADDED_UP = (
    """
    select date_trunc('month', received_on), street_code, item_kind, count(*),
        count(*) filter (where closed_on is not null),
        count(*) filter (where closed_on - received_on <= 60),
        count(*) filter (where accepted_on - received_on <= 7)
    from complaints group by all""",
    """
    select date_trunc('month', occurred_on::date), street, event_kind, entity_class, count(*)
    from registrations group by all""",
    """
    select date_trunc('month', filed_on), street_code, case_field, count(*),
        sum(list_sum(list_transform(decisions, one -> one.fine_yuan::decimal(18, 2))))
    from cases group by all""",
    """
    select date_trunc('month', registered_on::date), street, right_kind, count(*),
        sum(amount::decimal(18, 2)) from pledges group by all""",
)


def main() -> None:
    """Load what lies below the folder into a file, and add it up."""
    sources, database = map(Path, sys.argv[1:])
    settings = read_settings()
    limits = {"threads": settings.threads, "memory_limit": settings.memory_limit}
    with duckdb.connect(str(database), config=limits) as session:
        load_scanner(session, "sqlite_scanner")
        session.execute(f"attach {literal(str(sources / COMPLAINTS))} as platform (type sqlite)")
        for name, query in LOADED.items():
            said = query.format(cases=literal(str(sources / CASES)))
            session.execute(f"create table {name} as {said}")
        _load_registrations(session, sources, database.with_suffix(".csv"))
        _load_pledges(session, sources / PLEDGES)
        for query in ADDED_UP:
            session.execute(query).fetchall()


def _load_registrations(session: duckdb.DuckDBPyConnection, sources: Path, aside: Path) -> None:
    typed = ", ".join(f"'{name}': 'varchar'" for name in EVENT_COLUMNS)
    session.execute(
        f"create table registrations ({', '.join(f'{n} varchar' for n in EVENT_COLUMNS)})"
    )
    for path in sorted((sources / "registrations").glob("*.csv")):
        with path.open(encoding="gb18030", newline="") as delivered, aside.open("w") as text:
            while part := delivered.read(1 << 20):
                text.write(part)
        session.execute(
            f"insert into registrations from read_csv({literal(str(aside))}, auto_detect = false,"
            f" header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{typed}}})"
        )
    aside.unlink()


def _load_pledges(session: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[_HEADING:-1]
    wanted = [
        {"registered_on": r[1], "street": r[5], "right_kind": r[6], "amount": r[9]} for r in rows
    ]
    session.execute(
        "create table pledges as select unnest(given.rows, recursive := true)"
        " from (select ? as rows) as given",
        [wanted],
    )


if __name__ == "__main__":
    main()
