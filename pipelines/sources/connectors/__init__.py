"""One connector per kind of system, never per source."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.sources.connectors.database import discover_relation, read_relation
from pipelines.sources.connectors.delimited import read_delimited
from pipelines.sources.connectors.excel import read_worksheet
from pipelines.sources.connectors.file_drops import discover_files
from pipelines.sources.connectors.interface import Connector
from pipelines.sources.connectors.json_lines import read_json_lines

CONNECTORS: Mapping[str, Connector] = {
    "csv": Connector(discover_files, read_delimited),
    "excel": Connector(discover_files, read_worksheet),
    "jsonl": Connector(discover_files, read_json_lines),
    "sql": Connector(discover_relation, read_relation),
}
"""Connector by the `dialect.connector` of a contract."""
