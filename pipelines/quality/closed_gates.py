"""Closed gates: what a failing critical rule says to those who must open the gate again.

Belongs here: the sentence that ends the night, in its message, the operator's and `zhibiao status`.
Does not: judging (`validation`), the steward's incident (`incidents`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.quality.stewards import Steward
from pipelines.quality.suites import Suite
from pipelines.quality.validation import CheckResult


def closed_gate_message(
    suite: Suite, results: Sequence[CheckResult], stewards: Mapping[str, Steward]
) -> str:
    """Which rules closed the gate of a ledger or of the figures, and what to do.

    Args:
        suite: The rules of the table.
        results: What they found.
        stewards: Who is who, by key.
    """
    closing = [result for result in results if result.blocks]
    said = "；".join(_say(result, stewards) for result in closing)
    rules = "a critical rule that fails" if len(closing) == 1 else "critical rules that fail"
    return (
        f"{suite.meta.label}（{suite.table}）: expected an open gate, got {rules}: {said}。"
        f" Mend the rows where they come from (they lie in {suite.table} of build/build.duckdb), "
        f"or the rule in expectations/{suite.name}.yml, and run the night again."
    )


def _say(result: CheckResult, stewards: Mapping[str, Steward]) -> str:
    owner = stewards[result.owner].name_zh if result.owner in stewards else result.owner
    rows = f"，{result.rows_affected}行" if result.rows_affected else ""
    return f"{result.rule_id}（{result.meaning}{rows}，负责：{owner}）"
