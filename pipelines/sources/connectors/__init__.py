"""One connector per kind of system, never per source."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.sources.connectors.database import DatabaseConnector
from pipelines.sources.connectors.delimited import DelimitedConnector
from pipelines.sources.connectors.excel import WorkbookConnector
from pipelines.sources.connectors.interface import Connector
from pipelines.sources.connectors.json_lines import JsonLinesConnector

CONNECTORS: Mapping[str, Connector] = {
    "csv": DelimitedConnector(),
    "excel": WorkbookConnector(),
    "jsonl": JsonLinesConnector(),
    "sql": DatabaseConnector(),
}
"""Connector by the `dialect.connector` of a contract."""
