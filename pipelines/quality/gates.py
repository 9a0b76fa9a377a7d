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

import duckdb

from pipelines.hashing import hash_file
from pipelines.layout import Layout
from pipelines.quality.failures import (
    collect_failing,
    collect_rejected,
    collect_rest,
    count_landed,
    count_loaded,
    count_set_aside,
    create_failures,
    list_findings,
)
from pipelines.quality.gate_database import (
    create_single_views,
    fill_gate_database,
    open_gate_database,
)
from pipelines.quality.quarantine import told_path, write_quarantine
from pipelines.quality.rule_kinds import ROW_COUNT, UNEXPECTED_ROWS
from pipelines.quality.suites import Rule, Suite
from pipelines.quality.validation import ROW_KEY, RuleOutcome, carry_out, judge_row_count
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
        layout: Where the quarantine goes, and what has no room in memory.
        settings: Threads and memory of the database.
        history: Extracts accepted before, for the volume rules.

    Raises:
        GateError: a check could not be carried out, or rows are not accounted for.
    """
    if not extracts:
        return []
    with open_gate_database(layout.build, table, settings) as connection:
        fill_gate_database(connection, table, extracts, functions=suite.functions, history=history)
        outcomes = _carry_out(connection, [suite.table], _judged_together(suite))[suite.table]
        found: _Found = defaultdict(list)
        _judge_one_by_one(connection, table, extracts, suite, found)
        create_failures(connection)
        _judge_together(connection, suite, outcomes, found)
        for extract in extracts:
            collect_rejected(connection, table, extract)
        bad = count_set_aside(connection)
        for extract in extracts:
            _judge_share(table, extract, suite, bad.get(extract.extract_id, 0), found)
        _judge_volumes(connection, suite, found)
        return _conclude(connection, table, extracts, suite, layout, found)


def _judged_together(suite: Suite) -> list[Rule]:
    return [
        rule
        for rule in suite.expectations
        if not _judges_one_by_one(rule) and not measures_volume(rule)
    ]


def _judges_one_by_one(rule: Rule) -> bool:
    """True for a rule about a table as a whole that cannot name the extract at fault."""
    return rule.meta.level == "table" and rule.type != UNEXPECTED_ROWS


def _carry_out(
    connection: duckdb.DuckDBPyConnection, schema_tables: Sequence[str], rules: Sequence[Rule]
) -> dict[str, list[RuleOutcome]]:
    return carry_out(connection, schema_tables, rules, row_key=ROW_KEY)


def _judge_one_by_one(
    connection: duckdb.DuckDBPyConnection,
    table: SourceTable,
    extracts: Sequence[Extract],
    suite: Suite,
    found: _Found,
) -> None:
    """Row counts and the like, which a union of many extracts would blur.

    Counts of all are one query; 700 daily increments would else be 700 views of their own.
    """
    rules = [rule for rule in suite.expectations if _judges_one_by_one(rule)]
    others = [rule for rule in rules if rule.type != ROW_COUNT]
    views = create_single_views(connection, table, extracts) if others else []
    answers = list(_carry_out(connection, views, others).values())
    rows = count_landed(connection, suite.table) if len(rules) > len(others) else {}
    for number, extract in enumerate(extracts):
        failed = {o.rule.meta.id for o in answers[number] if not o.success} if answers else set()
        failed |= {
            rule.meta.id
            for rule in rules
            if rule.type == ROW_COUNT and not judge_row_count(rule, rows.get(extract.extract_id, 0))
        }
        found[extract.extract_id] += [_finding(r) for r in rules if r.meta.id in failed]


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
    table: SourceTable, extract: Extract, suite: Suite, bad: int, found: _Found
) -> None:
    """Hold an extract when too large a share of it would be quarantined."""
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
    extracts: Sequence[Extract],
    suite: Suite,
    layout: Layout,
    found: _Found,
) -> list[Verdict]:
    """Write the quarantine of each extract and account for its rows."""
    in_rows = list_findings(connection, table, suite, extracts)
    for extract in extracts:
        if hold := _hold(found[extract.extract_id]):
            collect_rest(connection, suite.table, extract, hold)
    loaded = count_loaded(connection, suite.table)
    verdicts = []
    for extract in extracts:
        hold = _hold(found[extract.extract_id])
        quarantined = write_quarantine(connection, layout, table, extract)
        told = told_path(layout, table.id, extract.extract_id)
        path = quarantine_path(layout, table.id, extract.extract_id)
        verdicts.append(
            Verdict(
                source_table=table.id,
                extract_id=extract.extract_id,
                suite_hash=suite.hash,
                verdict="held" if hold else "accepted",
                reason=hold.rule_id if hold else None,
                message=f"{table.label}（{extract.origin}）整批未采用：{hold.meaning}"
                if hold
                else None,
                rows_delivered=extract.rows_delivered,
                rows_loaded=loaded.get(extract.extract_id, 0),
                rows_quarantined=quarantined,
                rows_duplicate=extract.rows_duplicate,
                judged_at=datetime.now(UTC).isoformat(timespec="microseconds"),
                origin=extract.origin,
                findings=(*found[extract.extract_id], *in_rows.get(extract.extract_id, ())),
                quarantine_sha256=hash_file(path),
                told_sha256=hash_file(told) if told.exists() else "",
            )
        )
    return verdicts
