"""All that the dictionary says of each indicator, read once from a release.

What belongs here: gathering and linking. What does not: words (languages) and looks (pages).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from pipelines.reports.catalogue import CatalogueEntry, has_table, read_catalogue, read_records
from pipelines.reports.documents import Document, read_documents
from pipelines.reports.figures import read_district
from pipelines.reports.formats import Cell, show_value
from pipelines.reports.legal_bases import LegalBasis, read_legal_bases
from pipelines.reports.periods import Period
from pipelines.reports.words import Words

LAST_YEARS, LAST_MONTHS = 3, 12
_WORD = re.compile(r"([a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class Version:
    """One version of a definition."""

    version: int
    valid_from: date | None
    change_zh: str
    change_en: str


@dataclass(frozen=True)
class Source:
    """One source table behind an indicator, and how far its data reaches."""

    source_table: str
    source_label: str
    data_through: date | None
    stale_from: date | None
    reason: str | None


Values = Sequence[tuple[Period, Cell]]


@dataclass(frozen=True)
class ComputationWords:
    """How it is computed, in Chinese; empty in a release that was made before the labels."""

    formula: str
    filter: str
    time: str
    breakdowns: str


@dataclass(frozen=True)
class Article:
    """One indicator."""

    entry: CatalogueEntry
    words: ComputationWords
    formula: Sequence[tuple[str, CatalogueEntry | None]]
    """The formula in pieces; one that names another indicator comes with its entry."""
    used_by: Sequence[CatalogueEntry]
    reported_as: CatalogueEntry | None
    reports: Sequence[CatalogueEntry]
    """The indicators that reports state under this one's definition."""
    legal_bases: Sequence[LegalBasis]
    versions: Sequence[Version]
    sources: Sequence[Source]
    years: Values
    months: Values
    documents: Sequence[tuple[int, Document]]
    """Of an external indicator, what states it, by year."""

    @property
    def parts(self) -> list[CatalogueEntry]:
        """The indicators that a ratio divides."""
        return [entry for _, entry in self.formula if entry is not None]


def read_articles(connection: duckdb.DuckDBPyConnection) -> list[Article]:
    """One article per indicator, in the order of the catalogue."""
    catalogue = read_catalogue(connection)
    formulas = {key: split_formula(entry, catalogue) for key, entry in catalogue.items()}
    used_by: dict[str, list[CatalogueEntry]] = {key: [] for key in catalogue}
    for key, formula in formulas.items():
        for part in {entry.indicator_id: entry for _, entry in formula if entry is not None}:
            used_by[part].append(catalogue[key])
    versions, sources = _read_versions(connection), _read_sources(connection)
    legal_bases = read_legal_bases(connection)
    values, documents = _read_values(connection), read_documents(connection)
    words = Words(connection)
    return [
        Article(
            entry=entry,
            words=ComputationWords(
                words.formula(entry, catalogue),
                words.filter(entry),
                words.time(entry),
                words.breakdowns(entry),
            ),
            formula=formulas[key],
            used_by=used_by[key],
            reported_as=catalogue.get(entry.reported_as),
            reports=[other for other in catalogue.values() if other.reported_as == key],
            legal_bases=legal_bases.get(key, []),
            versions=versions.get(key, []),
            sources=sources.get(key, []),
            years=_show(values.get((key, "year"), [])[-LAST_YEARS:], entry),
            months=_show(values.get((key, "month"), [])[-LAST_MONTHS:], entry),
            documents=[(year, said) for (name, year), said in documents.items() if name == key],
        )
        for key, entry in catalogue.items()
    ]


def split_formula(
    entry: CatalogueEntry, catalogue: Mapping[str, CatalogueEntry]
) -> list[tuple[str, CatalogueEntry | None]]:
    """The formula in pieces, so that a ratio can be linked to what it divides.

    In other formulas names are columns of the ledger, even where an indicator is called the same.
    """
    if entry.kind != "ratio":
        return [(entry.formula, None)]
    pieces = [piece for piece in _WORD.split(entry.formula) if piece]
    return [(piece, catalogue.get(piece)) for piece in pieces]


def _read_versions(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Version]]:
    if not has_table(connection, "indicator_versions"):
        return {}
    versions: dict[str, list[Version]] = {}
    for said in read_records(
        connection, "from indicator_versions order by indicator_id, version desc"
    ):
        versions.setdefault(said.pop("indicator_id"), []).append(Version(**said))
    return versions


def _read_sources(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Source]]:
    if not has_table(connection, "indicator_sources"):
        return {}
    sources: dict[str, list[Source]] = {}
    for said in read_records(
        connection,
        "select i.indicator_id, source_table, coalesce(s.source_label, source_table)"
        " as source_label, s.data_through, s.stale_from, s.reason"
        " from indicator_sources as i left join extract_states as s using (source_table)"
        " order by all",
    ):
        sources.setdefault(said.pop("indicator_id"), []).append(Source(**said))
    return sources


def _read_values(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], list[tuple[Period, Decimal | None, str]]]:
    """The district's values by indicator and grain, in the order of periods."""
    values: dict[tuple[str, str], list[tuple[Period, Decimal | None, str]]] = {}
    for (indicator_id, period), (value, status) in read_district(connection).items():
        values.setdefault((indicator_id, period.grain), []).append((period, value, status))
    return values


def _show(
    values: Sequence[tuple[Period, Decimal | None, str]], entry: CatalogueEntry
) -> list[tuple[Period, Cell]]:
    return [(period, show_value(value, status, entry.scale)) for period, value, status in values]
