"""Draws the charts of the annual report with Vega-Lite: as SVG for the page, as PNG for Word.

No browser and no network. What belongs here: marks, axes, sizes. What does not: which charts there
are and what they say (charts).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal

import altair as alt
import vl_convert

from pipelines.reports.annual.charts import Chart, ChartKind, Panel, Point
from pipelines.reports.annual.fonts import FACE
from pipelines.reports.annual.wording import printable

_THIS, _BEFORE, _PAPER, _INK = "#1a4f8b", "#8a96a3", "white", "#1d232b"
# The page is read with whatever Chinese face the reader has; the renderer measures with the first.
_FACES = f"{FACE}, Source Han Sans SC, PingFang SC, Microsoft YaHei, SimHei, sans-serif"
# As many pixels an inch of paper, of which the drawing is as wide as a column of text.
_PIXELS_PER_INCH = 270
_SHARPNESS = 2.5
_RENDERER_PIXELS_PER_INCH = 72
_TITLE_SIZE, _TEXT_SIZE = 13, 11
# A bar ends where its label still has room.
_ROOM_FOR_LABEL = 1.9
_ROOM_ABOVE = 1.15
# A drawing within a page needs no names of its language: addresses that nobody is to visit.
_NAMESPACES = re.compile(r' xmlns(:xlink)?="[^"]*"')

_LOOKS = {
    "font": _FACES,
    "background": _PAPER,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": _TEXT_SIZE,
        "labelColor": _INK,
        "domainColor": _BEFORE,
        "gridColor": "#e3e7ec",
    },
    "legend": {"labelFontSize": _TEXT_SIZE + 1, "labelColor": _INK},
    "title": {
        "anchor": "start",
        "offset": 8,
        "color": _INK,
        "fontSize": _TITLE_SIZE,
        "fontWeight": "bold",
        "subtitleColor": "#b3261e",
        "subtitleFontSize": _TEXT_SIZE,
    },
}

_Drawn = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Picture:
    """One chart, drawn."""

    title: str
    description: str
    svg: str
    png: bytes


def draw_charts(charts: Sequence[Chart]) -> list[Picture]:
    """Draw charts in their order; the same charts give the same bytes.

    The face must have been made ready (fonts.prepare_face).
    """
    return [_draw(chart) for chart in charts]


def _draw(chart: Chart) -> Picture:
    # Named and added at the end: Altair would copy and check every row a dozen times.
    data = {f"panel_{number}": _rows(chart, panel) for number, panel in enumerate(chart.panels)}
    panels = [
        _draw_panel(chart, panel, alt.Chart(alt.NamedData(name)))
        for name, panel in zip(data, chart.panels, strict=True)
    ]
    columns = 2 if chart.kind is ChartKind.MONTHS else 3
    picture = alt.concat(*panels, columns=min(columns, len(panels)), spacing=24)
    specification = picture.to_dict() | {"datasets": data, "config": _LOOKS}
    svg = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    sharpness = _SHARPNESS * _RENDERER_PIXELS_PER_INCH / _PIXELS_PER_INCH
    png = bytes(vl_convert.svg_to_png(svg, scale=sharpness, ppi=_PIXELS_PER_INCH))
    return Picture(chart.title, chart.description, _NAMESPACES.sub("", svg), png)


def _draw_panel(chart: Chart, panel: Panel, empty: alt.Chart) -> _Drawn:
    match chart.kind:
        case ChartKind.MONTHS:
            return _draw_lines(panel, empty, chart.years)
        case ChartKind.STREETS:
            return _draw_standing_bars(panel, empty)
        case ChartKind.YEARS:
            return _draw_lying_bars(panel, empty, _reach(panel.points, _ROOM_FOR_LABEL))
        case ChartKind.RATES:
            # All to the same scale: they are all parts of a hundred.
            points = [point for each in chart.panels for point in each.points]
            return _draw_lying_bars(panel, empty, _reach(points, _ROOM_FOR_LABEL))


def _draw_lines(panel: Panel, empty: alt.Chart, years: tuple[str, ...]) -> _Drawn:
    ticks = alt.Axis(tickCount=4, format=",~f")
    if panel.is_whole:
        ticks.tickMinStep = 1
    base = empty.encode(
        x=alt.X("category:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, grid=False)),
        y=alt.Y("height:Q", title=None, axis=ticks, scale=_reach(panel.points, _ROOM_ABOVE)),
    )
    colours = alt.Scale(domain=list(years), range=[_THIS, _BEFORE])
    strokes = alt.Scale(domain=list(years), range=[[1, 0], [5, 3]])
    legend = alt.Legend(title=None, orient="top", symbolType="stroke", symbolSize=300)
    lines = base.mark_line(strokeWidth=2, aria=False).encode(
        color=alt.Color("year:N", scale=colours, legend=legend),
        strokeDash=alt.StrokeDash("year:N", scale=strokes, legend=legend),
    )
    points = base.mark_point(size=34, strokeWidth=1.6, opacity=1).encode(
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        description="said:N",
    )
    return alt.layer(lines, points).properties(
        width=310, height=150, title=_title(panel, 22, "group")
    )


def _draw_standing_bars(panel: Panel, empty: alt.Chart) -> _Drawn:
    base = empty.encode(
        x=alt.X(
            "category:O",
            sort=None,
            title=None,
            axis=alt.Axis(labelAngle=0, ticks=False, labelPadding=6),
        ),
        y=alt.Y("height:Q", axis=None, scale=_reach(panel.points, _ROOM_ABOVE)),
    )
    bars = _bars(base, size=34)
    labels = base.mark_text(dy=-8, fontSize=_TEXT_SIZE, color=_INK).encode(text="label:N")
    return alt.layer(bars, labels).properties(width=205, height=130, title=_title(panel, 15))


def _draw_lying_bars(panel: Panel, empty: alt.Chart, reach: alt.Scale) -> _Drawn:
    base = empty.encode(
        y=alt.Y(
            "category:O",
            sort=None,
            title=None,
            axis=alt.Axis(ticks=False, labelPadding=6, domain=False),
        ),
        x=alt.X("height:Q", axis=None, scale=reach),
    )
    bars = _bars(base, size=18)
    labels = base.mark_text(align="left", dx=5, fontSize=_TEXT_SIZE, color=_INK).encode(
        text="label:N"
    )
    height = 26 * len(panel.points)
    return alt.layer(bars, labels).properties(width=165, height=height, title=_title(panel, 15))


def _bars(base: alt.Chart, size: int) -> alt.Chart:
    bars: alt.Chart = base.mark_bar(size=size, strokeWidth=1.4).encode(
        fill=alt.Fill("fill:N", scale=None),
        stroke=alt.Stroke("colour:N", scale=None),
        description="said:N",
    )
    return bars


def _reach(points: Sequence[Point], room: float) -> alt.Scale:
    """From zero to beyond the highest, in either direction."""
    heights = [point.height for point in points if point.height is not None]
    highest, lowest = max([0.0, *heights]), min([0.0, *heights])
    return alt.Scale(domain=[lowest * room, highest * room or 1.0], nice=False)


def _rows(chart: Chart, panel: Panel) -> list[dict[str, Any]]:
    """The points as the renderer takes them."""
    rows: list[dict[str, Any]] = []
    for point in panel.points:
        colour = _THIS if point.year == chart.years[0] else _BEFORE
        rows.append(
            {
                "category": printable(point.category),
                "year": point.year,
                # What is not shown takes part in the axis and not in the drawing.
                "height": point.height,
                "label": printable(point.label),
                "said": f"{point.year} {printable(point.category)} {printable(point.label)}",
                "colour": colour,
                "fill": _PAPER if point.mark else colour,
            }
        )
    return rows


def _title(
    panel: Panel, characters: int, frame: Literal["bounds", "group"] = "bounds"
) -> alt.TitleParams:
    return alt.TitleParams(
        frame=frame,
        text=_break_title(printable(panel.title), characters),
        subtitle=[line for said in panel.note.split("；") for line in wrap(said, characters + 4)]
        or alt.Undefined,
    )


def _break_title(title: str, characters: int) -> list[str]:
    """A title too long for its line has its unit on a line of its own."""
    if len(title) <= characters:
        return [title]
    name, bracket, unit = title.rpartition("（")
    return [*wrap(name, characters), bracket + unit]
