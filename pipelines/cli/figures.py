"""`zhibiao show` and `zhibiao sql`: figures of the current release, read-only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

import duckdb
import typer

from pipelines.cli.output import Format, write_rows
from pipelines.cli.periods import name_period, parse_period
from pipelines.errors import ReleaseError, SettingsError
from pipelines.layout import Layout
from pipelines.releases.reading import open_release, time_limit
from pipelines.settings import read_settings

FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json")]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", help="An older release; the current one by default.")
]

FIGURES = """
select
    v.period_grain, v.period_start, v.period_end, a.area_name, v.breakdown, v.breakdown_value,
    v.value, i.unit_label, v.numerator, v.denominator,
    c.change_on_year, c.change_on_period, v.status, i.label_zh
from indicator_values as v
inner join indicators as i using (indicator_id)
left join indicator_comparisons as c
    using (
        indicator_id, period_grain, period_start, period_end, area_code, breakdown, breakdown_value
    )
left join areas as a on v.area_code = a.area_code
where v.indicator_id = $indicator
"""
COLUMNS = (
    "period", "area", "breakdown", "breakdown_value", "value", "unit", "numerator", "denominator",
    "change_on_year", "change_on_period", "status",
)  # fmt: skip
OPTIONAL = ("breakdown", "breakdown_value", "numerator", "denominator")
QUERY_SECONDS = 300
PARTS = {"month": "month", "quarter": "quarter", "year": "year", "ytd": "ytd"}


def show(
    indicator: Annotated[str, typer.Argument(help="An indicator id, like new_market_entities.")],
    period: Annotated[
        str | None, typer.Option(help="2024, 2024-Q3, 2024-11 or 2024-11-ytd; all years otherwise.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="street, month, quarter, or a breakdown like entity_kind.")
    ] = None,
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Show an indicator's figures."""
    with open_release(Layout.of(read_settings()), release) as connection:
        _refuse_unknown(connection, indicator, by)
        where, parameters = _selection(period, by)
        rows = connection.execute(
            f"{FIGURES} and {where} order by v.period_start, v.period_end, v.area_code, "
            "v.breakdown_value",
            {"indicator": indicator} | parameters,
        ).fetchall()
    shaped = [(name_period(*row[:3]), *row[3:-1]) for row in rows]
    if not shaped:
        raise ReleaseError(
            f"{indicator}: expected figures for {period or 'any year'}, got none. "
            f"`zhibiao show {indicator}` lists the years of this release."
        )
    columns: Sequence[str] = COLUMNS
    if output is Format.TABLE:
        columns, shaped = _for_people(shaped)
    write_rows(columns, shaped, output, title=f"{indicator} · {rows[0][-1]}")


def _for_people(rows: list[tuple[Any, ...]]) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    """Without columns that say nothing here, and with rates and changes in per cent."""
    kept = [
        index
        for index, name in enumerate(COLUMNS)
        if name not in OPTIONAL or any(row[index] not in (None, "total") for row in rows)
    ]
    percent = {COLUMNS.index("change_on_year"), COLUMNS.index("change_on_period")}
    if rows[0][COLUMNS.index("unit")] == "%":
        percent.add(COLUMNS.index("value"))
    shown = [
        tuple(_percent(row[i]) if i in percent and row[i] is not None else row[i] for i in kept)
        for row in rows
    ]
    return [COLUMNS[i] for i in kept], shown


def _percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).quantize(Decimal('0.01'), ROUND_HALF_UP)} %"


def _selection(period: str | None, by: str | None) -> tuple[str, dict[str, Any]]:
    """The condition on period, area and breakdown, with its parameters."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    inside = by in PARTS
    if period is None:
        conditions.append(f"v.period_grain = '{PARTS[by] if by and inside else 'year'}'")
    else:
        span = parse_period(period)
        parameters = {"start": span.start, "end": span.end}
        if by and inside:
            conditions.append(
                f"v.period_grain = '{PARTS[by]}' and v.period_start >= $start "
                "and v.period_end <= $end"
            )
        else:
            conditions.append(
                "v.period_grain = $grain and v.period_start = $start and v.period_end = $end"
            )
            parameters["grain"] = span.grain
    district = "v.area_code = (select min(area_code) from indicator_values)"
    conditions.append("true" if by == "street" else district)
    if by is None or by == "street" or inside:
        conditions.append("v.breakdown = 'total'")
    else:
        conditions.append("v.breakdown = $breakdown")
        parameters["breakdown"] = by
    return " and ".join(conditions), parameters


def _refuse_unknown(connection: duckdb.DuckDBPyConnection, indicator: str, by: str | None) -> None:
    found = connection.execute(
        "select breakdowns from indicators where indicator_id = ?", [indicator]
    ).fetchone()
    if found is None:
        near = connection.execute(
            "select indicator_id from indicators "
            "order by jaro_winkler_similarity(indicator_id, ?) desc limit 3",
            [indicator],
        ).fetchall()
        raise SettingsError(
            f"indicator: expected an id of this release, got {indicator!r}. "
            f"Near it: {', '.join(row[0] for row in near)}. "
            "All: zhibiao sql 'select indicator_id, label_zh from indicators'"
        )
    allowed = ["street", *PARTS, *filter(None, str(found[0] or "").split(", "))]
    if by is not None and by not in allowed:
        raise SettingsError(f"--by: expected one of {', '.join(allowed)}, got {by!r}. Choose one.")


def sql(
    query: Annotated[
        str | None, typer.Argument(help="One query; read from standard input when absent.")
    ] = None,
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Run a query on the current release: read-only, and unable to reach any other file."""
    text = query if query is not None else sys.stdin.read()
    with open_release(Layout.of(read_settings()), release) as connection:
        try:
            with time_limit(connection, QUERY_SECONDS):
                result = connection.execute(text)
                rows = result.fetchall()
        except duckdb.Error as error:
            raise SettingsError(
                f"sql: expected a query that DuckDB takes, got: {error}\n"
                "Tables: zhibiao sql 'show all tables'"
            ) from None
        columns = [column[0] for column in result.description or []]
        write_rows(columns, rows, output)
