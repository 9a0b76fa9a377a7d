"""A small bureau for these tests: a warehouse in a temporary folder, contracts, files and rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from pipelines.layout import Layout
from pipelines.settings import Settings
from pipelines.sources.columns import HAN
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract, list_extracts
from pipelines.sources.landing import LandingReport, land_table
from pipelines.sources.retries import Retry

NIGHT = date(2025, 1, 15)
HASTY = Retry(attempts=2, first_wait=0.01, longest_wait=0.01)


def columns(**types: str | dict[str, Any]) -> list[dict[str, Any]]:
    """Columns from `name="date"` or `name={"data_type": …, "required": True}`."""
    return [
        {"name": name, **({"data_type": said} if isinstance(said, str) else said)}
        for name, said in types.items()
    ]


PEOPLE = columns(
    编号={"data_type": "text", "required": True},
    姓名={"data_type": "text", "sensitivity": "personal"},
    日期={"data_type": "date", "formats": ["%Y-%m-%d"]},
    金额="decimal",
)


def contract(
    dialect: dict[str, Any],
    *,
    delivery: str = "period",
    fields: Sequence[dict[str, Any]] = PEOPLE,
    key: Sequence[str] = ("编号",),
    source: str = "people",
    max_age_days: int = 45,
) -> SourceTable:
    """A contract with the least that it must say; columns without a Chinese name are numbered."""
    numbered = [
        field if HAN.search(field["name"]) else {"label": f"第{place}列", **field}
        for place, field in enumerate(fields, start=1)
    ]
    return SourceTable.model_validate(
        {
            "source": source,
            "name": "events",
            "label": "人员",
            "description": "",
            "steward": "registration",
            "contract_version": 1,
            "delivery": delivery,
            "max_age_days": max_age_days,
            "key": list(key),
            "dialect": dialect,
            "columns": numbered,
        }
    )


def csv_contract(**overrides: Any) -> SourceTable:
    """A monthly CSV in GB18030."""
    dialect = {
        "connector": "csv",
        "location": "people/人员_{period}.csv",
        "encoding": "gb18030",
        "nulls": ["", "N/A", "-"],
        **overrides.pop("dialect", {}),
    }
    return contract(dialect, **overrides)


def csv_text(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Rows as CSV; the header is that of PEOPLE unless given."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header or [column["name"] for column in PEOPLE])
    writer.writerows(rows)
    return stream.getvalue()


@dataclass
class Bureau:
    """One installation below a temporary folder."""

    root: Path
    connections: dict[str, str] = field(default_factory=dict)
    memory_limit: ClassVar[str] = "1GB"
    max_visit: str = "10m"

    @property
    def settings(self) -> Settings:
        """Its settings; nothing comes from the environment."""
        return Settings(
            project=self.root,
            warehouse=self.root / "warehouse",
            sources=self.root / "sources",
            connections=self.connections,
            memory_limit=self.memory_limit,
            max_visit=self.max_visit,
        )

    @property
    def layout(self) -> Layout:
        """Its paths."""
        return Layout.of(self.settings)

    def drop(self, name: str, content: str | bytes, encoding: str = "gb18030") -> Path:
        """Write a file below the sources folder."""
        path = self.layout.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def land(self, table: SourceTable, night: date = NIGHT, **options: Any) -> LandingReport:
        """Land a table as a night does, on the evening of its business date unless given."""
        options = {"look_interval": 0.01, "retry": HASTY, "day": night, **options}
        return land_table(
            table, layout=self.layout, settings=self.settings, business_date=night, **options
        )

    def extracts(self, table: SourceTable) -> list[Extract]:
        """All that has landed of a table."""
        return list_extracts(self.layout, table.id)


def landed_rows(extract: Extract) -> list[tuple[Any, ...]]:
    """All landed rows, in their order; without their lines, which few have."""
    with duckdb.connect() as session:
        return session.execute(
            f"select columns(name -> name <> '_line_number') from read_parquet('"
            f"{extract.data_path}') order by _row_number"
        ).fetchall()


def lines_of(path: Path) -> list[tuple[int, int]]:
    """(row number, line of the file) of landed or rejected rows."""
    with duckdb.connect() as session:
        return session.execute(
            f"select distinct _row_number, _line_number from read_parquet('{path}') order by all"
        ).fetchall()


def rejected_rows(extract: Extract) -> list[tuple[Any, ...]]:
    """(row number, rule id) of every rejected row."""
    with duckdb.connect() as session:
        return session.execute(
            f"select _row_number, rule_id from read_parquet('{extract.rejected_path}') order by all"
        ).fetchall()
