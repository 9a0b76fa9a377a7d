"""What may leave the bureau in a release: the allow-list that the dbt models declare.

A model or seed enters a release by `config: {meta: {published: true}}`, and with the columns that
its YAML documents only: what nobody described never leaves. What belongs here: reading that list
from dbt's manifest and refusing columns that are missing, personal or not reproducible. What does
not: writing the tables (build).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.dbt_manifest import is_of_the_release
from pipelines.errors import ContractError, ReleaseError
from pipelines.sql_text import identifier

PSEUDONYM = r"p\d+_[0-9a-f]{8}_[0-9a-f]{32}"
"""How a keyed pseudonym is written; it is still personal data and stays inside."""

RESERVED = frozenset({"release", "extracts", "extract_states", "stewards", "labels"})
"""Tables that the release writes about itself."""

# Sums of these differ between two runs with two threads, so no figure may rest on them.
_INEXACT = frozenset({"FLOAT", "DOUBLE"})
_TEXTUAL = ("VARCHAR", "JSON", "ENUM", "BLOB")


@dataclass(frozen=True)
class PublishedTable:
    """One table of the release: where it is built, which columns leave, what they mean."""

    schema: str
    name: str
    description: str
    columns: tuple[str, ...]
    of_the_release: frozenset[str]
    """Those that no model makes: the release writes its own id into them."""
    column_descriptions: Mapping[str, str]

    @property
    def subject(self) -> str:
        """Its name where it is built."""
        return f"{self.schema}.{self.name}"


def published_tables(manifest: Mapping[str, Any]) -> list[PublishedTable]:
    """The tables that the models and seeds of a dbt manifest publish, by schema and name.

    Raises:
        ContractError: when a published table documents no column, or two tables would share a
            name.
        ReleaseError: when nothing is published at all.
    """
    tables = [
        _read_table(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] in {"model", "seed"}
        and node["config"].get("meta", {}).get("published") is True
    ]
    if not tables:
        raise ReleaseError(
            "dbt manifest: expected models with config.meta.published: true, got none. "
            "Declare it beside the models that analysts may read."
        )
    taken = set(RESERVED)
    for table in tables:
        if table.name in taken:
            raise ContractError(
                f"{table.subject}: expected a name of its own in the release, "
                "got one already taken. Rename the model."
            )
        taken.add(table.name)
    return sorted(tables, key=lambda table: (table.schema, table.name))


def source_labels(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The Chinese name of each source table, by `<source>__<table>`."""
    return {
        f"{source['source_name']}__{source['name']}": label
        for source in manifest.get("sources", {}).values()
        if (label := source.get("config", {}).get("meta", {}).get("label"))
    }


def refuse_unfit_columns(
    connection: duckdb.DuckDBPyConnection, relation: str, table: PublishedTable
) -> None:
    """Refuse a table whose declared columns must not or cannot be published.

    Args:
        connection: That can read it.
        relation: What a select reads it from.
        table: Its declaration.

    Raises:
        ReleaseError: naming columns that are missing, hold pseudonyms or are floating-point.
    """
    described = connection.execute(f"describe select * from {relation}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    wanted = [column for column in table.columns if column not in table.of_the_release]
    if missing := [column for column in wanted if column not in types]:
        raise ReleaseError(
            f"{table.subject}: expected the published columns {', '.join(missing)}, got a table "
            f"with {', '.join(types) or 'no columns'}. Mend the model's YAML, or build the model."
        )
    if inexact := [column for column in wanted if types[column] in _INEXACT]:
        raise ReleaseError(
            f"{table.subject}: expected exact types, got floating point in {', '.join(inexact)}. "
            "Cast the columns to decimal in the model."
        )
    if personal := _columns_with_pseudonyms(connection, relation, wanted, types):
        raise ReleaseError(
            f"{table.subject}: expected no personal data, got pseudonyms in {', '.join(personal)}. "
            "Take the columns out of the model; pseudonyms stop at staging."
        )


def _read_table(node: Mapping[str, Any]) -> PublishedTable:
    documented: Mapping[str, Any] = node.get("columns", {})
    if not documented:
        raise ContractError(
            f"{node['schema']}.{node['name']}: expected a published table to document its columns, "
            "got none. Describe each column that may leave in the YAML beside the model."
        )
    return PublishedTable(
        schema=node["schema"],
        name=node.get("alias") or node["name"],
        description=node.get("description", ""),
        columns=tuple(documented),
        of_the_release=frozenset(
            column for column, said in documented.items() if is_of_the_release(said)
        ),
        column_descriptions={
            column: text
            for column, said in documented.items()
            if (text := said.get("description", ""))
        },
    )


def _columns_with_pseudonyms(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[str],
    types: Mapping[str, str],
) -> list[str]:
    # Nested types are named after what they hold, as in STRUCT(name VARCHAR): searched as text.
    textual = [c for c in columns if any(kind in types[c] for kind in _TEXTUAL)]
    if not textual:
        return []
    tests = ", ".join(
        f"bool_or(regexp_matches({identifier(column)}::varchar, '{PSEUDONYM}'))"
        for column in textual
    )
    found = connection.execute(f"select {tests} from {relation}").fetchone() or ()
    return [column for column, is_personal in zip(textual, found, strict=True) if is_personal]
