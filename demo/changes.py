"""What source systems do after a delivery: a month delivered anew, a database that moves on.

Both change a demo that `write_demo` wrote, and say what they changed. What does not belong here:
anything that the first delivery needs.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from demo.claim import finish
from demo.complaint_items import Items
from demo.complaint_lives import items_between
from demo.complaints import (
    COLUMNS,
    DATABASE,
    ComplaintTexts,
    chunks,
    insert_rows,
    item_numbers,
)
from demo.dice import Dice
from demo.entities import opening_stock
from demo.identities import credit_codes
from demo.registrations import COLUMNS as REGISTRATION_COLUMNS
from demo.registrations import ENCODING, encode, file_name
from demo.totals import read_totals
from demo.truth import Truth, complaints_truth
from demo.working_days import LAST_DELIVERY
from pipelines.errors import SettingsError
from pipelines.sources.synthetic import DemoMarker, read_marker

_EVENT_NO, _EVENT, _DAY, _CODE, _KIND, _CAPITAL, _SCOPE, _PERSON = 0, 1, 2, 3, 5, 8, 9, 10
_CHANGED_COLUMNS = (
    "accepted_at", "notified_at", "supplemented_at", "closed_at", "status", "is_extended",
    "updated_at",
)  # fmt: skip
_SECONDS_FROM = np.datetime64("1970-01-01T00:00:00", "s")


@dataclass(frozen=True)
class Redelivery:
    """A month delivered anew: event numbers of what changed, came and went."""

    path: Path
    changed: tuple[str, ...]
    added: tuple[str, ...]
    withdrawn: tuple[str, ...]
    new_market_entities: int
    """By how many the month's establishments (all of households) differ from before."""


@dataclass(frozen=True)
class Advance:
    """How far the complaint platform moved, and what its items count up to now."""

    inserted: int
    updated: int
    closed: tuple[str, ...]
    """Numbers of items that were delivered open before and are closed now."""
    truth: Truth


def _written_demo(sources: Path) -> DemoMarker:
    marker = read_marker(sources)
    if marker is None:
        raise SettingsError(
            f"sources {sources.name}: expected a demo, got a folder without its marker. "
            "Run `zhibiao demo` first."
        )
    return marker


def redeliver_registrations(
    sources: Path, period: int, *, changed: int = 3, added: int = 2, withdrawn: int = 0
) -> Redelivery:
    """Deliver one month (YYYYMM) anew in full, under the same name.

    `changed` rows get another capital, scope and person, `added` establishments of households
    come with the date of the month's last one, `withdrawn` establishments of households go. Each
    call adds to the ones before.

    Raises:
        SettingsError: when `sources` is no demo, or has not so many rows of that month.
    """
    _written_demo(sources)
    path = sources / file_name(period)
    if not path.exists():
        raise SettingsError(
            f"demo, period: expected a delivered month, got {period}. See {path.parent.name}/."
        )
    text = path.read_bytes().decode(ENCODING, errors="surrogateescape")
    header, *rows = (tuple(row) for row in csv.reader(io.StringIO(text, newline="")))
    good = _households_established(rows)
    if len(good) < max(changed + withdrawn, 1):
        raise SettingsError(
            f"demo, period {period}: expected {changed + withdrawn} establishments of households "
            f"to change or withdraw, got {len(good)}. Ask for fewer, or another month."
        )
    to_change, to_withdraw = good[:changed], good[len(good) - withdrawn :]
    fresh = _new_establishments(rows, rows[good[-1]], period, added)
    gone = [rows[place][_EVENT_NO] for place in to_withdraw]
    for place in to_change:
        rows[place] = _with_cells(
            rows[place],
            {_CAPITAL: "88万人民币", _SCOPE: rows[place][_SCOPE] + ",更正", _PERSON: "沈更正"},
        )
    changed_numbers = tuple(rows[place][_EVENT_NO] for place in to_change)
    rows = [row for place, row in enumerate(rows) if place not in set(to_withdraw)]
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_bytes(encode([header, *rows, *fresh]))
    aside.replace(path)
    return Redelivery(
        path=path,
        changed=changed_numbers,
        added=tuple(row[_EVENT_NO] for row in fresh),
        withdrawn=tuple(gone),
        new_market_entities=added - withdrawn,
    )


def _households_established(rows: list[tuple[str, ...]]) -> list[int]:
    """Places of good rows that establish a household and are delivered once."""
    seen: dict[str, int] = {}
    for row in rows:
        seen[row[_EVENT_NO]] = seen.get(row[_EVENT_NO], 0) + 1
    return [
        place
        for place, row in enumerate(rows)
        # Broken rows (their numbers end in 9 and four digits) keep what is wrong with them.
        if len(row) == len(REGISTRATION_COLUMNS)
        and row[_EVENT] == "设立"
        and row[_KIND] == "个体工商户"
        and row[_EVENT_NO][10] != "9"
        and seen[row[_EVENT_NO]] == 1
    ]


def _new_establishments(
    rows: list[tuple[str, ...]], template: tuple[str, ...], period: int, count: int
) -> list[tuple[str, ...]]:
    """Rows that were not in the month before, under numbers and codes of their own."""
    prefix = f"DJ{template[_DAY].replace('-', '')}8"
    taken = sum(row[_EVENT_NO].startswith(prefix) for row in rows)
    places = np.arange(taken, taken + count, dtype=np.int64)
    codes = credit_codes(
        500_000_000 + period * 100 + places,
        np.full(count, 2),
        np.full(count, 330108),
        np.full(count, True),
    )
    return [
        _with_cells(template, {_EVENT_NO: f"{prefix}{place:04d}", _CODE: code})
        for place, code in zip(places.tolist(), codes, strict=True)
    ]


def _with_cells(row: tuple[str, ...], cells: dict[int, str]) -> tuple[str, ...]:
    return tuple(cells.get(place, cell) for place, cell in enumerate(row))


def advance_complaints(sources: Path, to: date, *, totals: Path | None = None) -> Advance:
    """Let the complaint platform live on until the end of a day; the marker's last date follows.

    New items come, open ones are accepted, extended and closed, with a newer `updated_at`; whoever
    is due by then is closed. `totals` is the file that `write_demo` was given.

    Raises:
        SettingsError: when `sources` is no demo, or the day is not after its last date.
    """
    marker = _written_demo(sources)
    if not marker.end < to <= LAST_DELIVERY:
        raise SettingsError(
            f"demo, to: expected a day after {marker.end} and up to {LAST_DELIVERY}, got {to}. "
            "Choose a later one."
        )
    dice = Dice(marker.seed)
    scaled = read_totals(totals, Decimal(str(marker.scale)))
    stock = opening_stock(dice, scaled, marker.start)
    lives = items_between(dice, scaled, stock, marker.start, to)
    texts = ComplaintTexts(dice, stock.credit_codes(dice))
    with closing(sqlite3.connect(sources / DATABASE)) as database, database:
        known = dict(database.execute("select item_no, closed_at from items"))
        items = _keep_closures(lives.as_of(to), known)
        numbers = item_numbers(items)
        is_new = np.asarray([number not in known for number in numbers])
        was_open = np.asarray([known.get(number, "") is None for number in numbers])
        for chunk in chunks(items.take(np.flatnonzero(is_new))):
            insert_rows(database, texts.rows(chunk))
        updated, closed = 0, []
        for chunk in chunks(items.take(np.flatnonzero(was_open))):
            rows = [dict(zip(COLUMNS, row, strict=True)) for row in texts.rows(chunk)]
            updated += _update_rows(database, rows)
            closed += [str(row["item_no"]) for row in rows if row["closed_at"] is not None]
    finish(sources, replace(marker, end=to))
    return Advance(
        inserted=int(is_new.sum()),
        updated=updated,
        closed=tuple(closed),
        truth=complaints_truth(items, marker.start, to),
    )


def _keep_closures(items: Items, known: dict[str, str | None]) -> Items:
    """The items, those that the database has as closed keeping that instant."""
    delivered = [known.get(number) for number in item_numbers(items)]
    stated = np.asarray([text or "NaT" for text in delivered], dtype="datetime64[s]")
    seconds = (stated - _SECONDS_FROM).astype(np.int64)
    return replace(items, closed=np.where(np.isnat(stated), items.closed, seconds))


def _update_rows(database: sqlite3.Connection, rows: list[dict[str, str | int | None]]) -> int:
    """Bring open rows up to date; how many of them changed."""
    before = database.total_changes
    changes = ", ".join(f"{name} = ?" for name in _CHANGED_COLUMNS)
    database.executemany(
        f"update items set {changes} where item_no = ? and updated_at < ?",
        [
            (*(row[name] for name in _CHANGED_COLUMNS), row["item_no"], row["updated_at"])
            for row in rows
        ],
    )
    return database.total_changes - before
