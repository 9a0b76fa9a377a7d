"""`zhibiao reconcile`: published figures beside what a release states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.arguments import FormatOption, ReleaseOption, open_named_release, require_file
from pipelines.cli.output import Format, open_console, write_rows

if TYPE_CHECKING:
    from pipelines.reports.reconciliation import Comparison

COLUMNS = (
    "indicator_id", "published", "computed", "unit", "status", "difference", "version", "remark",
)  # fmt: skip


def reconcile(
    file: Annotated[
        Path,
        typer.Argument(help="CSV of published figures: indicator_id, published, unit, period."),
    ],
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Compare published figures with a release, at the published precision.

    Exits with 1 when a figure differs or the release does not state it.
    """
    from pipelines.reports.catalogue import read_catalogue
    from pipelines.reports.figures import read_district, read_release
    from pipelines.reports.published_figures import read_published_figures
    from pipelines.reports.reconciliation import Outcome, compare_figures

    require_file(file, "FILE")
    figures = read_published_figures(file)
    with open_named_release(release) as connection:
        identity = read_release(connection)
        comparisons = compare_figures(
            figures, read_catalogue(connection), read_district(connection)
        )
    title = f"{file.name} 与发布版 {identity.release_id} 对账"
    write_rows(COLUMNS, [_row(c) for c in comparisons], output, title, numbers=("published",))
    if output is Format.TABLE:
        open_console().print(_count(comparisons), markup=False)
    if any(c.outcome is not Outcome.MATCH for c in comparisons):
        raise typer.Exit(1)


def _row(comparison: Comparison) -> tuple[object, ...]:
    figure = comparison.figure
    return (
        figure.indicator_id,
        figure.text,
        comparison.computed,
        figure.unit,
        comparison.outcome.value,
        comparison.difference,
        comparison.version,
        comparison.remark,
    )


def _count(comparisons: Sequence[Comparison]) -> str:
    from pipelines.reports.reconciliation import Outcome

    counts = Counter(c.outcome for c in comparisons)
    return (
        f"共 {len(comparisons)} 项：一致 {counts[Outcome.MATCH]} 项，"
        f"不一致 {counts[Outcome.DIFFERS]} 项，缺少 {counts[Outcome.MISSING]} 项。"
    )
