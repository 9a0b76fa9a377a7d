"""The registry's monthly CSV files: GB18030, CRLF, quoted commas and line breaks, broken rows.

What belongs here: the texts of a registration event and the file around them. What does not: which
events there are (entities) and changing a delivered file afterwards (changes).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from demo.dice import Dice, Integers
from demo.entities import ESTABLISHED, Entities, Events
from demo.flaws import FLAWS, break_row
from demo.identities import credit_codes
from demo.registration_texts import RegistrationTexts
from demo.vocabulary import RARE_CHARACTERS
from demo.working_days import day_number, months_of

COLUMNS = (
    "业务流水号", "业务类型", "核准日期", "统一社会信用代码", "市场主体名称", "市场主体类别",
    "企业类型", "行业代码", "注册资本", "经营范围", "法定代表人", "联系电话", "住所", "所属街道",
    "登记机关",
)  # fmt: skip
CODE, NAME, ENTERPRISE_TYPE, SCOPE = 3, 4, 6, 9
ENCODING = "gb18030"
_CHUNK = 20_000  # rows whose texts are held at once: 40 MB
_ROWS_PER_DUPLICATE = 1_500
_FLAWED_NUMBERS = 95_000_000

_RARE = frozenset(RARE_CHARACTERS)

Row = tuple[str, ...]


@dataclass(frozen=True)
class RegistrationFiles:
    """The population and the events that the files deliver, and how they are cut into months."""

    dice: Dice
    entities: Entities
    events: Events
    periods: Integers

    @classmethod
    def of(cls, dice: Dice, entities: Entities, events: Events, start: date) -> RegistrationFiles:
        """All events by the month of delivery; what was before `start` comes the month before."""
        known_before = day_number(start) - 1
        return cls(dice, entities, events, months_of(np.maximum(events.days, known_before)))

    def names(self) -> list[str]:
        """The files, relative to the sources folder, oldest first."""
        return [file_name(int(p)) for p in np.unique(self.periods)]

    def write(self, folder: Path) -> Counter[str]:
        """Write every file below `folder`; how often each kind of row occurs."""
        found: Counter[str] = Counter()
        texts = RegistrationTexts.of(self.dice, self.entities, self.events)
        delivered = [int(p) for p in np.unique(self.periods)]
        flaws = _place_flaws(delivered[1:] or delivered)
        for period in delivered:
            target = folder / file_name(period)
            target.parent.mkdir(parents=True, exist_ok=True)
            within = np.flatnonzero(self.periods == period)
            with target.open("wb") as file:
                file.write(encode([COLUMNS]))
                for rows in self._rows(texts, within, flaws.get(period, []), found):
                    file.write(encode(rows))
        return found

    def _rows(
        self, texts: RegistrationTexts, within: Integers, flaws: list[int], found: Counter[str]
    ) -> Iterator[list[Row]]:
        """A month's rows in chunks; the first chunk carries the broken ones."""
        for start in range(0, len(within), _CHUNK):
            index = within[start : start + _CHUNK]
            rows: list[Row] = texts.rows(index)
            _count_oddities(rows, found)
            rows = _repeat_some(self.dice, rows, found)
            if start == 0:
                template = _establishment(self.events, index, rows)
                rows += [self._broken_row(template, flaw, found) for flaw in flaws]
            found["registrations: rows delivered"] += len(rows)
            yield rows

    def _broken_row(self, template: Row, flaw: int, found: Counter[str]) -> Row:
        code = credit_codes(
            np.asarray([_FLAWED_NUMBERS + flaw]),
            np.asarray([1]),
            np.asarray([330108]),
            np.asarray([True]),
        )[0]
        row = (f"{template[0][:10]}9{flaw:04d}", *template[1:3], str(code), *template[4:])
        kind = FLAWS[flaw % len(FLAWS)]
        found[f"registrations: broken rows, {kind}"] += 1
        found["registrations: broken rows"] += 1
        return break_row(row, kind, is_second=flaw >= len(FLAWS))


def file_name(period: int) -> str:
    """The file of a month (YYYYMM), relative to the sources folder."""
    return f"registrations/registrations_{period}.csv"


def encode(rows: list[Row]) -> bytes:
    """Rows as the registry exports them: lines end in CRLF, line breaks inside a cell are LF.

    A lone surrogate stands for a byte that does not decode.
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(ENCODING, errors="surrogateescape")


def month_before(start: date) -> int:
    """The period (YYYYMM) before the one that a date lies in."""
    day = start.replace(day=1) - timedelta(days=1)
    return day.year * 100 + day.month


def _place_flaws(periods: list[int]) -> dict[int, list[int]]:
    """Two flaws of each kind, spread over the months so that none is mostly broken."""
    placed: dict[int, list[int]] = {}
    total = 2 * len(FLAWS)
    for flaw in range(total):
        placed.setdefault(periods[flaw * len(periods) // total], []).append(flaw)
    return placed


def _establishment(events: Events, index: Integers, rows: list[Row]) -> Row:
    """A row to break: an establishment, so that loading it would change a figure."""
    places = np.flatnonzero(events.kinds[index] == ESTABLISHED)
    return rows[int(places[0])] if len(places) else rows[0]


def _repeat_some(dice: Dice, rows: list[Row], found: Counter[str]) -> list[Row]:
    """The rows, a few of them delivered twice, byte for byte."""
    count = -(-len(rows) // _ROWS_PER_DUPLICATE)
    draws = dice.uniform(f"duplicate {rows[0][0]}", np.arange(count, dtype=np.int64))
    places = sorted({int(d * len(rows)) for d in draws}, reverse=True)
    for place in places:
        rows.insert(min(place + 3, len(rows)), rows[place])
    found["registrations: duplicate rows"] += len(places)
    return rows


def _count_oddities(rows: list[Row], found: Counter[str]) -> None:
    """Count what is unusual and must nevertheless be loaded."""
    for row in rows:
        found["registrations: events"] += 1
        found["registrations: scopes with a comma"] += "," in row[SCOPE]
        found["registrations: scopes with a line break"] += "\n" in row[SCOPE]
        found["registrations: lower-case codes"] += row[CODE] != row[CODE].upper()
        found["registrations: names outside GBK"] += not _RARE.isdisjoint(row[NAME])
        found["registrations: enterprise type missing"] += row[ENTERPRISE_TYPE] in ("", "N/A", "-")
        found["registrations: N/A"] += "N/A" in row
        found["registrations: -"] += "-" in row
