"""Format breaks: a place in a delivery from which a column is written otherwise.

What belongs here: runs of values that fail, and days whose month and day change places while every
value still reads as a date. What does not: isolated failures, which are slips (screening rejects
their rows), and a column that fails throughout (drift). Messages name rows and never a cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from pipelines.errors import ExtractHeldError
from pipelines.sources.column_types import normalised
from pipelines.sources.columns import Column
from pipelines.sources.connectors.interface import ROW_NUMBER, Reading
from pipelines.sources.contracts import SourceTable
from pipelines.sources.row_places import describe_row
from pipelines.sql_text import identifier

_GAP = 12
"""Failures with no more values between them belong to one run. Where month and day changed places
three values of five fail, and the chance of twelve good ones in a row is 2 in 100,000; among slips
of one in a hundred, one in nine has another so close, and a run of five is one in 7,000."""
_DENSE = 0.4
"""The share of a run's values that fail, at least: month and day in each other's place give 0.6."""
_TO_THE_END, _ANYWHERE = 5, 10
"""Failures that make a run where it lasts to the end of the file, and elsewhere. A clerk may type
five bad cells one under the other; ten are another spelling."""
_GOOD = 20
"""Values outside the run that must be good, but for slips: without them nothing was good before,
and the column is not broken at a place but retyped."""
_SLIPS_OUTSIDE = 0.05

_LEAP = 20
"""Days between two neighbours, beyond which a list kept by date is out of order. A day read with
month and day exchanged lies 28 or more away from the true one, unless both are equal."""
_STEPS = 4
"""Changes of day on either side of a break, at least, that must show the order and its end."""
_IN_ORDER, _OUT_OF_ORDER = 0.1, 0.5
"""Shares of leaps on the side that reads as declared, and on the one that does not. Lists kept by
date have a leap in a hundred; the wrong reading leaps at nearly every change of day."""


class TypedColumn(NamedTuple):
    """A typed column of `screened`, and what marks its failures there."""

    column: Column
    rule: int
    """The place of its type rule in `_violations`."""
    failed: int


class _Run(NamedTuple):
    first_row: int
    last_row: int
    failed: int
    values: int
    lasts_to_the_end: bool


def require_one_format(
    session: duckdb.DuckDBPyConnection,
    table: SourceTable,
    typed: Sequence[TypedColumn],
    reading: Reading,
) -> None:
    """Refuse a delivery in which a column is written otherwise from some row on.

    Raises:
        ExtractHeldError: `format_changed`, naming the column and the row.
    """
    findings = []
    for candidate in typed:
        finding = _exchanged_days(session, candidate, reading) or _failing_run(
            session, candidate, has_lines=reading.has_lines
        )
        if finding:
            findings.append(f"“{candidate.column.label_zh}”列{finding}")
    if findings:
        raise ExtractHeldError(
            f"{table.label}：{'；'.join(findings)}。请统一为约定的格式后重新报送；"
            "如系统确已变更，请通知维护人员更新约定。",
            reason="format_changed",
        )


def _failing_run(
    session: duckdb.DuckDBPyConnection, candidate: TypedColumn, *, has_lines: bool
) -> str | None:
    if candidate.failed < _TO_THE_END:
        return None
    name = identifier(candidate.column.name)
    found = session.execute(f"""
        with given as (
            select {ROW_NUMBER} as row, row_number() over (order by {ROW_NUMBER}) as place,
                coalesce(list_contains(_violations, {candidate.rule}), false) as is_failed
            from screened where {name} is not null
        ),
        failed as (
            select *, place - lag(place) over (order by place) > {_GAP} as begins_run
            from given where is_failed
        ),
        numbered as (
            select *, count(*) filter (begins_run) over (order by place) as run from failed
        )
        select min(row), max(row), count(*), max(place) - min(place) + 1,
            (select count(*) from given) - max(place) <= {_GAP}
        from numbered group by run order by min(row)
    """).fetchall()
    runs = [_Run(*row) for row in found]
    total = session.execute(f"select count({name}) from screened").fetchone() or (0,)
    broken = (run for run in runs if _is_break(run, candidate.failed, total[0]))
    return next((_told(session, run, has_lines=has_lines) for run in broken), None)


def _is_break(run: _Run, failed: int, values: int) -> bool:
    outside, failed_outside = values - run.values, failed - run.failed
    return (
        run.failed >= (_TO_THE_END if run.lasts_to_the_end else _ANYWHERE)
        and run.failed >= _DENSE * run.values
        and outside - failed_outside >= _GOOD
        and failed_outside <= _SLIPS_OUTSIDE * outside
    )


def _told(session: duckdb.DuckDBPyConnection, run: _Run, *, has_lines: bool) -> str:
    begins, ends = (
        describe_row(session, row, has_lines=has_lines) for row in (run.first_row, run.last_row)
    )
    until = "起直到末尾" if run.lasts_to_the_end else f"至{ends}"
    return (
        f"自{begins}{until}格式有变（其中 {run.values} 个值有 {run.failed} 个"
        "不合约定，其余各行合乎约定）"
    )


def _exchanged_days(
    session: duckdb.DuckDBPyConnection, candidate: TypedColumn, reading: Reading
) -> str | None:
    """The row from which, or up to which, the days of a list kept by date change places."""
    column = candidate.column
    exchanged = tuple(_exchanged(name) for name in column.formats)
    # A pseudonym tells no day.
    if exchanged == column.formats or column.sensitivity == "personal":
        return None
    other = normalised(
        column.model_copy(update={"formats": exchanged}), "text", reading.serial_epoch
    )
    _read_days_both_ways(session, candidate, other)
    if row := _break_in_order(session, "asc"):
        begins = describe_row(session, row, has_lines=reading.has_lines)
        return f"自{begins}起疑似日、月互换（此前的日期依次相连，此后只有互换后才依次相连）"
    if row := _break_in_order(session, "desc"):
        ends = describe_row(session, row, has_lines=reading.has_lines)
        return f"至{ends}为止疑似日、月互换（此后的日期依次相连，此前只有互换后才依次相连）"
    return None


def _read_days_both_ways(
    session: duckdb.DuckDBPyConnection, candidate: TypedColumn, other_reading: str
) -> None:
    """Make `read_days`: one row per change of day, as declared and with month and day exchanged."""
    name = identifier(candidate.column.name)
    session.execute(f"""
        create or replace temp table read_days as
        with given as (
            select {ROW_NUMBER} as row, {name} as text,
                coalesce(list_contains(_violations, {candidate.rule}), false) as is_failed
            from screened where {name} is not null
        ),
        declared as (
            select row, text, is_failed,
                case when not is_failed then cast(left(text, 10) as date) end as day
            from given
        ),
        both_ways as (
            select row, day,
                case
                    when is_failed then try_cast(left({other_reading}, 10) as date)
                    when day(day) <= 12 then make_date(year(day), day(day), month(day))
                end as exchanged
            from declared
        )
        select * from both_ways
        qualify (day, exchanged) is distinct from lag((day, exchanged)) over (order by row)
    """)


def _exchanged(name: str) -> str:
    """A format with month and day in each other's place; one that begins with the year stays."""
    order = re.sub(r"[^Yymd]", "", "".join(re.findall(r"%-?[Yymd]", name)))
    if {"m", "d"} - set(order) or order in ("Ymd", "ymd"):
        return name
    return re.sub(r"%(-?)([md])", lambda said: f"%{said[1]}{'d' if said[2] == 'm' else 'm'}", name)


def _break_in_order(session: duckdb.DuckDBPyConnection, direction: str) -> int | None:
    """The row at which reading as declared ends to give an order, and reading otherwise begins to.

    A step is from one row of `read_days` to the next.
    """
    found = session.execute(f"""
        with steps as (
            select row, row_number() over through as place,
                coalesce(abs(day - lag(day) over through) > {_LEAP}, true) as leaps,
                coalesce(abs(exchanged - lag(exchanged) over through) > {_LEAP}, true)
                    as leaps_exchanged,
                coalesce(abs(exchanged - lag(day) over through) <= {_LEAP}, false) as is_joined
            from read_days
            window through as (order by row {direction})
        ),
        counted as (
            select row, is_joined, place - 2 as steps_before,
                coalesce(sum(leaps::integer) over before, 0) as leaps_before,
                count(*) over after as steps_after,
                coalesce(sum(leaps::integer) over after, 0) as leaps_after,
                coalesce(sum(leaps_exchanged::integer) over after, 0) as leaps_exchanged_after
            from steps
            window before as (order by place rows between unbounded preceding and 1 preceding),
                after as (order by place rows between 1 following and unbounded following)
        )
        select row from counted
        where is_joined and least(steps_before, steps_after) >= {_STEPS}
            and leaps_before - 1 <= {_IN_ORDER} * steps_before  -- the first has no neighbour
            and leaps_exchanged_after <= {_IN_ORDER} * steps_after
            and leaps_after >= {_OUT_OF_ORDER} * steps_after
        order by leaps_before + leaps_exchanged_after
        limit 1
    """).fetchone()
    return int(found[0]) if found else None
