"""Personal values that the demo delivered: what must be found nowhere after landing."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from demo.deliveries import delivered_tables
from pipelines.sources.contracts import CsvDialect, SourceTable, SqlDialect
from tests.demo.delivered import DATABASE

_PER_SOURCE = 70
_NOTHING = ("", "N/A", "-")
_LISTED = {
    "activities__public_opinion": "内容摘要",
    "food_samples__test_results": "被抽样单位",
    "ccc_exemptions__applications": "contact_phone",
    "special_equipment__units": "unit_name",
    "special_equipment__role_holders": "person_id_number",
}
"""Personal columns of registers whose values name a person; names of firms are public elsewhere."""


def personal_samples(sources: Path) -> list[str]:
    """Some 280 names, telephone and identity numbers, addresses and texts that were delivered.

    Values of at least five characters, so that a search for one does not meet it by chance;
    without repetition.
    """
    found = [
        value
        for values in (
            _registered(sources),
            _complained(sources),
            _punished(sources),
            _listed(sources),
        )
        for value in islice((v for v in values if len(v) >= 5), _PER_SOURCE)
    ]
    return list(dict.fromkeys(found))


def _registered(sources: Path) -> Iterator[str]:
    newest = max((sources / "registrations").glob("registrations_*.csv"))
    with newest.open(encoding="gb18030", errors="replace", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["市场主体类别"] == "个体工商户":
                cells = (row["市场主体名称"], row["联系电话"], row["住所"])
                yield from (cell for cell in cells if cell not in _NOTHING)


def _complained(sources: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{sources / DATABASE}?mode=ro", uri=True)) as database:
        for row in database.execute(
            "select complainant_phone, complainant_id_number, content from items"
            " order by item_no desc"
        ):
            yield from (value for value in row if value is not None)


def _punished(sources: Path) -> Iterator[str]:
    newest = max((sources / "penalty_cases").glob("penalty_cases_*.jsonl"))
    with newest.open(encoding="utf-8") as lines:
        for line in lines:
            for party in json.loads(line)["parties"]:
                if party["kind"] != "企业":
                    yield from (party[key] for key in ("phone", "id_number"))


def _listed(sources: Path) -> Iterator[str]:
    """The newest values of each register in turn."""
    columns = [
        reversed(_column(sources, table, _LISTED[table.id]))
        for table in delivered_tables()
        if table.id in _LISTED
    ]
    yield from (value for row in zip(*columns, strict=False) for value in row)


def _column(sources: Path, table: SourceTable, column: str) -> list[str]:
    dialect = table.dialect
    if isinstance(dialect, SqlDialect):
        address = f"file:{sources / dialect.location}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            found = database.execute(f"select {column} from {dialect.relation} order by rowid")
            return [str(value) for (value,) in found]
    pattern = dialect.location.replace("{period}", "*")
    newest = max(sources.glob(pattern))
    with newest.open(encoding=table.dialect_as(CsvDialect).encoding, newline="") as lines:
        return [row[column] for row in csv.DictReader(lines)]
