"""What goes wrong in lists kept by hand: a row entered twice, a row that must be quarantined.

Mistakes are read off a contract, so a list needs no word about them. A broken row is extra, under a
key of its own: it stands for nothing that happened and counts in no figure. What does not belong
here: the registry's flaws (demo/flaws) and databases, which keep such rows out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from demo.identities import break_check_character
from demo.spelling import STREET, Row, Value, Verbatim, ledger_name
from demo.totals import CALIBRATED_YEAR
from demo.vocabulary import UNKNOWN_STREETS
from pipelines.sources.contracts import SourceTable

_TEMPLATES, _REPEATED = (1, 3), 2
"""Rows that mistakes are copies of, counted from the first of the calibrated year: there a mistake
that passes would show in a figure, and a later end moves none of them."""
_AHEAD = 20  # years: 2024 with its last digits turned round is 2042

_Break = Callable[[SourceTable, Row], dict[str, Value]]


@dataclass(frozen=True)
class Mistaken:
    """Rows as they are delivered, cells not yet spelled."""

    rows: list[Row]
    repeated: int | None
    """Place of the row that is entered a second time, or None."""
    found: Counter[str]


def with_mistakes(table: SourceTable, rows: Sequence[Row], turn: int) -> Mistaken:
    """The rows with two broken ones among them; `turn` chooses the kinds."""
    mixed, found = list(rows), Counter[str]()
    places = _places_of_calibrated_year(table, rows)
    if len(places) <= max(_TEMPLATES):
        return Mistaken(mixed, None, found)
    kinds = [kind for kind, broken in _KINDS.items() if broken(table, rows[places[1]])]
    chosen = dict.fromkeys(kinds[(turn + step) % len(kinds)] for step in (0, 2))
    templates = [places[template] for template in _TEMPLATES]
    for order, (place, kind) in enumerate(zip(templates, chosen, strict=False), start=1):
        row = rows[place]
        broken_cells = {**_fresh_key(table, row, order), **_KINDS[kind](table, row)}
        mixed.insert(place, {**row, **broken_cells})
        found[f"{table.id}: broken rows, {kind}"] += 1
    return Mistaken(mixed, places[_REPEATED], found)


def _places_of_calibrated_year(table: SourceTable, rows: Sequence[Row]) -> list[int]:
    """Places of the rows of that year, by their first day; all places when there are few."""
    named = next(ledger_name(c) for c in table.columns if c.data_type == "date")
    days = [row.get(named) for row in rows]
    places = [
        place
        for place, day in enumerate(days)
        if isinstance(day, date) and day.year == CALIBRATED_YEAR
    ]
    return places if len(places) > max(_TEMPLATES) else list(range(len(rows)))


def _fresh_key(table: SourceTable, row: Row, place: int) -> dict[str, Value]:
    """A key that no other row has; a credit code loses its check character."""
    names = [
        ledger_name(column)
        for column in table.columns
        if column.name in table.key and column.data_type == "text" and not column.words
    ]
    name = names[0]
    value = str(row[name])
    is_code = len(value) == 18 and value.isascii()
    return {name: break_check_character(value) if is_code else f"{value}补{place}"}


def _unknown_word(table: SourceTable, _: Row) -> dict[str, Value]:
    coded = [c for c in table.columns if c.words and c.required]
    return {ledger_name(coded[0]): Verbatim("待核实")} if coded else {}


def _end_before_start(table: SourceTable, row: Row) -> dict[str, Value]:
    starts = {column.name: ledger_name(column) for column in table.columns}
    for column in table.columns:
        start = row.get(starts[column.not_before]) if column.not_before else None
        if isinstance(start, date):
            return {ledger_name(column): start - timedelta(days=31)}
    return {}


def _unknown_street(table: SourceTable, _: Row) -> dict[str, Value]:
    has_street = any(column.as_ == STREET for column in table.columns)
    return {STREET: Verbatim(UNKNOWN_STREETS[0])} if has_street else {}


def _day_to_come(table: SourceTable, row: Row) -> dict[str, Value]:
    for column in table.columns:
        day = row.get(ledger_name(column))
        if isinstance(day, date) and not column.may_lie_ahead:
            return {ledger_name(column): day.replace(year=day.year + _AHEAD)}
    return {}


def _no_such_day(table: SourceTable, row: Row) -> dict[str, Value]:
    for column in table.columns:
        day = row.get(ledger_name(column))
        if isinstance(day, date):
            return {ledger_name(column): Verbatim(f"{day.year}-02-30")}
    return {}


_KINDS: dict[str, _Break] = {
    "unknown word": _unknown_word,
    "day to come": _day_to_come,
    "end before start": _end_before_start,
    "no such day": _no_such_day,
    "unknown street": _unknown_street,
}
