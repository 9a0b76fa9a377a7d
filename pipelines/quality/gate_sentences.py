"""Gate sentences: what a gate expected, what it found, and in how many rows.

Belongs here: the sentence of a check on Dagster's page; that of a closed gate also ends the night,
in its message, the operator's and `zhibiao status`. Does not: judging (`validation`, `gates`), the
steward's incident (`incidents`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.quality.stewards import Steward
from pipelines.quality.suites import Suite
from pipelines.quality.validation import CheckResult
from pipelines.quality.verdicts import HeldExtract, Verdict
from pipelines.sources.contracts import SourceTable

# A page is read by a person: what more there is stands in the incidents.
_LISTED = 10


def describe_table_gate(
    suite: Suite, results: Sequence[CheckResult], stewards: Mapping[str, Steward]
) -> str:
    """What the gate of a ledger or of the figures found, and what to do where it is closed.

    Args:
        suite: The rules of the table.
        results: What they found.
        stewards: Who is who, by key.
    """
    closing = [result for result in results if result.blocks]
    warning = [result for result in results if not result.success and not result.blocks]
    subject = f"{suite.meta.label}（{suite.table}）"
    if closing:
        rules = "a critical rule that fails" if len(closing) == 1 else "critical rules that fail"
        return (
            f"{subject}: expected an open gate, got {rules}: {_list_rules(closing, stewards)}。"
            f" Mend the rows where they come from (they lie in {suite.table} of "
            f"build/build.duckdb), or the rule in expectations/{suite.name}.yml, and run the night "
            "again."
        )
    if warning:
        return (
            f"{subject}: expected {len(results)} rules to hold, got {len(warning)} that warn: "
            f"{_list_rules(warning, stewards)}。 The gate is open; the owners are told."
        )
    return f"{subject}: expected {len(results)} rules to hold, got no failure."


def _list_rules(results: Sequence[CheckResult], stewards: Mapping[str, Steward]) -> str:
    return "；".join(_describe_rule(result, stewards) for result in results)


def _describe_rule(result: CheckResult, stewards: Mapping[str, Steward]) -> str:
    owner = stewards[result.owner].name_zh if result.owner in stewards else result.owner
    rows = f"，{result.rows_affected}行" if result.rows_affected else ""
    return f"{result.rule_id}（{result.meaning}{rows}，负责：{owner}）"


def describe_extract_gate(
    table: SourceTable,
    suite: Suite,
    judged: Sequence[Verdict],
    held: Sequence[HeldExtract],
    *,
    is_usable: bool,
) -> str:
    """What the gate of a source table found tonight, and what it holds as of now.

    Args:
        table: Its contract.
        suite: Its rules.
        judged: Tonight's verdicts; none when nothing new has landed.
        held: The extracts that are not in use.
        is_usable: Whether any extract of the table is in use.
    """
    rules = len(suite.expectations)
    subject = f"{table.label}（{table.id}）: expected new extracts to satisfy {rules} rules"
    sentences = [f"{subject}, got {_list_findings(judged)}."]
    if judged:
        loaded, quarantined, duplicate, delivered = (
            sum(getattr(verdict, f"rows_{kind}") for verdict in judged)
            for kind in ("loaded", "quarantined", "duplicate", "delivered")
        )
        sentences.append(
            f"Of {delivered:,} rows {loaded:,} can be used, {quarantined:,} are quarantined, "
            f"{duplicate:,} are duplicates."
        )
    sentences += [f"Held: {e.origin or e.extract_id}（{e.message}）." for e in held[:_LISTED]]
    if not is_usable:
        sentences.append("No extract is in use: the figures of the table are missing.")
    return " ".join(sentences)


def _list_findings(judged: Sequence[Verdict]) -> str:
    found = [
        f"{finding.meaning}（{verdict.origin or verdict.extract_id}"
        + (f"，{finding.rows_affected}行）" if finding.rows_affected else "）")
        for verdict in judged
        for finding in verdict.findings
    ]
    if not judged:
        return "none to judge"
    if not found:
        return f"no failure in {len(judged)}"
    more = f"；… {len(found)} findings in all" if len(found) > _LISTED else ""
    return "；".join(found[:_LISTED]) + more
