"""The gate of the extracts: judge what was landed, quarantine bad rows, hold bad extracts.

All new extracts of a table are judged in one pass, since a first night brings two years of monthly
files. Row rules send rows to quarantine; a table rule names the extracts at fault and only those
are held. Belongs here: reaching verdicts. Does not: the ledgers and figures (`validation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.durable import hash_file
from pipelines.errors import GateError
from pipelines.layout import Layout
from pipelines.quality.candidates import build_candidates
from pipelines.quality.found_values import found_in, say_found
from pipelines.quality.problems import FIRST_ROWS
from pipelines.quality.quarantine import (
    collect_rejected,
    quarantine_path,
    told_path,
    write_quarantine,
)
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.suites import Rule, Suite
from pipelines.quality.validation import ROW_KEY, Outcome, carry_out
from pipelines.quality.verdicts import Finding, Verdict
from pipelines.quality.volumes import failing_volumes, guilty_extracts, measures_volume
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_places import find_places

TOO_MANY_BAD_ROWS = "too_many_bad_rows"
_LOOKED_AT = 100
"""Of the different values found in a column, those that are looked at for a message."""
_FAILURES = """
create temp table failures (
    _extract_id varchar, _row_number bigint, rule_id varchar, column_name varchar, owner varchar,
    severity varchar, meaning varchar, quarantines boolean, found varchar
)
"""


@dataclass(frozen=True)
class _Hold:
    """Why an extract is held as a whole."""

    rule_id: str
    owner: str
    meaning: str


def judge_extracts(
    table: SourceTable,
    extracts: Sequence[Extract],
    suite: Suite,
    *,
    layout: Layout,
    settings: Settings,
    history: Sequence[Extract] = (),
) -> list[Verdict]:
    """Judge extracts of one table together and write their quarantine; one verdict per extract.

    Args:
        table: The contract of the table.
        extracts: The extracts without a verdict under this suite.
        suite: The rules.
        layout: Where the candidates file and the quarantine go.
        settings: Threads and memory of the database.
        history: Extracts accepted before, for the volume rules.

    Raises:
        GateError: a check could not be carried out, or rows are not accounted for.
    """
    if not extracts:
        return []
    database = layout.build / f"candidates_{table.id}.duckdb"
    build_candidates(
        database,
        table,
        extracts,
        functions=suite.functions,
        history=history,
    )
    volume_rules = [r for r in suite.expectations if measures_volume(r)]
    rules = [r for r in suite.expectations if not _judges_one_by_one(r) and r not in volume_rules]
    outcomes = _carry_out(database, [suite.table], rules, settings)[suite.table]
    holds, alone = _judge_one_by_one(database, extracts, suite, settings)
    config: dict[str, Any] = {"threads": settings.threads, "memory_limit": settings.memory_limit}
    with duckdb.connect(str(database), config=config) as connection:
        connection.execute(_FAILURES)
        for outcome in outcomes:
            if outcome.success:
                continue
            if outcome.rule.meta.level == "row":
                _collect_rows(connection, suite.table, outcome)
                continue
            for extract_id in guilty_extracts(connection, suite.table, outcome.rule):
                _note(outcome.rule, extract_id, holds, alone)
        for extract in extracts:
            collect_rejected(connection, table, extract)
            if hold := _share_hold(connection, table, extract, suite):
                holds.setdefault(extract.extract_id, hold)
        volumes = failing_volumes(connection, suite.table, volume_rules, holds)
        for extract_id, failing in volumes.items():
            for rule in failing:
                _note(rule, extract_id, holds, alone)
        return [
            _conclude(
                connection,
                table,
                extract,
                suite=suite,
                layout=layout,
                hold=holds.get(extract.extract_id),
                findings=alone.get(extract.extract_id, []),
            )
            for extract in extracts
        ]


def _judges_one_by_one(rule: Rule) -> bool:
    """True for a rule about a table as a whole that cannot name the extract at fault."""
    return rule.meta.level == "table" and rule.type != UNEXPECTED_ROWS


def _carry_out(
    database: Path, schema_tables: Sequence[str], rules: Sequence[Rule], settings: Settings
) -> dict[str, list[Outcome]]:
    return carry_out(
        database,
        schema_tables,
        rules,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        row_key=ROW_KEY,
    )


def _judge_one_by_one(
    database: Path, extracts: Sequence[Extract], suite: Suite, settings: Settings
) -> tuple[dict[str, _Hold], dict[str, list[Finding]]]:
    """Row counts and the like, which a union of many extracts would blur."""
    holds: dict[str, _Hold] = {}
    findings: dict[str, list[Finding]] = {}
    rules = [r for r in suite.expectations if _judges_one_by_one(r)]
    views = [f"one_by_one.extract_{number}" for number in range(len(extracts))]
    answers = _carry_out(database, views, rules, settings)
    for view, extract in zip(views, extracts, strict=True):
        for outcome in answers[view]:
            if outcome.success:
                continue
            _note(outcome.rule, extract.extract_id, holds, findings)
    return holds, findings


def _note(
    rule: Rule,
    extract_id: str,
    holds: dict[str, _Hold],
    findings: dict[str, list[Finding]],
) -> None:
    """A rule about a whole extract has failed: it is told, and a critical one holds the extract."""
    meta = rule.meta
    finding = Finding(meta.id, rule.severity, meta.owner, meta.meaning)
    findings.setdefault(extract_id, []).append(finding)
    if rule.severity == "critical":
        holds.setdefault(extract_id, _Hold(meta.id, meta.owner, meta.meaning))


def _rows_of(outcome: Outcome) -> str:
    """The query that finds the rows at fault, as Great Expectations or the suite states it."""
    if outcome.row_query is None:
        raise GateError(
            f"rule {outcome.rule.meta.id}: expected a query for its rows, got none. "
            "Run the self-test; this kind of expectation cannot name rows."
        )
    return outcome.row_query.strip().rstrip(";")


def _collect_rows(
    connection: duckdb.DuckDBPyConnection, schema_table: str, outcome: Outcome
) -> None:
    rule = outcome.rule
    try:
        connection.execute(
            "insert into failures select distinct _extract_id, _row_number, ?, ?, ?, ?, ?, ?,"
            f" {found_in(schema_table, rule)} from ({_rows_of(outcome)}) as failing",
            [
                rule.meta.id,
                rule.column_name,
                rule.meta.owner,
                rule.severity,
                rule.meta.meaning,
                rule.severity == "critical",
            ],
        )
    except duckdb.BinderException:
        raise _keyless(schema_table, rule, "_extract_id and _row_number") from None


def _keyless(schema_table: str, rule: Rule, wanted: str) -> GateError:
    return GateError(
        f"{schema_table}, rule {rule.meta.id}: expected a query that returns {wanted}, got one "
        "without. Select them, so that what is at fault can be named."
    )


def _conclude(
    connection: duckdb.DuckDBPyConnection,
    table: SourceTable,
    extract: Extract,
    *,
    suite: Suite,
    layout: Layout,
    hold: _Hold | None,
    findings: list[Finding],
) -> Verdict:
    """Write the quarantine of one extract and account for its rows."""
    findings = [*findings, *_row_findings(connection, table, suite, extract)]
    if hold is not None:
        if hold.rule_id == TOO_MANY_BAD_ROWS:
            findings.append(Finding(hold.rule_id, "critical", hold.owner, hold.meaning))
        _hold_every_row(connection, suite, extract, hold)
    quarantined = write_quarantine(connection, layout, table, extract)
    told = told_path(layout, table.id, extract.extract_id)
    return Verdict(
        source_table=table.id,
        extract_id=extract.extract_id,
        suite_hash=suite.hash,
        verdict="held" if hold else "accepted",
        reason=hold.rule_id if hold else None,
        message=f"{table.label}（{extract.origin}）整批未采用：{hold.meaning}" if hold else None,
        rows_delivered=extract.rows_delivered,
        rows_loaded=_count_loaded(connection, suite, extract),
        rows_quarantined=quarantined,
        rows_duplicate=extract.rows_duplicate,
        judged_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        origin=extract.origin,
        findings=tuple(findings),
        quarantine_sha256=hash_file(quarantine_path(layout, table.id, extract.extract_id)),
        told_sha256=hash_file(told) if told.exists() else "",
    )


def _row_findings(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, suite: Suite, extract: Extract
) -> list[Finding]:
    words = {column.name: tuple(column.words) for column in table.columns}
    expected = {r.meta.id: words[r.meta.found] for r in suite.expectations if r.meta.found}
    rules = connection.execute(
        "select rule_id, min(severity), min(owner), min(meaning), count(distinct _row_number),"
        f" list_slice(list_sort(list(distinct _row_number)), 1, {FIRST_ROWS}),"
        f" list_slice(list_sort(list(distinct found) filter (found is not null)), 1, {_LOOKED_AT})"
        " from failures where _extract_id = ? group by rule_id order by rule_id",
        [extract.extract_id],
    ).fetchall()
    return [
        Finding(
            rule,
            severity,
            owner,
            meaning + say_found(found or (), expected.get(rule, ())),
            affected,
            find_places(connection, extract, first),
        )
        for rule, severity, owner, meaning, affected, first, found in rules
    ]


def _share_hold(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, extract: Extract, suite: Suite
) -> _Hold | None:
    """A hold when too large a share of the extract would be quarantined."""
    counted = connection.execute(
        "select count(distinct _row_number) from failures where _extract_id = ? and quarantines",
        [extract.extract_id],
    ).fetchone()
    bad = int(counted[0]) if counted else 0
    allowed = suite.meta.max_quarantine_share
    if bad < allowed.at_least_rows or bad <= allowed.value * extract.rows_delivered:
        return None
    meaning = (
        f"{extract.rows_delivered}行中有{bad}行未通过检查，超过允许的{allowed.value:.0%}，"
        "多半是导出出错，请重新导出并报送"
    )
    return _Hold(TOO_MANY_BAD_ROWS, table.steward, meaning)


def _hold_every_row(
    connection: duckdb.DuckDBPyConnection, suite: Suite, extract: Extract, hold: _Hold
) -> None:
    """Give every row of a held extract its reason: delivered, not loaded, never dropped."""
    connection.execute(
        "insert into failures select _extract_id, _row_number, ?, null, ?, 'critical', ?, true,"
        f" null from {suite.table} where _extract_id = ? and _row_number not in (select _row_number"
        " from failures where _extract_id = ? and quarantines)",
        [hold.rule_id, hold.owner, hold.meaning, extract.extract_id, extract.extract_id],
    )


def _count_loaded(connection: duckdb.DuckDBPyConnection, suite: Suite, extract: Extract) -> int:
    """Rows that stay, counted from the landed file and not by subtraction."""
    counted = connection.execute(
        f"select count(*) from {suite.table} where _extract_id = ?"
        " and _row_number not in"
        " (select _row_number from failures where _extract_id = ? and quarantines)",
        [extract.extract_id, extract.extract_id],
    ).fetchone()
    return int(counted[0]) if counted else 0
