"""What `zhibiao show` answers: one indicator's figures, chosen by period, area and breakdown.

Belongs here: the query, and how its rows are put into words. Does not: the arguments (`figures`),
how tables are written (`output`), and the pages and workbooks of a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from pipelines.cli.indicator_names import find_indicator
from pipelines.cli.output import Format, write_rows
from pipelines.errors import NotFoundError, UsageError
from pipelines.reports.catalogue import EXTERNAL_LEDGER
from pipelines.reports.figures import DISTRICT
from pipelines.reports.formats import EXTERNAL, Scale, show_change, show_value
from pipelines.reports.legal_bases import cite, read_legal_bases
from pipelines.reports.periods import Period, name_period, parse_period
from pipelines.reports.words import Words
from pipelines.sql_text import literal

if TYPE_CHECKING:
    import duckdb

# A suppressed figure is not shown, whatever is stored, nor what it would follow from.
# A rank or a bound of a document is never passed off as computed.
FIGURES = f"""
select
    v.period_grain, v.period_start, v.period_end, a.area_name, v.breakdown, v.breakdown_value,
    if(v.status <> 'suppressed', v.value, null) as value, i.unit_label,
    if(v.status <> 'suppressed', v.numerator, null) as numerator,
    if(v.status <> 'suppressed', v.denominator, null) as denominator,
    if(v.status <> 'suppressed', c.change_on_year, null) as change_on_year,
    if(v.status <> 'suppressed', c.change_on_period, null) as change_on_period,
    if(v.status <> 'suppressed', c.share, null) as share,
    v.status, v.as_of, i.kind, i.ledger,
    i.label_zh || if(i.ledger = '{EXTERNAL_LEDGER}', '（{EXTERNAL}）', '') as label
from indicator_values as v
inner join indicators as i using (indicator_id)
left join indicator_comparisons as c
    using (
        indicator_id, period_grain, period_start, period_end, area_code, breakdown, breakdown_value
    )
left join areas as a on v.area_code = a.area_code
"""
COLUMNS = (
    "period", "area", "breakdown", "breakdown_value", "value", "unit", "numerator", "denominator",
    "change_on_year", "change_on_period", "share", "status", "as_of", "legal_basis",
)  # fmt: skip
OPTIONAL = ("breakdown", "breakdown_value", "numerator", "denominator", "share")
PER_CENT = Scale("%", -2, 2)
GRAINS = ("month", "quarter", "year", "ytd")


def print_figures(
    connection: duckdb.DuckDBPyConnection,
    named: str,
    period: str | None,
    by: str | None,
    output: Format,
) -> None:
    """Print an indicator's figures, from the release that is open.

    Args:
        connection: The release.
        named: An indicator: its id, or its Chinese name or a part of it.
        period: One that `parse_period` reads; all years otherwise.
        by: street, a grain within the period, or one of the indicator's breakdowns.
        output: How they are written.

    Raises:
        UsageError: the indicator, the period or the breakdown is none of the release.
        NotFoundError: there are no figures for the period.
    """
    indicator = find_indicator(named, _read_labels(connection))
    _refuse_unknown_breakdown(connection, indicator, by)
    rows = connection.execute(
        f"{FIGURES} where {_selection(indicator, period, by)}"
        " order by v.period_start, v.period_end, v.area_code, v.breakdown_value"
    ).fetchall()
    if not rows:
        raise NotFoundError(
            f"{indicator}: expected figures for {period or 'any year'}, got none. "
            f"`zhibiao show {indicator}` lists the years of this release."
        )
    bases = read_legal_bases(connection).get(indicator, [])
    kind, ledger, label = rows[0][-3:]
    shaped = [(name_period(*row[:3]), *row[3:-3], cite(bases, Period(*row[:3]))) for row in rows]
    columns: Sequence[str] = COLUMNS
    if output is Format.TABLE:
        columns, shaped = _for_people(shaped, kind, ledger, Words(connection))
    write_rows(columns, shaped, output, title=f"{indicator} · {label}")
    if output is Format.TABLE and bases:
        whole = Period("", min(row[1] for row in rows), max(row[2] for row in rows))
        typer.echo(f"依据：{cite(bases, whole)}")


def _for_people(
    rows: list[tuple[Any, ...]], kind: str, ledger: str, words: Words
) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    """In words, without columns that say nothing here; rates as the report writes them."""
    kept = [
        name
        for index, name in enumerate(COLUMNS)
        # Of all rows together the legal basis stands once, below them.
        if name != "legal_basis"
        and (name not in OPTIONAL or any(row[index] not in (None, "total") for row in rows))
    ]
    shown = []
    for row in rows:
        said = dict(zip(COLUMNS, row, strict=True))
        if kind == "ratio" or said["status"] in ("suppressed", "missing"):
            said["value"] = show_value(said["value"], said["status"], PER_CENT).text
        dimension, code = said["breakdown"], said["breakdown_value"]
        said["breakdown"] = words.column(ledger, dimension)
        said["breakdown_value"] = words.code(ledger, dimension, code)
        share = show_value(said["share"], said["status"], PER_CENT)
        said["share"] = share.text if share.number is None else f"{share.text}%"
        for change in ("change_on_year", "change_on_period"):
            said[change] = show_change(said[change], kind).text
        shown.append(tuple(said[name] for name in kept))
    return kept, shown


def _selection(indicator: str, period: str | None, by: str | None) -> str:
    """The condition on indicator, period, area and breakdown.

    No value is bound: DuckDB imports pandas for that, which takes twice as long as all the rest.
    What is written is a name that the release knows, or a day.
    """
    conditions = [f"v.indicator_id = {literal(indicator)}"]
    inside = by in GRAINS
    if period is None:
        conditions.append(f"v.period_grain = '{by if inside else 'year'}'")
    else:
        span = parse_period(period)
        first, last = f"date '{span.start}'", f"date '{span.end}'"
        if inside:
            conditions.append(
                f"v.period_grain = '{by}' and v.period_start >= {first} and v.period_end <= {last}"
            )
        else:
            conditions.append(
                f"v.period_grain = '{span.grain}'"
                f" and v.period_start = {first} and v.period_end = {last}"
            )
    conditions.append("true" if by == "street" else f"v.area_code = {DISTRICT}")
    if by is None or by == "street" or inside:
        conditions.append("v.breakdown = 'total'")
    else:
        conditions.append(f"v.breakdown = {literal(by)}")
    return " and ".join(conditions)


def _read_labels(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(
        connection.execute(
            "select indicator_id, label_zh from indicators order by indicator_id"
        ).fetchall()
    )


def _refuse_unknown_breakdown(
    connection: duckdb.DuckDBPyConnection, indicator: str, by: str | None
) -> None:
    ((found,),) = connection.execute(
        f"select breakdowns from indicators where indicator_id = {literal(indicator)}"
    ).fetchall()
    allowed = ["street", *GRAINS, *filter(None, str(found or "").split(", "))]
    if by is not None and by not in allowed:
        raise UsageError(f"--by: expected one of {', '.join(allowed)}, got {by!r}. Choose one.")
