"""The documents that state what no record of ours could give: ranks and bounds of other bodies.

What belongs here: reading them from a release. What does not: the figures themselves (figures).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.reports.catalogue import EXTERNAL_LEDGER, has_table


@dataclass(frozen=True)
class Document:
    """Where a figure of one year stands."""

    title: str
    issued_by: str
    published_on: date

    @property
    def citation(self) -> str:
        """The document as a Chinese reader cites it."""
        return f"《{self.title}》（{self.issued_by}，{self.published_on.isoformat()}）"


Documents = dict[tuple[str, int], Document]
"""By indicator and year."""


def read_documents(connection: duckdb.DuckDBPyConnection) -> Documents:
    """The document behind each external figure of a release; of a year the one that holds."""
    if not has_table(connection, EXTERNAL_LEDGER):
        return {}
    rows = connection.execute(
        "select figure_name, year(period_end_on), document_title, issued_by, published_on"
        f" from {EXTERNAL_LEDGER} where is_last_of_year order by all"
    ).fetchall()
    return {(name, year): Document(*said) for name, year, *said in rows}
