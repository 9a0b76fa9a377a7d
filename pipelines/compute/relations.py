"""Which relations a select reads, as the engine parses it: what nobody declares is not forgotten.

Nothing else.
"""

from __future__ import annotations

import json
from typing import Any

import duckdb

from pipelines.errors import ContractError


def relations_in(engine: duckdb.DuckDBPyConnection, sql: str, subject: str) -> tuple[str, ...]:
    """The relations that a select names with their schema, `<schema>.<table>`, by name.

    Args:
        engine: Any connection; nothing is opened or looked up.
        sql: One select.
        subject: Whose it is, for the message.

    Raises:
        ContractError: it is no select that the engine can parse.
    """
    serialized = engine.execute("select json_serialize_sql(?)", [sql]).fetchone()
    parsed = json.loads(serialized[0]) if serialized else {"error": True}
    if parsed.get("error"):
        raise ContractError(
            f"{subject}: expected one select that DuckDB parses, got: "
            f"{parsed.get('error_message', 'none')}. Mend the model, the test or the rule."
        )
    found: set[str] = set()
    pending: list[Any] = [parsed]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node["schema_name"]:
                found.add(f"{node['schema_name']}.{node['table_name']}")
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return tuple(sorted(found))
