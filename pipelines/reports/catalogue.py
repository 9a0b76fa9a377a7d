"""What a release's catalogue says of each indicator: all that was declared beside its metric.

What belongs here: reading it, also from a release that was made before a column was added. What
does not: figures (figures).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pipelines.reports.formats import Scale, choose_scale

if TYPE_CHECKING:
    import duckdb

EXTERNAL_LEDGER = "external_figures"
"""The ledger of figures that a document states and that no record of ours could give."""

KINDS = ("stock", "count", "sum", "ratio", "median", "percentile")
"""Totals, then what is derived from them; other kinds follow."""


@dataclass(frozen=True)
class CatalogueEntry:
    """One indicator. A text is empty where nothing was declared."""

    indicator_id: str
    label_zh: str
    label_en: str
    unit: str
    unit_label: str
    display_scale: str
    kind: str
    is_main: bool
    owner: str
    owner_name: str
    definition: str
    definition_en: str
    ambiguity: str
    ambiguity_en: str
    reported_as: str
    """The id of the indicator that reports state under this one's name; mostly empty."""
    version: int
    ledger: str
    ledger_label: str
    formula: str
    filter: str
    time_column: str
    breakdowns: str
    """Dimensions, separated by commas."""

    @property
    def scale(self) -> Scale:
        """How its values are shown."""
        return choose_scale(self.display_scale, self.unit_label, self.kind)

    @property
    def is_external(self) -> bool:
        """Whether its values come from a document, and none was computed."""
        return self.ledger == EXTERNAL_LEDGER


def read_catalogue(connection: duckdb.DuckDBPyConnection) -> dict[str, CatalogueEntry]:
    """The catalogue by id, in the order of the sections and of the annual report.

    Of what that does not name, totals come first and what is derived from them after.
    """
    records = read_records(
        connection,
        "select i.*, s.name_zh as owner_name, s.ordinal"
        " from indicators as i left join stewards as s using (owner)",
    )
    records.sort(key=_place)
    return {said["indicator_id"]: _read_entry(said) for said in records}


def read_records(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query, each by the names of its columns."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the release has a table; older ones lack those that were added since."""
    # Not bound: to bind a value, DuckDB imports pandas first, which takes longer than any question.
    return (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()


def _place(said: dict[str, Any]) -> tuple[Any, ...]:
    return (
        said["ordinal"] is None,
        said["ordinal"] or 0,
        said["owner"],
        # 999 is what the catalogue gives to those without a place in the annual report.
        said.get("sort_order", 999),
        said["ledger"],
        KINDS.index(said["kind"]) if said["kind"] in KINDS else len(KINDS),
        said["indicator_id"],
    )


def _read_entry(said: dict[str, Any]) -> CatalogueEntry:
    known: dict[str, Any] = {f.name: said.get(f.name) or "" for f in fields(CatalogueEntry)}
    known |= {"owner_name": said["owner_name"] or said["owner"], "is_main": bool(said["is_main"])}
    return CatalogueEntry(**known)
