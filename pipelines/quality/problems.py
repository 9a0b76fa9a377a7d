"""Problems: what is wrong with a source table now, from the verdicts on its extracts.

A problem is one rule at one place: the period that a delivery stands for, or the table when a
delivery replaces or changes all of it. What counts is what is in use and what was delivered last;
a bad row of an increment is missing until its key comes again good. Belongs here: finding the
problems of tonight. Does not: their life over many nights (`incidents`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.layout import Layout
from pipelines.quality.quarantine import told_path
from pipelines.quality.repeated_keys import find_repeated_keys
from pipelines.quality.verdicts import Finding, Verdict
from pipelines.sources.admission import extracts_in_use
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_files import numbered_rows, quarantine_path
from pipelines.sql_text import identifier, literal

NOTHING_TO_USE = "table_has_an_accepted_extract"
FIRST_ROWS = 20
"""What a digest lists; the quarantine file lists all."""


@dataclass(frozen=True)
class Problem:
    """A rule that fails at a place, and the extract that shows it last."""

    place: str
    finding: Finding
    extract: Extract | None = None
    """None where no extract is at fault."""


def place_of(table: SourceTable, slot: str) -> str:
    """What a delivery stands for: its period, or (empty) the whole table."""
    return slot if table.delivery == "period" and slot.isdigit() else ""


def find_problems(
    layout: Layout,
    table: SourceTable,
    extracts: Sequence[Extract],
    verdicts: Mapping[str, Verdict],
) -> list[Problem]:
    """One problem per rule and place that fails as of tonight.

    Args:
        layout: Where quarantines lie.
        table: The contract.
        extracts: Every extract of the table.
        verdicts: What is known of each, by extract id; an extract without one says nothing.
    """
    judged = sorted((e for e in extracts if e.extract_id in verdicts), key=lambda e: e.sequence)
    accepted = [e for e in judged if verdicts[e.extract_id].is_accepted]
    found: dict[tuple[str, str], Problem] = {}
    if table.delivery == "increment":
        for problem in _of_outstanding_rows(layout, table, accepted, verdicts):
            found[problem.place, problem.finding.rule_id] = problem
    for extract in _in_use_and_last(table, judged, accepted):
        place = place_of(table, extract.slot)
        for finding in verdicts[extract.extract_id].findings:
            if _is_followed(table, verdicts[extract.extract_id], finding):
                continue
            # The last delivery comes last: what it shows is what the steward can look at.
            found[place, finding.rule_id] = Problem(place, finding, extract)
    if not accepted:
        found["", NOTHING_TO_USE] = Problem("", _nothing_to_use(table, judged))
    if table.delivery == "period" and accepted:
        used = extracts_in_use(table, accepted, [e.extract_id for e in accepted])
        if repeated := find_repeated_keys(layout, table, used):
            found["", repeated.rule_id] = Problem("", repeated, used[-1])
    return list(found.values())


def _nothing_to_use(table: SourceTable, judged: Sequence[Extract]) -> Finding:
    said = (
        "已有报送但没有一份合格，相关指标为“缺报”；请按所列问题更正后重新报送"
        if judged
        else f"还没有可用的报送（约定位置 {table.dialect.location}），相关指标为“缺报”；"
        "请按约定位置报送，已经报送的请按所列问题更正"
    )
    return Finding(NOTHING_TO_USE, "warning", table.steward, said)


def _is_followed(table: SourceTable, verdict: Verdict, finding: Finding) -> bool:
    """True for rows that are followed by key, since a later increment need not bring them again."""
    is_increment = table.delivery == "increment"
    return is_increment and verdict.is_accepted and finding.rows_affected is not None


def _in_use_and_last(
    table: SourceTable, judged: Sequence[Extract], accepted: Sequence[Extract]
) -> Iterator[Extract]:
    """Per place the newest accepted extract, then the newest one when its gate held it.

    Of an increment all that were accepted are in use; their rows are followed by key.
    """
    newest = {place_of(table, e.slot): e for e in judged}
    used = {place_of(table, e.slot): e for e in accepted}
    for place, extract in newest.items():
        if place in used and extract is not used[place] and table.delivery != "increment":
            yield used[place]
        yield extract


def _of_outstanding_rows(
    layout: Layout,
    table: SourceTable,
    accepted: Sequence[Extract],
    verdicts: Mapping[str, Verdict],
) -> Iterator[Problem]:
    rules: dict[str, list[tuple[Extract, Finding]]] = {}
    for extract in accepted:
        for finding in verdicts[extract.extract_id].findings:
            if _is_followed(table, verdicts[extract.extract_id], finding):
                rules.setdefault(finding.rule_id, []).append((extract, finding))
    for shown in rules.values():
        yield from _outstanding(layout, table, accepted, shown)


def _outstanding(
    layout: Layout,
    table: SourceTable,
    accepted: Sequence[Extract],
    shown: Sequence[tuple[Extract, Finding]],
) -> Iterator[Problem]:
    """The problem of one rule, when a row that failed it has not come again good.

    A row without a key cannot be recognised again: it counts in the newest extract alone.
    """
    (first, _), (_, finding) = shown[0], shown[-1]
    lists = [(e, path) for e, _ in shown if (path := _list_of(layout, table, e, finding))]
    if not lists:
        return
    key = ", ".join(identifier(name) for name in table.key)
    is_keyed = " and ".join(f"{identifier(name)} is not null" for name in table.key)
    since = [(e, e.data_path) for e in accepted if e.sequence >= first.sequence]
    with duckdb.connect() as connection:
        counted = connection.execute(
            f"""
            with flagged as (
                select distinct _sequence, _row_number, {key} from {numbered_rows(lists)}
                where rule_id = {literal(finding.rule_id)}
            ),
            occurrences as (
                select _sequence, cast(_row_number as bigint) as _row_number, {key}
                from {numbered_rows(since)} semi join flagged using ({key})
                union
                select * from flagged where {is_keyed}
            ),
            newest as (
                select _sequence, _row_number from occurrences
                qualify _sequence = max(_sequence) over (partition by {key})
            ),
            standing as (
                select _sequence, _row_number from flagged
                semi join newest using (_sequence, _row_number)
                union
                select _sequence, _row_number from flagged
                where not ({is_keyed}) and _sequence = {accepted[-1].sequence}
            )
            select _sequence, _row_number from standing order by _sequence desc, _row_number
            """
        ).fetchall()
    if counted:
        newest = counted[0][0]
        rows = tuple(row for sequence, row in counted if sequence == newest)[:FIRST_ROWS]
        shows = next(e for e, _ in shown if e.sequence == newest)
        yield Problem("", replace(finding, rows_affected=len(counted), first_rows=rows), shows)


def _list_of(layout: Layout, table: SourceTable, extract: Extract, finding: Finding) -> Path | None:
    """Where the rows of a finding are listed; None for one that left no list."""
    find = quarantine_path if finding.severity == "critical" else told_path
    path = find(layout, table.id, extract.extract_id)
    return path if path.exists() else None
