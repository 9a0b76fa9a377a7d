"""The complaint platform's database: one SQLite table, as the contract names its columns.

What belongs here: the texts of an item and the table around them. What does not: what happens to
an item (complaint_lives).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo import vocabulary as words
from demo.complaint_items import (
    COMPLAINT,
    CONSULTATION,
    DAY,
    KIND_LABELS,
    NEVER,
    OUTCOME_LABELS,
    REPORT,
    Items,
)
from demo.dice import Dice, Integers
from demo.entities import NO_INDUSTRY
from demo.identities import Texts, identity_numbers, person_names, phone_numbers

DATABASE = "complaints/complaints.sqlite"
COLUMNS = {
    "item_no": "text primary key",
    "submission_no": "text not null",
    "item_kind": "text not null",
    "channel": "text",
    "received_at": "text not null",
    "accepted_at": "text",
    "notified_at": "text",
    "supplemented_at": "text",
    "closed_at": "text",
    "status": "text not null",
    "is_extended": "integer not null",
    "street_code": "text not null",
    "industry_code": "text",
    "respondent_uscc": "text",
    "complainant_name": "text",
    "complainant_phone": "text",
    "complainant_id_number": "text",
    "content": "text",
    "updated_at": "text not null",
}
_CHUNK = 20_000
_CHANNELS = ("互联网", "电话", "来人", "来函")
_CHANNEL_WEIGHTS = (71, 25, 2.5, 1.5)
_COMPLAINANTS = 40_000  # persons; some write hundreds of times

_INSERT = f"insert into items values ({', '.join('?' * len(COLUMNS))})"

Row = tuple[str | int | None, ...]


def item_numbers(items: Items) -> list[str]:
    """The item number of each item: a prefix by kind, the day of receipt, a running number."""
    prefixes = np.asarray(["TS", "JB", "ZX"], dtype=object)[items.kinds]
    days = _compact_days(items.received)
    running = (items.numbers % 100_000_000).tolist()
    return [f"{p}{d}{n:08d}" for p, d, n in zip(prefixes, days, running, strict=True)]


def instants(seconds: Integers) -> list[str | None]:
    """Instants as the platform writes them; nothing for what has not happened."""
    happened = seconds != NEVER
    texts = np.datetime_as_string(np.where(happened, seconds, 0).astype("datetime64[s]"))
    written: Texts = np.char.replace(texts, "T", " ").astype(object)
    written[~happened] = None
    return list(written)


def statuses(items: Items) -> list[str]:
    """The status of each item as far as its life is known."""
    waiting = (items.kinds == COMPLAINT) & (items.accepted == NEVER)
    open_now = np.where(waiting, "待受理", "处理中").astype(object)
    outcomes = np.asarray(OUTCOME_LABELS, dtype=object)[items.outcomes]
    return list(np.where(items.closed == NEVER, open_now, outcomes))


def _compact_days(seconds: Integers) -> list[str]:
    days = (seconds // DAY).astype("datetime64[D]").astype(str)
    return list(np.char.replace(days, "-", ""))


@dataclass(frozen=True)
class ComplaintTexts:
    """Makes rows of items on demand; `respondent_codes` by position of the respondent."""

    dice: Dice
    respondent_codes: Texts

    def rows(self, items: Items) -> list[Row]:
        """One tuple per item, in the order of `COLUMNS`."""
        day = _compact_days(items.received)
        submissions = [
            f"1330108{d}{n:08d}"
            for d, n in zip(day, (items.submissions % 100_000_000).tolist(), strict=True)
        ]
        writers = items.submissions
        persons = (self.dice.uniform("complainant", writers) ** 2 * _COMPLAINANTS).astype(np.int64)
        names = person_names(self.dice, persons + 500_000_000)
        phones = phone_numbers(self.dice, persons + 500_000_000)
        channels = np.asarray(_CHANNELS, dtype=object)
        codes = np.asarray([*[i.code for i in words.INDUSTRIES], None], dtype=object)
        known = np.asarray([*self.respondent_codes, None], dtype=object)
        columns = (
            item_numbers(items),
            submissions,
            np.asarray(KIND_LABELS, dtype=object)[items.kinds],
            channels[self.dice.choose("channel", writers, _CHANNEL_WEIGHTS)],
            instants(items.received),
            instants(items.accepted),
            instants(items.notified()),
            instants(items.supplemented),
            instants(items.closed),
            statuses(items),
            (items.extended != NEVER).astype(int).tolist(),
            np.asarray(words.STREET_CODES, dtype=object)[items.streets],
            codes[np.where(items.industries == NO_INDUSTRY, len(codes) - 1, items.industries)],
            known[np.where(items.respondents < 0, len(known) - 1, items.respondents)],
            self._unless("anonymous", writers, 0.04, names),
            phones,
            self._unless("identity", writers, 0.35,
                         identity_numbers(self.dice, persons + 500_000_000)),
            self._contents(items, names, phones),
            instants(items.updated()),
        )  # fmt: skip
        return list(zip(*columns, strict=True))

    def _unless(self, purpose: str, ids: Integers, share: float, values: Texts) -> Texts:
        """The values, with this share of them withheld."""
        given = values.copy()
        given[self.dice.uniform(purpose, ids) < share] = None
        return given

    def _contents(self, items: Items, names: Texts, phones: Texts) -> list[str]:
        grievances = np.asarray(words.GRIEVANCES, dtype=object)[
            self.dice.below("grievance", items.numbers, len(words.GRIEVANCES))
        ]
        questions = np.asarray(words.QUESTIONS, dtype=object)[
            self.dice.below("question", items.numbers, len(words.QUESTIONS))
        ]
        what = np.where(items.kinds == CONSULTATION, questions, grievances)
        wish = np.select(
            [items.kinds == COMPLAINT, items.kinds == REPORT],
            [", 要求退款并赔偿。", ", 请依法查处。"],
            "。",
        )
        # Line breaks and quotation marks, as people type them.
        joint = np.where(self.dice.uniform("line break", items.numbers) < 0.2, "。\n", ": ")
        return [
            f'{name}(联系电话{phone})反映{j}"{w}"{end}'
            for name, phone, j, w, end in zip(names, phones, joint, what, wish, strict=True)
        ]


def chunks(items: Items) -> Iterator[Items]:
    """The items in slices whose texts fit in a few dozen megabytes."""
    for start in range(0, len(items), _CHUNK):
        yield items.take(np.arange(start, min(start + _CHUNK, len(items))))


def write_database(path: Path, texts: ComplaintTexts, items: Items) -> None:
    """Create the database with the state of these items; `path` must not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        database.execute(f"create table items ({columns})")
        for chunk in chunks(items):
            insert_rows(database, texts.rows(chunk))
        database.execute("create index items_updated_at on items (updated_at)")
        database.commit()


def insert_rows(database: sqlite3.Connection, rows: list[Row]) -> None:
    """Add rows to the table."""
    database.executemany(_INSERT, rows)
