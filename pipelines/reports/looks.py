"""How the cells of our workbooks look: templates/workbook.xlsx, which an author restyles in Excel.

Each row of its one sheet is a look: the name in column A, and in column B a cell that wears it.
What belongs here: reading a look as XlsxWriter's properties. What does not: what is written where
(sheets), how a number is shown (formats), the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from colorsys import hls_to_rgb, rgb_to_hls
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles.borders import Side
from openpyxl.styles.colors import COLOR_INDEX, Color

from pipelines.errors import ContractError

TEMPLATE = Path(__file__).parent / "templates" / "workbook.xlsx"
NAMES = frozenset(
    ("标题", "报告日期", "醒目提示", "小标题", "表头", "表格文字", "居中文字", "表格数字")
)

Look = Mapping[str, Any]

_DRAWINGML = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DARK_AND_LIGHT_SWAPPED = (1, 0, 3, 2)
"""A theme lists dark before light; a cell's number counts light before dark."""
_UNDERLINES = {"single": 1, "double": 2, "singleAccounting": 33, "doubleAccounting": 34}
_LINES = (
    "thin", "medium", "dashed", "dotted", "thick", "double", "hair", "mediumDashed", "dashDot",
    "mediumDashDot", "dashDotDot", "mediumDashDotDot", "slantDashDot",
)  # fmt: skip
"""The lines of a border, in the order in which XlsxWriter numbers them from 1."""


def read_looks(template: Path = TEMPLATE) -> dict[str, Look]:
    """The looks by name, each as XlsxWriter's properties of a format.

    Raises:
        ContractError: A look that the sheets need is absent or there twice, one has a name that
            they do not know, or a fill that cannot be carried over.
    """
    workbook = load_workbook(template)
    theme = _read_theme(workbook.loaded_theme)
    looks: dict[str, Look] = {}
    for place, cell in workbook.worksheets[0].iter_rows(max_col=2):
        if place.value is None:
            continue
        name = str(place.value)
        if name not in NAMES or name in looks:
            raise ContractError(
                f"{template}, {place.coordinate}: expected the name of a look, each once"
                f" ({', '.join(sorted(NAMES))}), got {name!r}. Restyle column B and leave"
                " column A as it is."
            )
        looks[name] = dict(_read_look(f"{template}, {cell.coordinate}", cell, theme))
    if absent := NAMES - looks.keys():
        raise ContractError(
            f"{template}: expected a row for each look, got none for {', '.join(sorted(absent))}."
            " Name it in column A, and style column B."
        )
    return looks


def _read_look(place: str, cell: Cell | MergedCell, theme: list[str]) -> Iterator[tuple[str, Any]]:
    font, fill, alignment = cell.font, cell.fill, cell.alignment
    yield "font_name", font.name
    yield "font_size", font.sz
    yield "bold", bool(font.b)
    yield "italic", bool(font.i)
    yield "font_strikeout", bool(font.strike)
    if font.u is not None:
        yield "underline", _UNDERLINES[font.u]
    if font.color is not None:
        yield "font_color", _read_color(font.color, theme)
    if fill.fill_type == "solid":
        yield "bg_color", _read_color(fill.fgColor, theme)
    elif fill.fill_type is not None:
        raise ContractError(
            f"{place}: expected one plain colour as its fill, got {fill.fill_type!r}."
            " Choose a fill without pattern or gradient."
        )
    for side in ("left", "right", "top", "bottom"):
        yield from _read_side(side, getattr(cell.border, side), theme)
    if alignment.horizontal is not None:
        yield "align", alignment.horizontal
    yield "valign", {"center": "vcenter"}.get(alignment.vertical, alignment.vertical or "bottom")
    yield "text_wrap", bool(alignment.wrap_text)
    yield "indent", int(alignment.indent)


def _read_side(name: str, side: Side | None, theme: list[str]) -> Iterator[tuple[str, Any]]:
    if side is not None and side.style is not None:
        yield name, _LINES.index(side.style) + 1
        if side.color is not None:
            yield f"{name}_color", _read_color(side.color, theme)


def _read_theme(theme: bytes | None) -> list[str]:
    """The colours of the theme as RRGGBB, in the order in which cells count them."""
    if theme is None:
        return []
    scheme = ElementTree.fromstring(theme).find(f".//{_DRAWINGML}clrScheme")  # noqa: S314 -- ours
    colors = [] if scheme is None else [entry[0] for entry in scheme]
    listed = [color.get("lastClr") or color.get("val") or "000000" for color in colors]
    return [listed[i] for i in _DARK_AND_LIGHT_SWAPPED[: len(listed)]] + listed[4:]


def _read_color(color: Color, theme: list[str]) -> str:
    """As #RRGGBB, whether it was chosen freely, from the palette or from the theme."""
    if color.type == "theme":
        rgb = theme[color.theme]
    elif color.type == "indexed" and color.indexed < len(COLOR_INDEX):
        rgb = COLOR_INDEX[color.indexed]
    else:
        rgb = color.rgb if color.type == "rgb" else "000000"
    return f"#{_tint(rgb[-6:], color.tint)}"


def _tint(rgb: str, tint: float) -> str:
    """Darkened below zero, lightened above, as ECMA-376 18.8.19 says."""
    if not tint:
        return rgb
    hue, light, saturation = rgb_to_hls(*(int(rgb[i : i + 2], 16) / 255 for i in (0, 2, 4)))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return "".join(f"{round(part * 255):02X}" for part in hls_to_rgb(hue, light, saturation))
