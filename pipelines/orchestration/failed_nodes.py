"""Models and tests of dbt in plain words: dbt's own are no help to an operator.

Belongs here: naming the table, the test and the rows. Does not: running dbt (`dbt_runs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dbt.artifacts.schemas.run import RunResult

from pipelines.personal_numbers import mask_personal_numbers

_MEANT = {
    "is_key": "主键 {columns} 缺失或重复",
    "unique": "{columns} 有重复值",
    "not_null": "{columns} 有空值",
    "has_no_nulls": "{columns} 有空值",
    "relationships": "{columns} 在所引用的表中找不到",
    "accepted_values": "{columns} 有未规定的取值",
    "has_counts": "各组行数与声明不符",
    "has_unbroken_spans": "有效期不连续",
}
_LISTED = 5


def describe_failures(failed: Sequence[RunResult], labels: Mapping[str, str]) -> str:
    """Why a step of dbt ends the night, and what to do.

    Args:
        failed: The results that are no success; not empty.
        labels: Chinese names of the gated tables.
    """
    said = "；".join(_describe(result, labels) for result in failed[:_LISTED])
    more = f"；… {len(failed)} in all" if len(failed) > _LISTED else ""
    return (
        f"dbt: expected every model and test to pass, got {said}{more}. The rows lie in "
        "build/build.duckdb, dbt's own words in build/dbt.log; mend the source or the model, and "
        "run the night again."
    )


def describe_test(result: RunResult, labels: Mapping[str, str]) -> str:
    """What a data test expected and how many rows it found, for its check on Dagster's page."""
    node: dict[str, Any] = result.node.to_dict()
    if result.status not in {"pass", "warn", "fail"}:
        return _describe(result, labels)
    subject = _subject(_tested_table(node), labels)
    found = f"{result.failures} rows" if result.failures else "none"
    return f"{subject}: expected no row of: {_meaning(node)}, got {found}."


def _describe(result: RunResult, labels: Mapping[str, str]) -> str:
    node: dict[str, Any] = result.node.to_dict()
    table = _tested_table(node) if node["resource_type"] == "test" else str(node["name"])
    subject = _subject(table, labels)
    if node["resource_type"] == "test" and result.status == "fail":
        return f"{subject}: {_meaning(node)}，{result.failures or 0}行（{node['name']}）"
    words = mask_personal_numbers(str(result.message or "").strip())
    return f"{subject}: {node['resource_type']} {node['name']} ended with {result.status}: {words}"


def _subject(table: str, labels: Mapping[str, str]) -> str:
    return f"{labels[table]}（{table}）" if table in labels else table


def _tested_table(node: Mapping[str, Any]) -> str:
    """The table that a generic test is attached to; the first one that another test reads."""
    attached = node.get("attached_node") or ""
    nodes = [attached] if attached else node["depends_on"]["nodes"]
    return str(nodes[0]).rpartition(".")[2] if nodes else str(node["name"])


def _meaning(node: Mapping[str, Any]) -> str:
    metadata = node.get("test_metadata") or {}
    arguments = metadata.get("kwargs") or {}
    named = arguments.get("columns") or [arguments.get("column_name") or ""]
    meant = _MEANT.get(str(metadata.get("name")))
    if meant:
        return meant.format(columns="、".join(map(str, named)))
    return str(node.get("description") or node["name"].replace("_", " ")).strip()
