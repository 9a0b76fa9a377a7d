"""Gates as blocking asset checks: on each landed table, each ledger, and the figures.

Severity follows the rule: a failing warning tells the steward, a failing critical rule of a ledger
or of the figures stops what lies behind the gate. One source never stops the bureau: a bad extract
is held and the last good one stays in use, and so it is when a table's check cannot be carried out.
What all share does stop it: the wiring, the declarations, the disk.
"""

from collections.abc import Sequence

import dagster as dg

from pipelines.clock import today
from pipelines.durable import refusing_full_disk
from pipelines.error_kinds import raise_interruption
from pipelines.errors import ContractError, StorageError
from pipelines.operations import open_operations
from pipelines.orchestration.gate_answers import GateAnswers
from pipelines.orchestration.night import Night
from pipelines.orchestration.steps import CLOSED_BY, HELD, OUTCOME
from pipelines.quality.broken_gates import note_broken_gate
from pipelines.quality.gate_sentences import describe_extract_gate, describe_table_gate
from pipelines.quality.gates import judge_extracts
from pipelines.quality.incidents import open_incident, settle_checks, settle_extracts
from pipelines.quality.quarantine import spoiled_quarantines
from pipelines.quality.self_test import installed, self_test
from pipelines.quality.stewards import OPERATOR, read_stewards
from pipelines.quality.suites import Suite
from pipelines.quality.validation import CheckResult, check_table
from pipelines.quality.verdicts import (
    Finding,
    Verdict,
    forget_verdicts,
    list_held,
    record_verdicts,
    select_unjudged,
)
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract, list_extracts


def prove_the_wiring(night: Night) -> None:
    """Once for what is installed: every kind of expectation catches a row known to be bad."""
    key = f"self-test of {installed()}"
    if night.store.find_answer(key) is None:
        self_test()
        night.store.keep_answer(key, True)


def extract_gate(table: SourceTable) -> dg.AssetChecksDefinition:
    """The gate of a source table: judges the extracts without a verdict under today's suite."""

    @dg.asset_check(
        asset=[table.source, table.name],
        name="gate",
        blocking=True,
        description="Row rules quarantine rows; table rules hold the extract.",
    )
    def gate(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
        judged, broken = judge_table(night, table)
        with open_operations(night.layout.operations) as operations:
            held = list_held(operations, table.id)
        is_usable = bool(night.accepted(table.id))
        quarantined = sum(v.rows_quarantined for v in judged)
        return dg.AssetCheckResult(
            passed=is_usable and not broken and not held and not quarantined,
            severity=dg.AssetCheckSeverity.WARN,
            description=broken
            or describe_extract_gate(
                table, night.suite_of(table), judged, held, is_usable=is_usable
            ),
            metadata={
                **({OUTCOME: HELD} if held or broken else {}),
                "extracts judged": len(judged),
                "rows loaded": sum(v.rows_loaded for v in judged),
                "rows quarantined": quarantined,
                "held": {extract.extract_id: str(extract.message) for extract in held},
            },
        )

    return gate


def judge_table(night: Night, table: SourceTable) -> tuple[list[Verdict], str]:
    """Tonight's verdicts on a table, and why there are none when its check raised an error.

    Its extracts then stay without a verdict, and the next night tries again.

    Raises:
        GateError: the table has no suite.
        ContractError: what all suites share cannot be read.
        StorageError: the disk cannot take the quarantine or the working file.
    """
    suite = night.suite_of(table)
    try:
        with refusing_full_disk(f"gate of {table.id}", night.layout.build):
            return _judge(night, table, suite), ""
    except (ContractError, StorageError):
        raise
    except Exception as error:
        raise_interruption(error)
        with open_operations(night.layout.operations) as operations:
            return [], note_broken_gate(operations, table, error)


def _judge(night: Night, table: SourceTable, suite: Suite) -> list[Verdict]:
    extracts = list_extracts(night.layout, table.id)
    _take_back_spoiled(night, table, extracts)
    known = night.verdicts(table.id)
    unjudged = select_unjudged(extracts, known, suite.hash)
    if unjudged:
        prove_the_wiring(night)
    fresh = {extract.extract_id for extract in unjudged}
    accepted = [
        e
        for e in extracts
        if e.extract_id not in fresh and e.extract_id in known and known[e.extract_id].is_accepted
    ]
    verdicts = judge_extracts(
        table,
        unjudged,
        suite,
        layout=night.layout,
        settings=night.settings,
        history=accepted,
    )
    with open_operations(night.layout.operations) as operations:
        record_verdicts(operations, verdicts)
        settle_extracts(operations, table, layout=night.layout, extracts=extracts)
    night.gates.append(
        {
            "suite": suite.name,
            "rules": len(suite.expectations),
            "extracts_judged": len(verdicts),
            "extracts_held": sum(not v.is_accepted for v in verdicts),
        }
    )
    return verdicts


def _take_back_spoiled(night: Night, table: SourceTable, extracts: Sequence[Extract]) -> None:
    """Judge anew where the list of quarantined rows is not what the gate wrote."""
    landed = {extract.extract_id for extract in extracts}
    verdicts = [v for name, v in night.verdicts(table.id).items() if name in landed]
    spoiled = spoiled_quarantines(night.layout, verdicts, today(night.started_at))
    if not spoiled:
        return
    said = (
        f"{table.label}（{table.id}）的隔离清单在磁盘上缺失或损坏（{'、'.join(spoiled)}），"
        "今晚重新判定并重写清单，不采用损坏的清单。请检查磁盘"
    )
    with open_operations(night.layout.operations) as operations:
        forget_verdicts(operations, table.id, spoiled)
        finding = Finding("quarantine_damaged", "warning", OPERATOR.key, said)
        open_incident(operations, table.id, finding)


def table_gate(suite: Suite) -> dg.AssetChecksDefinition:
    """The gate of a ledger or of the figures: a failing critical rule stops the release."""

    @dg.asset_check(
        asset=suite.table.split("."),
        name="gate",
        blocking=True,
        description=f"{len(suite.expectations)} rules of expectations/{suite.name}.yml",
    )
    def gate(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
        results = _check(night, suite)
        with open_operations(night.layout.operations) as operations:
            settle_checks(operations, suite.name, results)
        failed = [result for result in results if not result.success]
        night.gates.append(
            {
                "suite": suite.name,
                "rules": len(results),
                "failed": [result.rule_id for result in failed],
            }
        )
        is_closed = any(result.blocks for result in failed)
        said = describe_table_gate(suite, results, read_stewards(night.layout.expectations))
        return dg.AssetCheckResult(
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if is_closed else dg.AssetCheckSeverity.WARN,
            description=said,
            metadata={
                **({CLOSED_BY: said} if is_closed else {}),
                "rules": len(results),
                "rows that fail": sum(result.rows_affected or 0 for result in failed),
                "seconds": round(results[0].seconds, 2) if results else 0.0,
                "failed": {result.rule_id: result.meaning for result in failed},
            },
        )

    return gate


def _check(night: Night, suite: Suite) -> list[CheckResult]:
    """What the rules find in a table; taken from the store where nothing they read has changed."""
    answers = GateAnswers.of(night, suite)
    known = answers.find()
    if known is not None:
        return known
    results = _carry_out(night, suite)
    answers.keep(results)
    return results


def _carry_out(night: Night, suite: Suite) -> list[CheckResult]:
    prove_the_wiring(night)
    return check_table(
        night.layout.build_database,
        suite.table,
        suite,
        threads=night.settings.threads,
        memory_limit=night.settings.memory_limit,
    )
