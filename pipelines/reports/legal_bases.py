"""What an indicator rests on: citations of law, standard or record, each with the days it held.

What belongs here: reading them from a release and writing them as a Chinese reader cites. What does
not: which indicator names which (declared beside its metric), and the table itself (a dbt seed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines.reports.catalogue import has_table, read_records
from pipelines.reports.periods import Period

if TYPE_CHECKING:
    import duckdb

MARKS = {"text": "已核对原文", "check": "待核对", "own": "无法定口径"}
"""How far a citation was confirmed, in words."""
NOTHING_HELD = "本期依据未录入"
FIELDS = (
    "basis_id, title, coalesce(number, '') as number, coalesce(article, '') as article, valid_from,"
    " valid_to, mark, coalesce(words, '') as words, coalesce(note, '') as note,"
    " coalesce(question, '') as question"
)
"""What a query takes from the table of citations to make a LegalBasis of each row."""


@dataclass(frozen=True)
class LegalBasis:
    """One citation during the days that it held; a text is empty where there is none."""

    basis_id: str
    title: str
    number: str
    article: str
    valid_from: date | None
    valid_to: date | None
    mark: str
    words: str
    note: str
    question: str = ""
    """What a lawyer still has to confirm."""

    @property
    def source(self) -> str:
        """The text of law with its number, or the record, without an article."""
        if self.mark not in ("text", "check"):
            return self.title
        return f"《{self.title}》" + (f"（{self.number}）" if self.number else "")

    @property
    def citation(self) -> str:
        """Source and article, and what is not confirmed about it."""
        return _write(self.source, [self.article], self.mark, "")

    def held_in(self, period: Period) -> bool:
        """Whether it held on a day of the period."""
        return (self.valid_from or date.min) <= period.end and (
            self.valid_to or date.max
        ) >= period.start


def read_legal_bases(connection: duckdb.DuckDBPyConnection) -> dict[str, list[LegalBasis]]:
    """By indicator, in the order of its declaration; the rows of one basis from old to new.

    A release that was made before citations were a table has one text an indicator, taken as it is.
    """
    if not has_table(connection, "legal_bases"):
        return _read_texts(connection)
    bases: dict[str, list[LegalBasis]] = {}
    for said in read_records(
        connection,
        f"select indicator_id, {FIELDS}"
        " from indicator_legal_bases inner join legal_bases using (basis_id)"
        " order by indicator_id, ordinal, valid_from",
    ):
        bases.setdefault(said.pop("indicator_id"), []).append(LegalBasis(**said))
    return bases


def _read_texts(connection: duckdb.DuckDBPyConnection) -> dict[str, list[LegalBasis]]:
    return {
        said["indicator_id"]: [
            LegalBasis("", said["legal_basis"], "", "", None, None, mark="", words="", note="")
        ]
        for said in read_records(connection, "from indicators")
        if said.get("legal_basis")
    }


def cite(bases: Sequence[LegalBasis], period: Period) -> str:
    """The citations that held in a period, articles of one text together.

    One that began or ended within it says so; where none held, that is said.
    """
    if not bases:
        return ""
    held = [basis for basis in bases if basis.held_in(period)]
    return _join(held, lambda basis: _span_within(basis, period)) or NOTHING_HELD


def cite_all(bases: Sequence[LegalBasis]) -> str:
    """All citations, whenever they held; one that holds no more says until when it did."""
    return _join(bases, lambda basis: say_span(None, basis.valid_to))


def _join(bases: Iterable[LegalBasis], span_of: Callable[[LegalBasis], str]) -> str:
    """Each text once for the same days, where it is cited first."""
    articles: dict[tuple[str, str, str], list[str]] = {}
    for basis in bases:
        articles.setdefault((basis.source, basis.mark, span_of(basis)), []).append(basis.article)
    return "；".join(
        _write(source, named, mark, span) for (source, mark, span), named in articles.items()
    )


def _write(source: str, articles: Iterable[str], mark: str, span: str) -> str:
    said = "，".join(filter(None, [span, MARKS[mark] if mark in ("check", "own") else ""]))
    where = "、".join(
        dict.fromkeys(part for named in articles for part in named.split("、") if part)
    )
    return source + where + (f"（{said}）" if said else "")


def _span_within(basis: LegalBasis, period: Period) -> str:
    """From and to which day it held, as far as these lie within the period."""
    begins = basis.valid_from if basis.valid_from and basis.valid_from > period.start else None
    ends = basis.valid_to if basis.valid_to and basis.valid_to < period.end else None
    return say_span(begins, ends)


def say_span(begins: date | None, ends: date | None) -> str:
    """The days from one to another, either of which may be open."""
    if begins and ends:
        return f"{say_day(begins)}至{say_day(ends)}"
    if begins:
        return f"{say_day(begins)}起"
    return f"至{say_day(ends)}" if ends else ""


def say_day(day: date) -> str:
    """A day as Chinese texts write it."""
    return f"{day.year}年{day.month}月{day.day}日"
