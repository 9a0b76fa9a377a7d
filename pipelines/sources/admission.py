"""Admission: which landed extracts tonight's figures are computed from, as views for the models.

What belongs here: choosing the extracts in use, leaving out quarantined rows. What does not:
judging an extract (quality), how fresh it is (freshness), anything typed (dbt's staging).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipelines.errors import GateError
from pipelines.hashing import hash_file, hash_json
from pipelines.layout import Layout
from pipelines.settings import Settings
from pipelines.sources.connectors.interface import ROW_NUMBER
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract, list_extracts
from pipelines.sources.freshness import ExtractState, extract_state
from pipelines.sources.refusals import HeldDelivery
from pipelines.sources.row_files import numbered_rows, quarantine_path
from pipelines.sql_text import identifier, name_list


def extracts_in_use(
    table: SourceTable, extracts: Sequence[Extract], accepted_ids: Sequence[str]
) -> list[Extract]:
    """The extracts that figures are computed from, in the order of landing.

    period: the newest accepted version of each slot; full: the newest accepted; increment: all
    accepted, since each holds only what changed.
    """
    accepted = sorted(
        (extract for extract in extracts if extract.extract_id in set(accepted_ids)),
        key=lambda extract: extract.sequence,
    )
    match table.delivery:
        case "period":
            newest = {extract.slot: extract for extract in accepted}
            return sorted(newest.values(), key=lambda extract: extract.sequence)
        case "full":
            return accepted[-1:]
        case "increment":
            return accepted


@dataclass(frozen=True)
class Admission:
    """What a night's figures rest on: the extracts in use, and how far each source reaches."""

    in_use: Mapping[str, list[Extract]]
    states: Sequence[ExtractState]


def choose_extracts(
    layout: Layout,
    contracts: Mapping[str, SourceTable],
    accepted: Mapping[str, Sequence[str]],
    held: Sequence[HeldDelivery],
    business_date: date,
) -> Admission:
    """Choose the extracts in use of every source table and say how far each reaches.

    Args:
        layout: Where landing lies.
        contracts: The source tables, by id.
        accepted: Extract ids that passed their gate, by source table.
        held: Deliveries refused tonight or before and not mended, and sources that were away.
        business_date: The day that figures are stated as of.

    A table without an accepted extract has none in use; its figures are then missing.

    Raises:
        GateError: no table has an accepted extract.
    """
    chosen: dict[str, list[Extract]] = {}
    states = []
    for table_id, table in contracts.items():
        extracts = list_extracts(layout, table_id)
        in_use = extracts_in_use(table, extracts, accepted.get(table_id, ()))
        mine = [delivery for delivery in held if delivery.source_table == table_id]
        chosen[table_id] = in_use
        states.append(extract_state(table, extracts, in_use, mine, business_date))
    if not any(chosen.values()):
        raise _nothing_to_use(layout, contracts)
    return Admission(chosen, states)


def admit(
    layout: Layout,
    contracts: Mapping[str, SourceTable],
    admission: Admission,
    *,
    business_date: date,
    settings: Settings,
) -> dict[str, str]:
    """Make a new build database: one view per source table, and the tables of schema `night`.

    Returns a hash of what each of them shows, by name: equal hashes are equal rows.

    Args:
        layout: Where landing, quarantine and the build database lie.
        contracts: The source tables, by id.
        admission: What `choose_extracts` gave.
        business_date: The day that figures are stated as of.
        settings: Threads and memory.

    Raises:
        GateError: the quarantine of an extract in use is missing.
    """
    for path in (layout.build_database, Path(f"{layout.build_database}.wal")):
        path.unlink(missing_ok=True)
    layout.build.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(
        str(layout.build_database),
        config={"threads": settings.threads, "memory_limit": settings.memory_limit},
    ) as database:
        database.execute("create schema landing")
        shown = {}
        for table_id, in_use in admission.in_use.items():
            view = _view(layout, contracts[table_id], in_use)
            database.execute(view)
            shown[f"landing.{table_id}"] = _hash_of_view(layout, view, in_use)
        return shown | _write_night(database, admission.states, business_date)


def _nothing_to_use(layout: Layout, contracts: Mapping[str, SourceTable]) -> GateError:
    landed = sum(bool(list_extracts(layout, table_id)) for table_id in contracts)
    if landed:
        found = f"extracts of {landed} and none accepted"
        remedy = "Mend the sources by what the digests say"
    else:
        found = "none landed"
        remedy = (
            f"See that the sources lie below ZHIBIAO_SOURCES ({layout.sources}), or that "
            "ZHIBIAO_CONNECTIONS names the databases"
        )
    return GateError(
        f"sources: expected an accepted extract of at least one of {len(contracts)} source "
        f"tables, got {found}. {remedy}, then run the night again."
    )


def _view(layout: Layout, table: SourceTable, in_use: Sequence[Extract]) -> str:
    """The view over one table's extracts in use, minus quarantined rows.

    Where several are in use, the newest delivery of a key counts; a newest row in quarantine leaves
    the last good one in use.
    """
    names = [column.name for column in table.columns]
    if not in_use:
        nothing = ", ".join(f"cast(null as varchar) as {identifier(name)}" for name in names)
        return f"""
            create view landing.{identifier(table.id)} as
            select {nothing}, cast(null as varchar) as _extract_id,
                cast(null as bigint) as {ROW_NUMBER}
            where false
        """
    newest = (
        f"qualify row_number() over (partition by {name_list(table.key)}"
        f" order by _sequence desc, {ROW_NUMBER} desc) = 1{_or_without_key(table)}"
        if len(in_use) > 1
        else ""
    )
    delivered = numbered_rows([(extract, extract.data_path) for extract in in_use])
    quarantined = numbered_rows([(extract, _quarantine(layout, extract)) for extract in in_use])
    return f"""
        create view landing.{identifier(table.id)} as
        with admitted as (
            select * from {delivered}
            anti join (select _extract_id, {ROW_NUMBER} from {quarantined})
            using (_extract_id, {ROW_NUMBER})
            {newest}
        )
        select {name_list(names)}, _extract_id, cast({ROW_NUMBER} as bigint) as {ROW_NUMBER}
        from admitted
    """


def _hash_of_view(layout: Layout, view: str, in_use: Sequence[Extract]) -> str:
    """Of what a view shows: what it asks, wherever the warehouse lies, and the files it asks."""
    quarantined = [hash_file(_quarantine(layout, extract)) for extract in in_use]
    asked = view.replace(str(layout.warehouse), "")
    return hash_json([asked, [extract.data_sha256 for extract in in_use], quarantined])


def _or_without_key(table: SourceTable) -> str:
    """Periods do not bring their rows again: one without a key stands for itself."""
    if table.delivery != "period":
        return ""
    return "".join(f" or {identifier(name)} is null" for name in table.key)


def _quarantine(layout: Layout, extract: Extract) -> Path:
    path = quarantine_path(layout, extract.source_table, extract.extract_id)
    if not path.is_file():
        raise GateError(
            f"{path}: expected the quarantine of an accepted extract, got none. Remove "
            f"{layout.operations.name} so that every extract is judged anew, and run the night "
            "again."
        )
    return path


def _write_night(
    database: duckdb.DuckDBPyConnection, states: Sequence[ExtractState], business_date: date
) -> dict[str, str]:
    database.execute("create schema night")
    database.execute(
        "create table night.business_day as select cast($1 as date) as as_of", [business_date]
    )
    database.execute(
        "create table night.extract_states"
        " (source_table varchar, data_through date, stale_from date, reason varchar)"
    )
    database.execute(
        "create table night.covered_spans"
        " (source_table varchar, covers_from date, covers_through date, is_stale boolean)"
    )
    for state in states:
        database.execute(
            "insert into night.extract_states values ($1, $2, $3, $4)",
            [state.source_table, state.data_through, state.stale_from, state.reason],
        )
        for span in state.covered:
            database.execute(
                "insert into night.covered_spans values ($1, $2, $3, $4)",
                [state.source_table, *span],
            )
    return {
        name: hash_json(database.execute(f"select * from {name} order by all").fetchall())
        for name in ("night.business_day", "night.extract_states", "night.covered_spans")
    }
