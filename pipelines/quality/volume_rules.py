"""Volumes: the rules that measure a delivery by those accepted before it (`gate.extracts`).

Extracts judged in one pass measure one another, since a first night brings two years of them and a
changed suite judges all anew. One that is held is no measure: else the second short delivery would
pass by the first. Belongs here: asking these rules until the answer holds. Does not: the measures
(`gate_database`), what follows (`gates`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb

from pipelines.errors import GateError
from pipelines.quality.suites import Rule

_MEASURES = "gate.extracts"


def measures_volume(rule: Rule) -> bool:
    """True for a rule about whole deliveries that reads the measures."""
    return rule.meta.level == "table" and _MEASURES in (rule.query or "")


def failing_volumes(
    connection: duckdb.DuckDBPyConnection,
    schema_table: str,
    rules: Sequence[Rule],
    held: Collection[str],
) -> Mapping[str, list[Rule]]:
    """The volume rules that fail, by extract.

    An extract is measured by earlier ones only, so each round settles at least one more of them.

    Args:
        connection: Of the gate's database, not read-only: who is held is noted there.
        schema_table: The table of the rows.
        rules: Those that measure volume.
        held: Extracts that other rules hold.

    Raises:
        GateError: a rule cannot be asked.
    """
    out: set[str] | None = None
    failing: dict[str, list[Rule]] = {}
    while rules:
        holding = {
            e for e, found in failing.items() if any(r.severity == "critical" for r in found)
        }
        if out == holding | set(held):
            break
        out = holding | set(held)
        connection.execute(
            "update gate.all_extracts set is_held = list_contains(?, _extract_id)", [sorted(out)]
        )
        failing = {}
        for rule in rules:
            for extract_id in guilty_extracts(connection, schema_table, rule):
                failing.setdefault(extract_id, []).append(rule)
    return failing


def guilty_extracts(
    connection: duckdb.DuckDBPyConnection, schema_table: str, rule: Rule
) -> list[str]:
    """The extracts that a rule about whole deliveries names.

    Raises:
        GateError: the rule cannot be asked.
    """
    query = (rule.query or "").rstrip(";").format(batch=f"(select * from {schema_table})")
    try:
        found = connection.execute(
            f"select distinct _extract_id from ({query}) order by all"
        ).fetchall()
    except duckdb.Error as error:
        raise GateError(
            f"{schema_table}, rule {rule.meta.id}: expected a query that returns _extract_id, got "
            f"{type(error).__name__}. Select it, so that what is at fault can be named."
        ) from None
    return [row[0] for row in found]
