"""Admission: which landed extracts tonight's figures are computed from, as views for dbt.

What belongs here: choosing the extracts in use, leaving out quarantined rows, saying how far each
source reaches. What does not: judging an extract (quality), anything typed (dbt's staging).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from pipelines.errors import GateError
from pipelines.layout import Layout
from pipelines.settings import Settings
from pipelines.sources.connectors.file_drops import period_span
from pipelines.sources.connectors.interface import ROW_NUMBER
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract, list_extracts
from pipelines.sources.refusals import HeldDelivery
from pipelines.sources.sql_text import exact_path, identifier, literal, name_list


@dataclass(frozen=True)
class ExtractState:
    """How far a table's data in use reaches; stale from a day on, or not at all."""

    source_table: str
    data_through: date
    stale_from: date | None = None
    reason: str | None = None


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

    Raises:
        GateError: a table has no accepted extract at all.
    """
    chosen: dict[str, list[Extract]] = {}
    states = []
    for table_id, table in contracts.items():
        extracts = list_extracts(layout, table_id)
        in_use = extracts_in_use(table, extracts, accepted.get(table_id, ()))
        if not in_use:
            raise _nothing_to_use(table, extracts)
        mine = [delivery for delivery in held if delivery.source_table == table_id]
        chosen[table_id] = in_use
        states.append(extract_state(table, extracts, in_use, mine, business_date))
    return Admission(chosen, states)


def admit(
    layout: Layout,
    contracts: Mapping[str, SourceTable],
    admission: Admission,
    *,
    business_date: date,
    release_id: str,
    is_synthetic: bool,
    settings: Settings,
) -> None:
    """Make a new build database: one view per source table, and the tables of schema `night`.

    Args:
        layout: Where landing, quarantine and the build database lie.
        contracts: The source tables, by id.
        admission: What `choose_extracts` gave.
        business_date: The day that figures are stated as of.
        release_id: The release in the making.
        is_synthetic: True when the extracts come from the demo bureau.
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
        for table_id, in_use in admission.in_use.items():
            database.execute(_view(layout, contracts[table_id], in_use))
        _write_night(database, admission.states, business_date, release_id, is_synthetic)


def _nothing_to_use(table: SourceTable, extracts: Sequence[Extract]) -> GateError:
    if extracts:
        found = f"{len(extracts)} landed and none accepted"
        remedy = "Mend the source by what the digest says"
    else:
        found = "none landed"
        remedy = (
            f"See that {table.dialect.location} lies below ZHIBIAO_SOURCES (or that "
            "ZHIBIAO_CONNECTIONS names the database); `zhibiao demo` writes a demo bureau"
        )
    return GateError(
        f"{table.id} ({table.label}): expected at least one accepted extract, got {found}. "
        f"{remedy}, then run the night again."
    )


def extract_state(
    table: SourceTable,
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    business_date: date,
) -> ExtractState:
    """How far the data in use reaches, and from which day figures may no longer be trusted.

    Args:
        table: The contract.
        extracts: Everything landed.
        in_use: What `extracts_in_use` chose of it; not empty.
        held: The table's deliveries that were refused, or its source that was away.
        business_date: The day of the night.
    """
    through = max(extract.data_through for extract in in_use)
    doubts = (
        _doubts_by_slot(extracts, in_use, held, through)
        if table.delivery == "period"
        else _doubts_at_the_end(extracts, in_use, held, through)
    )
    if business_date - through > timedelta(days=table.max_age_days):
        doubts.append((through + timedelta(days=1), f"已超过 {table.max_age_days} 天没有新的数据"))
    if not doubts:
        return ExtractState(table.id, through)
    stale_from = min(day for day, _ in doubts)
    reasons = "；".join(dict.fromkeys(reason for _, reason in sorted(doubts)))
    return ExtractState(
        table.id, through, stale_from, f"{table.label}：{reasons}。数据可用至 {through}。"
    )


def _doubts_by_slot(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    through: date,
) -> list[tuple[date, str]]:
    newest = {extract.slot: extract for extract in sorted(extracts, key=lambda e: e.sequence)}
    used = {extract.extract_id for extract in in_use}
    doubts = [
        (extract.covers_from or through, f"{slot} 的最新交付未通过检查")
        for slot, extract in newest.items()
        if extract.extract_id not in used
    ]
    for delivery in held:
        span = period_span(delivery.slot) if delivery.slot.isdigit() else None
        if span:
            doubts.append((span[0], f"{delivery.slot} 的最新交付无法使用"))
        elif delivery.reason != "misnamed":
            doubts.append((through + timedelta(days=1), "最新的交付无法取得"))
    return doubts + _gaps(in_use)


def _gaps(in_use: Sequence[Extract]) -> list[tuple[date, str]]:
    """Months or years between the first and the last that were never delivered."""
    doubts = []
    reached: date | None = None
    for extract in sorted(in_use, key=lambda e: e.covers_from or date.min):
        start = extract.covers_from
        # Daily files may skip days without business.
        if start is None or start == extract.data_through:
            continue
        if reached and start > reached + timedelta(days=1):
            missing = reached + timedelta(days=1)
            doubts.append((missing, f"{missing} 至 {start - timedelta(days=1)} 没有交付"))
        reached = max(reached or extract.data_through, extract.data_through)
    return doubts


def _doubts_at_the_end(
    extracts: Sequence[Extract],
    in_use: Sequence[Extract],
    held: Sequence[HeldDelivery],
    through: date,
) -> list[tuple[date, str]]:
    after = through + timedelta(days=1)
    newest = max(extracts, key=lambda extract: extract.sequence)
    doubts = []
    if newest.extract_id not in {extract.extract_id for extract in in_use}:
        doubts.append((after, "最新的交付未通过检查"))
    if held:
        doubts.append((after, "最新的交付无法取得或无法使用"))
    return doubts


def _view(layout: Layout, table: SourceTable, in_use: Sequence[Extract]) -> str:
    """The view over one table's extracts in use, minus quarantined rows.

    The newest row of a key wins in an increment; a newest row in quarantine leaves the last good
    one in use.
    """
    names = [column.name for column in table.columns]
    quarantines = [_quarantine(layout, extract) for extract in in_use]
    described = ", ".join(
        f"({literal(str(extract.data_path))}, {literal(extract.extract_id)},"
        f" {extract.sequence}, date '{extract.business_date}')"
        for extract in in_use
    )
    refused = ", ".join(
        f"({literal(str(path))}, {literal(extract.extract_id)})"
        for path, extract in zip(quarantines, in_use, strict=True)
    )
    newest = (
        f"qualify row_number() over (partition by {name_list(table.key)}"
        f" order by _sequence desc, {ROW_NUMBER} desc) = 1"
        if table.delivery == "increment"
        else ""
    )
    files = ", ".join(exact_path(extract.data_path) for extract in in_use)
    quarantine_files = ", ".join(exact_path(path) for path in quarantines)
    return f"""
        create view landing.{identifier(table.id)} as
        with extracts(filename, _extract_id, _sequence, _business_date) as (values {described}),
        quarantines(filename, _extract_id) as (values {refused}),
        quarantined as (
            select distinct _extract_id, {ROW_NUMBER}
            from read_parquet([{quarantine_files}], filename = true)
            inner join quarantines using (filename)
        ),
        admitted as (
            select * from read_parquet([{files}], filename = true, union_by_name = true)
            inner join extracts using (filename)
            anti join quarantined using (_extract_id, {ROW_NUMBER})
            {newest}
        )
        select {name_list(names)}, _extract_id, cast({ROW_NUMBER} as bigint) as {ROW_NUMBER},
            _business_date
        from admitted
    """


def _quarantine(layout: Layout, extract: Extract) -> Path:
    source, _, table = extract.source_table.partition("__")
    path = layout.quarantine / source / table / f"{extract.extract_id}.parquet"
    if not path.is_file():
        raise GateError(
            f"{path}: expected the quarantine of an accepted extract, got none. Remove "
            f"{layout.operations.name} so that every extract is judged anew, and run the night "
            "again."
        )
    return path


def _write_night(
    database: duckdb.DuckDBPyConnection,
    states: Sequence[ExtractState],
    business_date: date,
    release_id: str,
    is_synthetic: bool,
) -> None:
    database.execute("create schema night")
    database.execute(
        "create table night.business_day as select cast($1 as date) as as_of,"
        " cast($2 as varchar) as release_id, cast($3 as boolean) as is_synthetic",
        [business_date, release_id, is_synthetic],
    )
    database.execute(
        "create table night.extract_states"
        " (source_table varchar, data_through date, stale_from date, reason varchar)"
    )
    for state in states:
        database.execute(
            "insert into night.extract_states values ($1, $2, $3, $4)",
            [state.source_table, state.data_through, state.stale_from, state.reason],
        )
