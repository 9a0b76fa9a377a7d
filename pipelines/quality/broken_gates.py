"""Broken gates: a check that raised an error instead of answering, told as two incidents.

The table's new extracts stay without a verdict, so that the next night tries again; what was
accepted before stays in use. A gate that answers closes both (`incidents.settle_extracts`). Belongs
here: what the operator and the steward are told. Does not: which errors end up here (the gates).
"""

from __future__ import annotations

import sqlite3

from pipelines.error_places import error_place
from pipelines.quality.incidents import open_incident
from pipelines.quality.stewards import OPERATOR
from pipelines.quality.verdicts import Finding
from pipelines.sources.contracts import SourceTable


def note_broken_gate(operations: sqlite3.Connection, table: SourceTable, error: Exception) -> str:
    """Open or refresh the incidents of a gate that raised; returns what the operator reads."""
    said = (
        f"{table.label}（{table.id}）的检查程序出错（{error_place(error)}），今晚的新报送未能判定、"
        "暂不采用，其他数据不受影响。请修正后重新运行，会自动补查"
    )
    open_incident(operations, table.id, Finding("gate_raised", "critical", OPERATOR.key, said))
    told = (
        "检查程序出错，今晚的新报送未能检查、暂不采用；已通知运行人员，修复后自动补查，无须重新报送"
    )
    finding = Finding("delivery_is_not_judged", "warning", table.steward, told)
    open_incident(operations, table.id, finding)
    return said
