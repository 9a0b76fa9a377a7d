"""Which charts a section gets, and what stands in them."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

from pipelines.reports.annual.charts import Chart, ChartKind, Material, YearValues, choose_charts
from pipelines.reports.catalogue import CatalogueEntry
from pipelines.reports.figures import Area

STREETS = [Area("330108001", "西兴街道"), Area("330108002", "长河街道")]
Stored = tuple[Decimal | None, str]


def indicator(name: str, kind: str = "count", **facts: object) -> CatalogueEntry:
    said: dict[str, object] = dict.fromkeys((f.name for f in fields(CatalogueEntry)), "")
    unit = "%" if kind == "ratio" else "件"
    said |= {"indicator_id": name, "label_zh": name, "kind": kind, "unit_label": unit}
    return CatalogueEntry(**(said | {"is_main": True} | facts))  # type: ignore[arg-type]


def final(*values: int) -> list[Stored]:
    return [(Decimal(value), "final") for value in values]


def values(
    year: int, months: dict[str, list[Stored]], streets: dict[str, list[Stored]]
) -> YearValues:
    return YearValues(
        year,
        {
            (name, number): one
            for name, all_of in months.items()
            for number, one in enumerate(all_of)
        },
        {
            (name, street.area_code): one
            for name, all_of in streets.items()
            for street, one in zip(STREETS, all_of, strict=True)
        },
    )


def charts(
    *indicators: CatalogueEntry,
    months: dict[str, list[Stored]],
    streets: dict[str, list[Stored]] | None = None,
    is_unfinished: bool = False,
) -> dict[str, Chart]:
    this, before = values(2024, months, streets or {}), values(2023, months, {})
    chosen = choose_charts(Material(indicators, STREETS, this, before, is_unfinished))
    return {chart.kind.value: chart for chart in chosen}


FULL = final(66, *range(1, 13))
"""The year, then twelve months."""


def test_a_main_count_with_months_gets_a_line_and_a_comparison() -> None:
    chosen = charts(indicator("甲"), months={"甲": FULL})
    assert set(chosen) == {"months", "years"}
    assert chosen["months"].title == "各月走势：2024年与2023年"
    (panel,) = chosen["months"].panels
    assert panel.title == "甲（件）"
    assert [point.label for point in panel.points][:2] == ["1", "2"]
    assert len(panel.points) == 24


def test_what_is_no_main_figure_or_not_ours_is_not_drawn() -> None:
    hidden = indicator("甲", is_main=False), indicator("乙", ledger="external_figures")
    assert charts(*hidden, months={"甲": FULL, "乙": FULL}) == {}


def test_zeros_are_no_chart() -> None:
    assert charts(indicator("甲"), months={"甲": final(*[0] * 13)}) == {}


def test_two_months_of_a_year_are_no_line() -> None:
    two = charts(indicator("甲"), months={"甲": final(2, 1, 1, *[0] * 10)})
    three = charts(indicator("甲"), months={"甲": final(3, 1, 1, 1, *[0] * 9)})
    assert set(two) == {"years"}
    assert set(three) == {"months", "years"}


def test_a_stock_is_compared_and_is_no_line() -> None:
    assert set(charts(indicator("甲", "stock"), months={"甲": FULL})) == {"years"}


def test_rates_have_a_chart_of_their_own() -> None:
    rate: list[Stored] = [(Decimal("0.975"), "provisional")] * 13
    chosen = charts(indicator("甲", "ratio"), months={"甲": rate})
    assert set(chosen) == {"rates"}
    (panel,) = chosen["rates"].panels
    assert [(p.category, p.label, p.height) for p in panel.points] == [
        ("2024年", "97.50 暂定", 97.5),
        ("2023年", "97.50 暂定", 97.5),
    ]


def test_streets_are_drawn_only_for_indicators_that_have_them() -> None:
    chosen = charts(
        indicator("甲"),
        indicator("乙"),
        months={"甲": FULL, "乙": FULL},
        streets={"甲": final(4, 5)},
    )
    (panel,) = chosen["streets"].panels
    assert [(p.category, p.label) for p in panel.points] == [("西兴街道", "4"), ("长河街道", "5")]


def test_an_unfinished_year_is_compared_by_months_only() -> None:
    chosen = charts(indicator("甲"), months={"甲": FULL}, is_unfinished=True)
    assert set(chosen) == {"months"}


def test_a_line_says_which_months_are_not_final() -> None:
    marked = [*FULL[:9], *[(Decimal(1), "provisional")] * 3, (Decimal(1), "stale")]
    (panel,) = charts(indicator("甲"), months={"甲": marked})["months"].panels
    assert panel.note.split("；")[:2] == ["2024年9月—11月暂定", "2024年12月陈旧"]


def test_months_that_bear_one_mark_are_named_together() -> None:
    marked = {2, 4, 9, 10, 11}
    months: list[Stored] = [
        (Decimal(1), "provisional" if month in marked else "final") for month in range(13)
    ]
    (panel,) = charts(indicator("甲"), months={"甲": months})["months"].panels
    assert panel.note.split("；")[0] == "2024年2月、4月、9月—11月暂定"


def test_a_year_of_one_mark_says_so_once() -> None:
    stale: list[Stored] = [(Decimal(1), "stale")] * 13
    (panel,) = charts(indicator("甲"), months={"甲": stale})["months"].panels
    assert panel.note == "2024年各月陈旧；2023年各月陈旧"


def test_a_suppressed_month_is_named_and_not_drawn() -> None:
    marked = [*FULL[:3], (None, "suppressed"), *FULL[4:]]
    (panel,) = charts(indicator("甲"), months={"甲": marked})["months"].panels
    assert panel.note.startswith("2024年3月已抑制")
    assert panel.points[2].height is None


def test_a_suppressed_value_that_is_stored_all_the_same_is_not_drawn() -> None:
    marked = [*FULL[:3], (Decimal(7), "suppressed"), *FULL[4:]]
    (panel,) = charts(indicator("甲"), months={"甲": marked})["months"].panels
    assert panel.points[2].height is None


def test_a_month_that_has_not_begun_is_not_a_zero() -> None:
    (panel,) = charts(indicator("甲"), months={"甲": FULL[:5]})["months"].panels
    assert [point.height for point in panel.points][:6] == [1.0, 2.0, 3.0, 4.0, None, None]
    assert panel.note == ""


def test_a_chart_has_no_more_panels_than_a_page_takes() -> None:
    names = [f"指标{number}" for number in range(20)]
    chosen = charts(*map(indicator, names), months=dict.fromkeys(names, FULL))
    assert [len(chosen[kind].panels) for kind in ("months", "years")] == [8, 9]
    assert chosen["years"].panels[0].title == "指标0（件）"


def test_a_line_follows_the_value_and_not_its_rounding() -> None:
    yuan = indicator("甲", "sum", display_scale="亿元")
    (panel,) = charts(yuan, months={"甲": final(0, 1_234_567, *[9_000_000] * 11)})["months"].panels
    assert (panel.points[0].height, panel.points[0].label) == (0.01234567, "0.01")


def test_only_whole_numbers_are_counted_on_the_axis_of_a_count() -> None:
    (panel,) = charts(indicator("甲"), months={"甲": FULL})[ChartKind.MONTHS.value].panels
    assert panel.is_whole
