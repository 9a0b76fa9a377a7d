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
from demo.spelling import Cell
from demo.vocabulary import UNKNOWN_STREETS
from pipelines.sources.contracts import SourceTable

_KINDS = ("wrong field count", "bad date", "bad code", "undecodable bytes", "unknown street")
_NUMBER, _EVENT, _DATE, _CODE, _SCOPE, _STREET = 0, 1, 2, 3, 9, 13
_HALF_CHARACTER = "\udcb9"  # the first byte of a two-byte character whose second was cut off
_STRAY_BYTE = "\udcff"  # in no GB18030 sequence
_ROWS_PER_DUPLICATE = 1_500
_FLAWED_NUMBERS = 95_000_000


def flaws_of_months(periods: Sequence[str]) -> dict[str, list[int]]:
    """Two flaws of each kind, spread over the months so that none is mostly broken."""
    months = periods[1:] or periods
    total = 2 * len(_KINDS)
    placed: dict[str, list[int]] = {}
    for flaw in range(total):
        placed.setdefault(months[flaw * len(months) // total], []).append(flaw)
    return placed


def with_flaws(
    table: SourceTable,
    dice: Dice,
    slices: Iterable[list[list[Cell]]],
    flaws: Sequence[int],
    found: Counter[str],
) -> Iterator[list[list[Cell]]]:
    """The rows of a month, a few delivered twice; the first slice carries the broken ones too."""
    for order, rows in enumerate(slices):
        count = -(-len(rows) // _ROWS_PER_DUPLICATE)
        draws = dice.of(range(count)).uniform(f"duplicate {rows[0][_NUMBER]}")
        places = sorted({int(draw * len(rows)) for draw in draws}, reverse=True)
        # An establishment, so that loading its broken copy would change a figure.
        template = next((row for row in rows if row[_EVENT] == "设立"), rows[0])
        for place in places:
            rows.insert(place + 3, rows[place])
        found[f"{table.id}: duplicate rows"] += len(places)
        for flaw in flaws if order == 0 else ():
            rows.append(_broken([str(cell) for cell in template], flaw))
            found[f"{table.id}: broken rows, {_KINDS[flaw % len(_KINDS)]}"] += 1
        yield rows


def _broken(row: list[str], flaw: int) -> list[Cell]:
    """The row under a number of its own with one flaw; each kind comes in two variants."""
    kind, is_second = _KINDS[flaw % len(_KINDS)], flaw >= len(_KINDS)
    one, enterprise, here = (np.asarray([n]) for n in (_FLAWED_NUMBERS + flaw, 1, 330108))
    row[_NUMBER] = f"{row[_NUMBER][:10]}9{flaw:04d}"
    row[_CODE] = str(credit_codes(one, enterprise, here, np.asarray([True]))[0])
    if kind == "wrong field count":
        # A comma in the scope that was not quoted, or a column that was left out.
        if is_second:
            return [*row[:_SCOPE], "软件开发", "技术服务", *row[_SCOPE + 1 :]]
        return list(row[:-1])
    break_code = break_organisation_check if is_second else break_check_character
    place, value = {
        "bad date": (_DATE, "0000-00-00" if is_second else f"{row[_DATE][:4]}-02-30"),
        "bad code": (_CODE, break_code(row[_CODE])),
        "undecodable bytes": (
            _SCOPE,
            f"软件{_STRAY_BYTE}开发" if is_second else f"软件开发{_HALF_CHARACTER}",
        ),
        "unknown street": (_STREET, UNKNOWN_STREETS[is_second]),
    }[kind]
    row[place] = value
    return list(row)
