"""A month of the registry delivered anew, as the registry does when records were corrected."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.identities import credit_codes

_EVENT_NO, _EVENT, _DAY, _CODE, _KIND, _CAPITAL, _SCOPE, _PERSON = 0, 1, 2, 3, 5, 8, 9, 10


@dataclass(frozen=True)
class Redelivery:
    """A month delivered anew: event numbers of what changed, came and went."""

    path: Path
    changed: tuple[str, ...]
    added: tuple[str, ...]
    withdrawn: tuple[str, ...]
    new_market_entities: int
    """By how many the month's establishments (all of households) differ from before."""


def redeliver_registrations(
    sources: Path, period: int, *, changed: int = 3, added: int = 2, withdrawn: int = 0
) -> Redelivery:
    """Deliver one month (YYYYMM) anew in full, under the same name.

    `changed` rows get another capital, scope and person, `added` establishments of households
    come with the date of the month's last one, `withdrawn` establishments of households go. Each
    call adds to the ones before.
    """
    path = sources / f"registrations/registrations_{period}.csv"
    text = path.read_bytes().decode("gb18030", errors="surrogateescape")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    good = _households_established(header, rows)
    assert len(good) >= max(changed + withdrawn, 1), "too few establishments of households"
    to_change, to_withdraw = good[:changed], good[len(good) - withdrawn :]
    for row in to_change:
        row[_CAPITAL], row[_PERSON] = "88万人民币", "沈更正"
        row[_SCOPE] += ",更正"
    fresh = _new_establishments(rows, good[-1], period, added)
    gone = {row[_EVENT_NO] for row in to_withdraw}
    kept = [row for row in rows if row[_EVENT_NO] not in gone]
    written = io.StringIO(newline="")
    csv.writer(written).writerows([header, *kept, *fresh])
    path.write_bytes(written.getvalue().encode("gb18030", errors="surrogateescape"))
    return Redelivery(
        path=path,
        changed=tuple(row[_EVENT_NO] for row in to_change),
        added=tuple(row[_EVENT_NO] for row in fresh),
        withdrawn=tuple(row[_EVENT_NO] for row in to_withdraw),
        new_market_entities=added - withdrawn,
    )


def _households_established(header: list[str], rows: list[list[str]]) -> list[list[str]]:
    """Good rows that establish a household and are delivered once."""
    times = Counter(row[_EVENT_NO] for row in rows)
    return [
        row
        for row in rows
        # Broken rows (their numbers end in 9 and four digits) keep what is wrong with them.
        if len(row) == len(header)
        and (row[_EVENT], row[_KIND]) == ("设立", "个体工商户")
        and row[_EVENT_NO][10] != "9"
        and times[row[_EVENT_NO]] == 1
    ]


def _new_establishments(
    rows: list[list[str]], template: list[str], period: int, count: int
) -> list[list[str]]:
    """Rows that were not in the month before, under numbers and codes of their own."""
    prefix = f"DJ{template[_DAY].replace('-', '')}8"
    taken = sum(row[_EVENT_NO].startswith(prefix) for row in rows)
    places = np.arange(taken, taken + count, dtype=np.int64)
    households, here, modern = (np.full(count, value) for value in (2, 330108, True))
    codes = credit_codes(500_000_000 + period * 100 + places, households, here, modern)
    fresh = [list(template) for _ in range(count)]
    for row, place, code in zip(fresh, places.tolist(), codes, strict=True):
        row[_EVENT_NO], row[_CODE] = f"{prefix}{place:04d}", str(code)
    return fresh
