"""`zhibiao show` and `zhibiao sql`: figures of the current release, read-only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import duckdb
import typer

from pipelines.cli.arguments import FormatOption, ReleaseOption, open_named_release
from pipelines.cli.indicator_names import find_indicator
from pipelines.cli.output import Format, write_rows
from pipelines.errors import NotFoundError, UsageError
from pipelines.layout import Layout
from pipelines.releases.queries import ask
from pipelines.releases.reading import find_release
from pipelines.reports.catalogue import EXTERNAL_LEDGER
from pipelines.reports.figures import DISTRICT
from pipelines.reports.formats import EXTERNAL, Scale, show_change, show_value
from pipelines.reports.legal_bases import cite, read_legal_bases
from pipelines.reports.periods import Period, name_period, parse_period
from pipelines.reports.words import Words
from pipelines.settings import count_bytes, read_settings

# A suppressed figure is not shown, whatever is stored, nor what it would follow from.
FIGURES = """
select
    v.period_grain, v.period_start, v.period_end, a.area_name, v.breakdown, v.breakdown_value,
    if(v.status <> 'suppressed', v.value, null) as value, i.unit_label,
    if(v.status <> 'suppressed', v.numerator, null) as numerator,
    if(v.status <> 'suppressed', v.denominator, null) as denominator,
    if(v.status <> 'suppressed', c.change_on_year, null) as change_on_year,
    if(v.status <> 'suppressed', c.change_on_period, null) as change_on_period,
    if(v.status <> 'suppressed', c.share, null) as share,
    v.status, v.as_of, i.kind, i.ledger,
    i.label_zh || if(i.ledger = $external, $mark, '') as label
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
    "change_on_year", "change_on_period", "share", "status", "as_of", "legal_basis",
)  # fmt: skip
OPTIONAL = ("breakdown", "breakdown_value", "numerator", "denominator", "share")
PER_CENT = Scale("%", -2, 2)
# A rank or a bound of a document is never passed off as computed.
STATED = {"external": EXTERNAL_LEDGER, "mark": f"（{EXTERNAL}）"}
GRAINS = ("month", "quarter", "year", "ytd")


def show(
    named: Annotated[
        str,
        typer.Argument(
            metavar="INDICATOR",
            help="An indicator: its id (new_market_entities), or its Chinese name or a part of it.",
        ),
    ],
    period: Annotated[
        str | None, typer.Option(help="2024, 2024-Q3, 2024-11 or 2024-11-ytd; all years otherwise.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="street, month, quarter, year, ytd, or a breakdown like entity_kind."),
    ] = None,
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Show an indicator's figures."""
    with open_named_release(release) as connection:
        indicator = find_indicator(named, _read_labels(connection))
        _refuse_unknown_breakdown(connection, indicator, by)
        where, parameters = _selection(period, by)
        rows = connection.execute(
            f"{FIGURES} and {where} order by v.period_start, v.period_end, v.area_code, "
            "v.breakdown_value",
            {"indicator": indicator, **STATED} | parameters,
        ).fetchall()
        bases = read_legal_bases(connection).get(indicator, [])
        words = Words(connection)
    if not rows:
        raise NotFoundError(
            f"{indicator}: expected figures for {period or 'any year'}, got none. "
            f"`zhibiao show {indicator}` lists the years of this release."
        )
    kind, ledger, label = rows[0][-3:]
    shaped = [(name_period(*row[:3]), *row[3:-3], cite(bases, Period(*row[:3]))) for row in rows]
    columns: Sequence[str] = COLUMNS
    if output is Format.TABLE:
        columns, shaped = _for_people(shaped, kind, ledger, words)
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


def _selection(period: str | None, by: str | None) -> tuple[str, dict[str, Any]]:
    """The condition on period, area and breakdown, with its parameters."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    inside = by in GRAINS
    if period is None:
        conditions.append(f"v.period_grain = '{by if inside else 'year'}'")
    else:
        span = parse_period(period)
        parameters = {"start": span.start, "end": span.end}
        if inside:
            conditions.append(
                f"v.period_grain = '{by}' and v.period_start >= $start and v.period_end <= $end"
            )
        else:
            conditions.append(
                "v.period_grain = $grain and v.period_start = $start and v.period_end = $end"
            )
            parameters["grain"] = span.grain
    conditions.append("true" if by == "street" else f"v.area_code = {DISTRICT}")
    if by is None or by == "street" or inside:
        conditions.append("v.breakdown = 'total'")
    else:
        conditions.append("v.breakdown = $breakdown")
        parameters["breakdown"] = by
    return " and ".join(conditions), parameters


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
        "select breakdowns from indicators where indicator_id = ?", [indicator]
    ).fetchall()
    allowed = ["street", *GRAINS, *filter(None, str(found or "").split(", "))]
    if by is not None and by not in allowed:
        raise UsageError(f"--by: expected one of {', '.join(allowed)}, got {by!r}. Choose one.")


def sql(
    query: Annotated[
        str | None, typer.Argument(help="One query; read from standard input when absent.")
    ] = None,
    output: FormatOption = Format.TABLE,
    release: ReleaseOption = None,
) -> None:
    """Run a query on the current release: read-only, and unable to reach any other file."""
    settings = read_settings()
    database = find_release(Layout.of(settings), release).database
    columns, rows = ask(
        database,
        query if query is not None else sys.stdin.read(),
        memory_limit=settings.memory_limit,
        memory_bytes=count_bytes(settings.memory_limit),
        threads=settings.threads,
    )
    write_rows(columns, rows, output)
