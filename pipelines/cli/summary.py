"""What a night prints at its end: the release, the main figures, what was held, what next."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.cli.output import open_console, print_table
from pipelines.layout import Layout
from pipelines.metrics.ledger_labels import read_ledger_labels
from pipelines.operations import open_operations
from pipelines.orchestration.night_record import find_night
from pipelines.quality.alerts import subject_labels
from pipelines.quality.suite_files import read_suites
from pipelines.releases.reading import find_release, open_release
from pipelines.reports.catalogue import read_catalogue
from pipelines.reports.contents import read_figures
from pipelines.reports.figures import read_release, report_year
from pipelines.settings import Settings
from pipelines.sources.contracts import read_contracts
from pipelines.sources.synthetic import LABEL


def _what_next(page: Path, indicator_id: str, year: int) -> tuple[tuple[str, str], ...]:
    """What to look at, the release's page first, each with its purpose."""
    command = ".venv/bin/zhibiao"
    return (
        (str(page), "the release's page: open it in a browser"),
        (f"{command} show {indicator_id} --period {year} --by street", "one figure, by street"),
        (f"{command} sql 'from indicator_values limit 20'", "query the release"),
        (f"{command} status", "stages, held extracts, open incidents"),
    )


def print_summary(settings: Settings, night_id: str) -> None:
    """Print the end of a night that released."""
    layout = Layout.of(settings)
    console = open_console()
    with open_operations(layout.operations) as operations:
        night = find_night(operations, night_id)
    made = night.release_id if night else None
    with open_release(layout, made) as connection:
        release = read_release(connection)
        year = report_year(release.as_of)
        figures = read_figures(connection, year, read_catalogue(connection))
        figures = [figure for figure in figures if figure.indicator.is_main]
    published = find_release(layout, made)
    current = find_release(layout)
    console.print(f"\nrelease {release.release_id} (as of {release.as_of})", style="bold")
    if release.is_synthetic:
        console.print(f"  {LABEL}", style="yellow")
    console.print(f"  {published.folder}", soft_wrap=True)
    if current.id != made:
        console.print(
            f"  kept beside the current release {current.id}, which is of a later day\n"
            f"  ({current.as_of}) and stays current. To read this one: zhibiao show … --release\n"
            f"  {made}; to make it current: zhibiao release use {made}",
            style="yellow",
            soft_wrap=True,
        )
    console.print()
    table = Table(header_style="bold")
    table.add_column("指标")
    table.add_column("数值", justify="right")
    table.add_column("单位")
    table.add_column("同比", justify="right")
    for figure in figures:
        shown = f"{figure.shown.text} {figure.shown.mark}".rstrip()
        table.add_row(
            figure.indicator.label_zh, shown, figure.indicator.scale.unit, figure.change.text
        )
    print_table(console, table, f"{year} 主要指标")
    with open_operations(layout.operations) as operations:
        _print_problems(console, operations, _read_labels(layout))
    if any(layout.digests.glob("*.md")):
        console.print(
            f"Digests for stewards without an alert target: {layout.digests}", soft_wrap=True
        )
    console.print("\nTry next:")
    shown = next(
        (f.indicator.indicator_id for f in figures if f.shown.number is not None), "INDICATOR"
    )
    for what, purpose in _what_next(published.page, shown, year):
        console.print(f"  # {purpose}\n  {what}", markup=False, soft_wrap=True)


def _read_labels(layout: Layout) -> dict[str, str]:
    contracts = read_contracts(layout.dbt_project)
    suites = read_suites(
        layout.expectations, contracts, read_ledger_labels(layout.dbt_project, contracts)
    )
    return subject_labels(contracts, suites)


def _print_problems(
    console: Console, operations: sqlite3.Connection, labels: dict[str, str]
) -> None:
    """What was quarantined or held back, and why."""
    incidents = operations.execute(
        "select subject, message, sum(rows_affected) as row_count, count(*) as extract_count "
        "from incidents where closed_at is null group by subject, rule_id, message "
        "order by subject, rule_id"
    ).fetchall()
    if not incidents:
        console.print("\nNothing was quarantined or held back.")
        return
    table = Table(header_style="bold")
    table.add_column("数据")
    table.add_column("原因")
    table.add_column("行数", justify="right")
    for incident in incidents:
        rows = incident["row_count"]
        subject = labels.get(incident["subject"], incident["subject"])
        table.add_row(subject, incident["message"], "—" if rows is None else f"{rows:,}")
    print_table(console, table, "隔离与暂扣")
