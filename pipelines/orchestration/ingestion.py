"""Extract and land: one asset per source table."""

import dagster as dg

from pipelines.errors import SourceUnavailableError
from pipelines.operations import open_operations
from pipelines.orchestration.night import Night
from pipelines.orchestration.steps import AWAY, HELD, OUTCOME
from pipelines.quality.incidents import hold_delivery, settle_deliveries
from pipelines.quality.problems import place_of
from pipelines.quality.stewards import OPERATOR
from pipelines.sources.contracts import SourceTable
from pipelines.sources.damages import DAMAGED, as_held, open_damages
from pipelines.sources.landing import LandingReport, land_table
from pipelines.sources.refusals import HeldDelivery


def landing_asset(table: SourceTable) -> dg.AssetsDefinition:
    """The asset that extracts and lands one source table.

    A source that is away, or a delivery that cannot be read, does not stop the night, whatever the
    reason: what landed before stays in use, and the steward is told.
    """

    @dg.asset(
        key=[table.source, table.name],
        group_name="landing",
        description=f"{table.label}: {table.description}",
        kinds={table.dialect.connector, "parquet"},
        metadata={"steward": table.steward, "contract_version": table.contract_version},
    )
    def land(night: dg.ResourceParam[Night]) -> dg.MaterializeResult[None]:
        try:
            report = land_table(
                table,
                layout=night.layout,
                settings=night.settings,
                business_date=night.business_date,
                first_looks=night.first_looks,
                accept_older=table.id in night.accept_older,
            )
        except SourceUnavailableError as error:
            return _note_away(night, table, error)
        return _note_landed(night, table, report)

    return land


def _note_away(
    night: Night, table: SourceTable, error: SourceUnavailableError
) -> dg.MaterializeResult[None]:
    away, missing = _away(table, night, error), as_held(table, open_damages(night.layout, table.id))
    night.held += [away, *missing]
    _tell(night, table, [away], severity="warning")
    _tell(night, table, missing)
    return dg.MaterializeResult(metadata={OUTCOME: AWAY, "unavailable": str(error)})


def _note_landed(
    night: Night, table: SourceTable, report: LandingReport
) -> dg.MaterializeResult[None]:
    night.held += report.held
    # Together: what is mended and what is missing at one place are one incident.
    _tell(night, table, [*report.mended, *report.held])
    if report.is_complete:
        still_held = {
            (delivery.slot, reason)
            for delivery in report.held
            for reason, _ in _told_to(table, delivery)
        }
        with open_operations(night.layout.operations) as operations:
            settle_deliveries(operations, table, still_held)
    return dg.MaterializeResult(
        metadata={
            **({OUTCOME: HELD} if report.held else {}),
            "dagster/row_count": report.rows,
            "bytes": report.bytes,
            "seconds": round(report.seconds, 2),
            "extracts": [extract.extract_id for extract in report.extracts],
            "unchanged": report.unchanged,
            "held": [delivery.message for delivery in report.held],
            "not yet complete": report.waiting,
        }
    )


def _away(table: SourceTable, night: Night, error: SourceUnavailableError) -> HeldDelivery:
    return HeldDelivery(
        table.id,
        f"{table.name}@{table.source}",
        night.business_date.isoformat(),
        "source_unavailable",
        f"{table.label}的来源系统{error.found_zh}，沿用上次的数据；恢复后自动补取",
    )


def _tell(
    night: Night, table: SourceTable, held: list[HeldDelivery], severity: str = "critical"
) -> None:
    said: dict[tuple[str, str], list[str]] = {}
    with open_operations(night.layout.operations) as operations:
        for delivery in held:
            # Of a table delivered whole, several damages are one incident that names them all.
            sentences = said.setdefault((place_of(table, delivery.slot), delivery.reason), [])
            sentences.append(delivery.message)
            is_damage = delivery.reason == DAMAGED
            for reason, owner in _told_to(table, delivery):
                hold_delivery(
                    operations,
                    table,
                    slot=delivery.slot,
                    origin=delivery.origin,
                    reason=reason,
                    message="；".join(sentences) if is_damage else delivery.message,
                    severity=severity,
                    owner=owner,
                )


def _told_to(table: SourceTable, delivery: HeldDelivery) -> list[tuple[str, str]]:
    """Under which rule, and who: a damaged disk is the operator's, its rows are the steward's."""
    told = [(delivery.reason, table.steward)]
    if delivery.reason == DAMAGED:
        told.append((f"{DAMAGED}_on_disk", OPERATOR.key))
    return told
