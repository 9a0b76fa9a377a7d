"""The net under one source: errors that nobody foresaw, told by their class and place.

What belongs here: the sentence for the steward, and the fingerprint of the code that failed. What
does not: which errors end up here (landing). Not a word of the error itself is quoted, unless it is
ours: a parser's message shows the cell that it stumbled over.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.error_places import error_place
from pipelines.hashing import hash_bytes
from pipelines.sources.contracts import SourceTable

UNFORESEEN = "unforeseen"
_PARSERS = ("duckdb", "pyarrow", "python-calamine")


def unforeseen_delivery(table: SourceTable, error: Exception) -> str:
    """What the steward reads of a delivery that could not be read for a reason of our own."""
    return (
        f"{table.label}：读取这份交付时出现未预料的错误（{error_place(error)}），整批未采用，"
        "其他数据不受影响。请检查文件能否正常打开，重新导出后再报送；仍出现时请把括号中的内容告诉维护人员。"
    )


def unforeseen_visit(table: SourceTable, error: Exception) -> str:
    """What the steward reads of a source that could not be visited for a reason of our own."""
    return (
        f"{table.label}：查找新交付时出现未预料的错误（{error_place(error)}），今晚未取数，"
        "沿用上次的数据，其他数据不受影响。请把括号中的内容告诉维护人员。"
    )


@cache
def reading_code() -> str:
    """SHA-256 over the code that reads deliveries and the versions of its parsers.

    What was refused is read again when either changes: the fault may have been ours.
    """
    parsers = (f"{name} {version(name)}\0".encode() for name in _PARSERS)
    code = (path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py")))
    return hash_bytes([sys.version.encode(), *parsers, *code])
