"""What goes wrong in lists kept by hand: a row entered twice, a row that must be quarantined.

Mistakes are read off a contract, so a list needs no word about them. A broken row is extra, under a
key of its own: it stands for nothing that happened and counts in no figure. What does not belong
here: the registry's flaws (demo/flaws) and databases, which keep such rows out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from demo.identities import break_check_character
from demo.spelling import STREET, Cells, Row, Verbatim, ledger_name, spell
from demo.totals import CALIBRATED_YEAR
from demo.vocabulary import UNKNOWN_STREETS
from pipelines.sources.contracts import SourceTable

_TEMPLATES, _REPEATED = (1, 3), 2
"""Rows that mistakes are copies of, counted from the first of the calibrated year: there a mistake
that passes would show in a figure, and a later end moves none of them."""
_AHEAD = 20  # years: 2024 with its last digits turned round is 2042

_KINDS = ("unknown word", "day to come", "end before start", "no such day", "unknown street")


def with_mistakes(
    table: SourceTable, rows: Sequence[Row], turn: int, found: Counter[str]
) -> Iterator[Cells]:
    """The rows as delivered, two broken ones and a repeated one among them.

    `turn` chooses the kinds of mistake.
    """
    mixed = list(rows)
    places = _places_of_calibrated_year(table, rows)
    if len(places) <= max(_TEMPLATES):
        yield spell(table, mixed)
        return
    possible = _breaks(table, rows[places[1]])
    kinds = [kind for kind in _KINDS if kind in possible]
    chosen = dict.fromkeys(kinds[(turn + step) % len(kinds)] for step in (0, 2))
    for order, (template, kind) in enumerate(zip(_TEMPLATES, chosen, strict=False), start=1):
        row = rows[places[template]]
        broken = {**row, **_fresh_key(table, row, order), **_breaks(table, row)[kind]}
        mixed.insert(places[template], broken)
        found[f"{table.id}: broken rows, {kind}"] += 1
    cells = spell(table, mixed)
    cells.insert(places[_REPEATED] + 2, cells[places[_REPEATED]])
    found[f"{table.id}: duplicate rows"] += 1
    yield cells


def _places_of_calibrated_year(table: SourceTable, rows: Sequence[Row]) -> list[int]:
    """Places of the rows of that year, by their first day; all places when there are few."""
    named = next(ledger_name(c) for c in table.columns if c.data_type == "date")
    days = [row.get(named) for row in rows]
    places = [place for place, day in enumerate(days) if day and day.year == CALIBRATED_YEAR]
    return places if len(places) > max(_TEMPLATES) else list(range(len(rows)))


def _fresh_key(table: SourceTable, row: Row, place: int) -> Row:
    """A key that no other row has; a credit code loses its check character."""
    key = next(
        column
        for column in table.columns
        if column.name in table.key and column.data_type == "text" and not column.words
    )
    value = str(row[ledger_name(key)])
    is_code = len(value) == 18 and value.isascii()
    return {ledger_name(key): break_check_character(value) if is_code else f"{value}补{place}"}


def _breaks(table: SourceTable, row: Row) -> dict[str, Row]:
    """The cells that break the row, by kind, where it has a column for it; the first such one."""
    found: dict[str, Row] = {}
    names = {column.name: ledger_name(column) for column in table.columns}
    for column in reversed(table.columns):
        name = names[column.name]
        day, start = row.get(name), row.get(names.get(column.not_before or "", ""))
        if column.words and column.required:
            found["unknown word"] = {name: Verbatim("待核实")}
        if name == STREET:
            found["unknown street"] = {name: Verbatim(UNKNOWN_STREETS[0])}
        if isinstance(start, date):
            found["end before start"] = {name: start - timedelta(days=31)}
        if isinstance(day, date):
            found["no such day"] = {name: Verbatim(f"{day.year}-02-30")}
            if not column.may_lie_ahead:
                found["day to come"] = {name: day.replace(year=day.year + _AHEAD)}
    return found
