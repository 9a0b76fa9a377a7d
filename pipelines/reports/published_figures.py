"""Reads published figures from a CSV: the file that is held against a release.

What belongs here: reading and refusing. What does not: the comparison (reconciliation).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import NoReturn

from pipelines.errors import SettingsError
from pipelines.reports.periods import Period, parse_stated_period

REQUIRED = ("indicator_id", "published", "unit", "period")
OPTIONAL = ("no", "name_zh", "kind", "ledger", "grain", "note")
MOST_BYTES = 1_000_000
"""A hundred times the annual report; what is larger is another file."""

_ID = re.compile(r"[a-z][a-z0-9_]*")
# What a DECIMAL(24, 6) can hold, in any unit up to 亿. No sign of thousands: 1,412 is also 1.412.
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,14})?")
# No text that a spreadsheet would take for a formula.
_UNIT = re.compile(r"[\w%％‰°²³][\w%％‰°²³/·（）()]{0,19}")


class Bound(StrEnum):
    """A published number that is no value but a limit; named as the catalogue names the kind."""

    AT_LEAST = "lower_bound"
    AT_MOST = "upper_bound"


_BOUND_ENDINGS = {"以上": Bound.AT_LEAST, "以内": Bound.AT_MOST}


@dataclass(frozen=True)
class PublishedFigure:
    """One line of the file."""

    indicator_id: str
    text: str
    """The number as it was published; its decimals are the precision."""
    unit: str
    period_text: str
    period: Period
    bound: Bound | None = None

    @property
    def number(self) -> Decimal:
        """The number, in the published unit."""
        return Decimal(self.text)

    @property
    def decimals(self) -> int:
        """How many decimals were published."""
        return len(self.text.partition(".")[2])

    @property
    def plain_unit(self) -> str:
        """The unit without the words that make the number a bound."""
        return strip_bound(self.unit).replace("％", "%")


def strip_bound(unit: str) -> str:
    """A unit without 以上 or 以内."""
    return unit[:-2] if unit[-2:] in _BOUND_ENDINGS else unit


def read_published_figures(path: Path) -> list[PublishedFigure]:
    """Read the figures of a file, in its order.

    Raises:
        SettingsError: naming the line, when the file is not UTF-8, lacks a column or has one too
            many, or when a line is not one figure of its own.
    """
    figures: list[PublishedFigure] = []
    taken: dict[tuple[str, Period], int] = {}
    for line, row in _read_rows(path):
        figure = _read_figure(path, line, row)
        key = (figure.indicator_id, figure.period)
        if key in taken:
            _refuse(
                path,
                line,
                "each figure once",
                f"{figure.indicator_id} for {figure.period_text} as in line {taken[key]}",
                "Take one of the two lines out.",
            )
        taken[key] = line
        figures.append(figure)
    if not figures:
        _refuse(path, 1, "at least one figure", "none", "Write one figure a line.")
    return figures


def _read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines below the heading by column, each with its number in the file."""
    reader = csv.reader(StringIO(_read_text(path), newline=""), strict=True)
    heading: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            if heading is None:
                heading = [cell.strip() for cell in cells]
                _check_heading(path, heading)
            elif any(cells):
                if len(cells) != len(heading):
                    expected, got = f"{len(heading)} columns", str(len(cells))
                    _refuse(path, line, expected, got, "Put texts that hold a comma in quotes.")
                yield line, dict(zip(heading, (cell.strip() for cell in cells), strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        _refuse(path, line, "CSV with commas and quotes", str(error), "Mend the line.")
    if heading is None:
        _check_heading(path, [])


def _read_text(path: Path) -> str:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        expected = f"a file of at most {MOST_BYTES:,} bytes"
        _refuse(path, 1, expected, "a larger one", "Keep the figures to compare, one a line.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        _refuse(path, line, "UTF-8", "bytes that are not", "Save the file as CSV UTF-8.")


def _check_heading(path: Path, heading: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in heading]
    extra = [name for name in heading if name not in REQUIRED + OPTIONAL]
    twice = sorted({name for name in heading if heading.count(name) > 1})
    for fault, names in (("no", missing), ("also", extra), ("twice", twice)):
        if names:
            _refuse(
                path,
                1,
                f"the columns {', '.join(REQUIRED)}, and of others {', '.join(OPTIONAL)} only",
                f"{fault} {', '.join(names)!r}",
                "Mend the heading.",
            )


def _read_figure(path: Path, line: int, row: dict[str, str]) -> PublishedFigure:
    forms = (
        ("indicator_id", _ID, "an id like cases_filed", "Take it from the dictionary."),
        ("published", _NUMBER, "a number like 10.6", "Write digits and a decimal point only."),
        ("unit", _UNIT, "a unit like 件 or 万元", "Write the unit of the published number."),
    )
    for column, form, expected, remedy in forms:
        if not form.fullmatch(row[column]):
            _refuse(path, line, f"{expected} in {column}", repr(row[column]), remedy)
    try:
        period = parse_stated_period(row["period"])
    except SettingsError as error:
        raise SettingsError(f"{path.name}, line {line}: {error}") from None
    return PublishedFigure(
        indicator_id=row["indicator_id"],
        text=row["published"],
        unit=row["unit"],
        period_text=row["period"],
        period=period,
        bound=_read_bound(path, line, row),
    )


def _read_bound(path: Path, line: int, row: dict[str, str]) -> Bound | None:
    """What the unit or the kind says; they may not contradict each other."""
    said = {_BOUND_ENDINGS.get(row["unit"][-2:]), _bound_of_kind(row.get("kind", ""))} - {None}
    if len(said) > 1:
        got = f"{row['unit']!r} with {row['kind']}"
        _refuse(path, line, "one direction of the bound", got, "Mend the unit or the kind.")
    return said.pop() if said else None


def _bound_of_kind(kind: str) -> Bound | None:
    return Bound(kind) if kind in set(Bound) else None


def _refuse(path: Path, line: int, expected: str, got: str, remedy: str) -> NoReturn:
    raise SettingsError(f"{path.name}, line {line}: expected {expected}, got {got}. {remedy}")
