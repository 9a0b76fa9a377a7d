"""Broken and repeated rows in the registry's files.

A broken row is extra, under a number of its own: it stands for no event, and a correct pipeline
quarantines it. What does not belong here: mistakes of lists kept by hand (mistakes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from demo.dice import Dice
from demo.identities import break_check_character, break_organisation_check, credit_codes
from demo.spelling import Cells
from demo.vocabulary import UNKNOWN_STREETS
from pipelines.sources.contracts import SourceTable

_KINDS = ("wrong field count", "bad date", "bad code", "undecodable bytes", "unknown street")
_NUMBER, _EVENT, _DATE, _CODE, _SCOPE, _STREET = 0, 1, 2, 3, 9, 13
# A byte in no GB18030 sequence; the first of a two-byte character whose second was cut off.
_BAD_BYTES = ("软件\udcff开发", "软件开发\udcb9")
_ROWS_PER_DUPLICATE = 1_500
_FLAWED_NUMBERS = 95_000_000


def flaws_of_months(months: Sequence[int]) -> dict[int, list[int]]:
    """The flaws of each month: two of each kind, spread so that no month is mostly broken."""
    placed: dict[int, list[int]] = {month: [] for month in months}
    total, later = 2 * len(_KINDS), months[1:] or months
    for flaw in range(total):
        placed[later[flaw * len(later) // total]].append(flaw)
    return placed


def with_flaws(
    table: SourceTable,
    dice: Dice,
    slices: Iterable[Cells],
    flaws: Sequence[int],
    found: Counter[str],
) -> Iterator[Cells]:
    """The rows of a month, a few delivered twice; the first slice carries the broken ones too."""
    for order, rows in enumerate(slices):
        draws = dice.of(range(-(-len(rows) // _ROWS_PER_DUPLICATE)))
        # An establishment, so that loading its broken copy would change a figure.
        template = next((row for row in rows if row[_EVENT] == "设立"), rows[0])
        places = set(draws.below(f"duplicate {rows[0][_NUMBER]}", len(rows)).tolist())
        for place in sorted(places, reverse=True):
            rows.insert(place + 3, rows[place])
        found[f"{table.id}: duplicate rows"] += len(places)
        for flaw in flaws if order == 0 else ():
            rows.append(_broken([str(cell) for cell in template], flaw))
            found[f"{table.id}: broken rows, {_KINDS[flaw % len(_KINDS)]}"] += 1
        yield rows


def _broken(row: list[str], flaw: int) -> list[str]:
    """The row under a number of its own with one flaw; each kind comes in two variants."""
    variant, kind = divmod(flaw, len(_KINDS))
    one, enterprise, here = (np.asarray([n]) for n in (_FLAWED_NUMBERS + flaw, 1, 330108))
    code = str(credit_codes(one, enterprise, here, np.asarray([True]))[0])
    row[_NUMBER], row[_CODE] = f"{row[_NUMBER][:10]}9{flaw:04d}", code
    place, values = {
        "bad date": (_DATE, (f"{row[_DATE][:4]}-02-30", "0000-00-00")),
        "bad code": (_CODE, (break_check_character(code), break_organisation_check(code))),
        "undecodable bytes": (_SCOPE, _BAD_BYTES),
        "unknown street": (_STREET, UNKNOWN_STREETS),
        "wrong field count": (_SCOPE, ("软件开发", "软件开发")),
    }[_KINDS[kind]]
    row[place] = values[variant]
    if _KINDS[kind] == "wrong field count":
        # A column that was left out, or a comma in the scope that was not quoted.
        return [*row[: _SCOPE + 1], "技术服务", *row[_SCOPE + 1 :]] if variant else row[:-1]
    return row
