"""Extract and land: one asset per source table."""

import dagster as dg

from pipelines.errors import SourceUnavailableError
from pipelines.operations import open_operations
from pipelines.orchestration.night import Night
from pipelines.orchestration.steps import AWAY, HELD, OUTCOME
from pipelines.quality.incidents import hold_delivery, settle_deliveries
from pipelines.sources.contracts import SourceTable
from pipelines.sources.landing import HeldDelivery, land_table


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
            _hold(night, table, [_away(table, night, error)], severity="warning")
            return dg.MaterializeResult(metadata={OUTCOME: AWAY, "unavailable": str(error)})
        _hold(night, table, report.held)
        if report.is_complete:
            with open_operations(night.layout.operations) as operations:
                still_held = {(delivery.slot, delivery.reason) for delivery in report.held}
                settle_deliveries(operations, table, still_held)
        return dg.MaterializeResult(
            metadata={
                **({OUTCOME: HELD} if report.held else {}),
                "dagster/row_count": report.rows,
                "bytes": report.bytes,
                "seconds": round(report.seconds, 2),
                "extracts": [extract.extract_id for extract in report.extracts],
                "unchanged": report.unchanged,
                "held": [delivery.message_zh for delivery in report.held],
                "not yet complete": report.waiting,
            }
        )

    return land


def _away(table: SourceTable, night: Night, error: SourceUnavailableError) -> HeldDelivery:
    return HeldDelivery(
        table.id,
        f"{table.name}@{table.source}",
        night.business_date.isoformat(),
        "source_unavailable",
        f"{table.label}的来源系统{error.found_zh}，沿用上次的数据；恢复后自动补取",
    )


def _hold(
    night: Night, table: SourceTable, held: list[HeldDelivery], severity: str = "critical"
) -> None:
    night.held += held
    with open_operations(night.layout.operations) as operations:
        for delivery in held:
            hold_delivery(
                operations,
                table,
                slot=delivery.slot,
                origin=delivery.origin,
                reason=delivery.reason,
                message=delivery.message_zh,
                severity=severity,
            )
