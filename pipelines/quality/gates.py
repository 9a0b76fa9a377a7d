"""The gate of the extracts: judge what was landed, quarantine bad rows, hold bad extracts.

All new extracts of a table are judged in one pass, since a first night brings two years of monthly
files. Row rules send rows to quarantine; a table rule names the extracts at fault and only those
are held. Belongs here: reaching verdicts. Does not: the rows at fault (`failures`), the ledgers and
figures (`validation`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.quality.failures import (
    collect_failing,
    collect_rejected,
    collect_rest,
    count_loaded,
    count_set_aside,
    create_failures,
    list_findings,
)
from pipelines.quality.gate_database import build_gate_database
from pipelines.quality.quarantine import told_path, write_quarantine
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
from pipelines.quality.suites import Rule, Suite
from pipelines.quality.validation import ROW_KEY, RuleOutcome, carry_out
from pipelines.quality.verdicts import Finding, Verdict
from pipelines.quality.volume_rules import failing_volumes, guilty_extracts, measures_volume
from pipelines.settings import Settings
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.row_files import quarantine_path

TOO_MANY_BAD_ROWS = "too_many_bad_rows"
_Found = dict[str, list[Finding]]
"""What failed of whole extracts, by extract; the first critical one holds it."""


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
        layout: Where the gate's database and the quarantine go.
        settings: Threads and memory of the database.
        history: Extracts accepted before, for the volume rules.

    Raises:
        GateError: a check could not be carried out, or rows are not accounted for.
    """
    if not extracts:
        return []
    database = layout.build / f"gate_{table.id}.duckdb"
    build_gate_database(database, table, extracts, functions=suite.functions, history=history)
    together = [
        rule
        for rule in suite.expectations
        if not _judges_one_by_one(rule) and not measures_volume(rule)
    ]
    outcomes = _carry_out(database, [suite.table], together, settings)[suite.table]
    found: _Found = defaultdict(list)
    _judge_one_by_one(database, extracts, suite, settings, found)
    config: dict[str, Any] = {"threads": settings.threads, "memory_limit": settings.memory_limit}
    with duckdb.connect(str(database), config=config) as connection:
        create_failures(connection)
        _judge_together(connection, suite, outcomes, found)
        for extract in extracts:
            collect_rejected(connection, table, extract)
            _judge_share(connection, table, extract, suite, found)
        _judge_volumes(connection, suite, found)
        return [
            _conclude(connection, table, extract, suite, layout, found[extract.extract_id])
            for extract in extracts
        ]


def _judges_one_by_one(rule: Rule) -> bool:
    """True for a rule about a table as a whole that cannot name the extract at fault."""
    return rule.meta.level == "table" and rule.type != UNEXPECTED_ROWS


def _carry_out(
    database: Path, schema_tables: Sequence[str], rules: Sequence[Rule], settings: Settings
) -> dict[str, list[RuleOutcome]]:
    return carry_out(
        database,
        schema_tables,
        rules,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        row_key=ROW_KEY,
    )


def _judge_one_by_one(
    database: Path, extracts: Sequence[Extract], suite: Suite, settings: Settings, found: _Found
) -> None:
    """Row counts and the like, which a union of many extracts would blur."""
    rules = [rule for rule in suite.expectations if _judges_one_by_one(rule)]
    views = [f"one_by_one.extract_{number}" for number in range(len(extracts))]
    answers = _carry_out(database, views, rules, settings)
    for view, extract in zip(views, extracts, strict=True):
        failed = (outcome.rule for outcome in answers[view] if not outcome.success)
        found[extract.extract_id] += map(_finding, failed)


def _judge_together(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    outcomes: Sequence[RuleOutcome],
    found: _Found,
) -> None:
    for outcome in outcomes:
        if outcome.success:
            continue
        if outcome.rule.meta.level == "row":
            collect_failing(connection, suite.table, outcome)
            continue
        for extract_id in guilty_extracts(connection, suite.table, outcome.rule):
            found[extract_id].append(_finding(outcome.rule))


def _judge_share(
    connection: duckdb.DuckDBPyConnection,
    table: SourceTable,
    extract: Extract,
    suite: Suite,
    found: _Found,
) -> None:
    """Hold an extract when too large a share of it would be quarantined."""
    bad = count_set_aside(connection, extract)
    allowed = suite.meta.max_quarantine_share
    if bad < allowed.at_least_rows or bad <= allowed.value * extract.rows_delivered:
        return
    if _hold(found[extract.extract_id]) is None:
        meaning = (
            f"{extract.rows_delivered}行中有{bad}行未通过检查，超过允许的{allowed.value:.0%}，"
            "多半是导出出错，请重新导出并报送"
        )
        finding = Finding(TOO_MANY_BAD_ROWS, "critical", table.steward, meaning)
        found[extract.extract_id].append(finding)


def _judge_volumes(connection: duckdb.DuckDBPyConnection, suite: Suite, found: _Found) -> None:
    """Last, since an extract that another rule holds is no measure."""
    rules = [rule for rule in suite.expectations if measures_volume(rule)]
    held = [extract_id for extract_id, said in found.items() if _hold(said)]
    for extract_id, failing in failing_volumes(connection, suite.table, rules, held).items():
        found[extract_id] += map(_finding, failing)


def _finding(rule: Rule) -> Finding:
    return Finding(rule.meta.id, rule.severity, rule.meta.owner, rule.meta.meaning)


def _hold(found: Sequence[Finding]) -> Finding | None:
    """Why an extract is held as a whole."""
    return next((finding for finding in found if finding.severity == "critical"), None)


def _conclude(
    connection: duckdb.DuckDBPyConnection,
    table: SourceTable,
    extract: Extract,
    suite: Suite,
    layout: Layout,
    found: Sequence[Finding],
) -> Verdict:
    """Write the quarantine of one extract and account for its rows."""
    hold = _hold(found)
    findings = (*found, *list_findings(connection, table, suite, extract))
    if hold is not None:
        collect_rest(connection, suite.table, extract, hold)
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
        rows_loaded=count_loaded(connection, suite.table, extract),
        rows_quarantined=quarantined,
        rows_duplicate=extract.rows_duplicate,
        judged_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        origin=extract.origin,
        findings=findings,
        quarantine_sha256=hash_file(quarantine_path(layout, table.id, extract.extract_id)),
        told_sha256=hash_file(told) if told.exists() else "",
    )
