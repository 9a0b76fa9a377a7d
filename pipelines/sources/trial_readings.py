"""Trial readings: what a contract declares for the database to read by, tried before a delivery.

What belongs here: formats, each of which must tell one day, and JSON paths. What does not: reading
a delivery (screening, connectors). DuckDB is asked, since it will do the reading: Python's strptime
takes other texts.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import duckdb

from pipelines.sources.column_types import SERIAL, normalised
from pipelines.sources.columns import Column
from pipelines.sql_text import literal

_EPOCH = date(1899, 12, 30)
_MOMENTS = """
    select make_timestamp(year, month, day, 3, 4, 5) as moment
    from (values (2001), (2002), (2003), (2011), (2012)) as years(year),
        (values (1), (2), (3), (11), (12)) as months(month),
        (values (1), (2), (3), (11), (12), (20)) as days(day)
"""
"""Days whose year, month and day can each be taken for another, like 01-02-03, and some that
cannot; few, since every start of the night tries them."""


def format_problem(column: Column) -> str | None:
    """What is wrong with the formats of a column, or None.

    Each must tell a day, and no text may mean two days under two of them.
    """
    if not column.formats:
        return None
    bare = Column(
        name="text",
        label="文本",
        data_type=column.data_type,
        formats=column.formats,
        earliest=column.earliest,
        latest=column.latest,
    )
    return _try_formats(bare.model_dump_json())


@lru_cache(maxsize=256)  # the registers of a bureau share some ten lists of formats
def _try_formats(declared: str) -> str | None:
    column = Column.model_validate_json(declared)
    session = _session().cursor()
    for name in column.formats:
        if name != SERIAL and not _tells_a_day(session, name):
            return (
                f"expected formats of strptime that tell a year, month and day, got {name!r}. "
                "Mend it; docs/add-a-source.md shows some"
            )
    return _ambiguity(session, column)


@lru_cache(maxsize=1)
def _session() -> duckdb.DuckDBPyConnection:
    """One for the process: opening it takes longer than a trial."""
    return duckdb.connect(config={"threads": 1})


def _tells_a_day(session: duckdb.DuckDBPyConnection, name: str) -> bool:
    """A directive that is read and not written, like a zone's name, gets the benefit of doubt."""
    there_and_back = f"try_strptime(strftime(moment, {literal(name)}), {literal(name)})"
    try:
        lost = session.execute(
            f"select count(*) from ({_MOMENTS}) where {there_and_back}::date <> moment::date"
        ).fetchone()
    except duckdb.Error:
        return False
    return lost == (0,)


def _ambiguity(session: duckdb.DuckDBPyConnection, column: Column) -> str | None:
    formats = column.formats
    if len(formats) == 1:
        return None
    texts = ", ".join(
        f"cast(date_diff('day', date '{_EPOCH}', moment) as varchar)"
        if name == SERIAL
        else f"strftime(moment, {literal(name)})"
        for name in formats
    )
    readings = ", ".join(
        normalised(column.model_copy(update={"formats": (name,)}), "text", _EPOCH)
        for name in formats
    )
    found = session.execute(f"""
        select text, readings
        from (
            select text, [{readings}] as readings
            from (select unnest([{texts}]) as text from ({_MOMENTS}))
        )
        where list_unique(readings) > 1
        limit 1
    """).fetchone()
    if found is None:
        return None
    text, readings_found = found
    days = {name: day for name, day in zip(formats, readings_found, strict=True) if day}
    (one, day), (other, other_day) = sorted(days.items(), key=lambda said: said[1])[
        :: len(days) - 1
    ]
    return (
        f"expected formats under which a text means one day, got {one!r} and {other!r}: {text!r} "
        f"is {day} under the first and {other_day} under the second. Keep what the sender writes"
    )


@lru_cache(maxsize=256)
def path_problem(path: str) -> str | None:
    """What is wrong with the JSON path of one value, or None."""
    is_path = path.startswith(("$.", "$["))
    if is_path:
        try:
            _session().cursor().execute(f"select json_extract_string('{{}}', [{literal(path)}])")
        except duckdb.Error:
            is_path = False
    if is_path:
        return None
    return (
        f"expected a JSON path of one value, like $.firm.name or $.parties[0].kind, got {path!r}. "
        "Begin it with `$.`"
    )
