"""The state that a night keeps for itself, looked at before one begins, and rebuilt when damaged.

The operations store and Dagster's history are no record of figures: what is damaged is set aside
under a dated name, begun anew, and told with what is lost by it. What belongs here: that look, and
what can be rebuilt. What does not: landing and the releases, which are the record.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pipelines.durable import move, reason_of
from pipelines.errors import StorageError, StoreDamagedError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.orchestration.night_record import SENSELESS, begin_night, end_night
from pipelines.quality.alerts import STORE_REBUILT
from pipelines.quality.incidents import open_incident, settle_checks
from pipelines.quality.stewards import OPERATOR
from pipelines.quality.validation import CheckResult
from pipelines.quality.verdicts import Finding
from pipelines.releases.reading import damaged_releases, list_releases

SUBJECT = "operations"
HISTORY_BEGUN_ANEW = "dagster_history_begun_anew"
_HISTORY = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# What no program of ours writes: a page of zeros can leave a file that opens, with rows of nothing.
_SENSELESS = f"""
select count(*) from (
    select 1 from verdicts
    where verdict not in ('accepted', 'held') or not json_valid(findings)
        or rows_delivered <> rows_loaded + rows_quarantined + rows_duplicate
        or typeof(rows_delivered) <> 'integer' or extract_id not glob '*.v*.*'
    union all
    select 1 from incidents
    where severity not in ('warning', 'critical') or datetime(opened_at) is null
        or not json_valid(coalesce(first_rows, '[]'))
    union all
    select 1 from outbox where not json_valid(delivered) or date(business_date) is null
    union all
    {SENSELESS}
)
"""


def restore_store(layout: Layout) -> None:
    """Set a damaged operations store aside and begin a new one; only under the lease.

    Verdicts are not copied: every extract is judged anew. Nights come back from the releases.

    Raises:
        StorageError: it cannot be read or written for another reason: its rights, the disk, a
            newer version of Zhibiao.
    """
    if not (found := _damage_of_store(layout.operations)):
        return
    aside = _set_aside(
        [layout.operations.with_name(layout.operations.name + end) for end in ("", "-wal", "-shm")],
    )
    with open_operations(layout.operations) as operations:
        for release in list_releases(layout):
            night_id, made_at = f"rebuilt-{release.id}", release.manifest.created_at
            begin_night(operations, night_id, release.as_of, made_at)
            end_night(
                operations,
                night_id,
                "released",
                made_at,
                release_id=release.id,
                message="rebuilt from the manifest of the release",
            )
        _tell(
            operations,
            STORE_REBUILT,
            f"运行记录损坏（{found}），已原样移至 {aside}，并重新建立：各份数据今晚重新判定，"
            "历次夜间任务由已发布版本的清单恢复（未发布的不在其中）；未解决问题的首次发现日期、"
            "“已确认”标记和通知的已发送标记无法恢复，未解决的问题今晚按新问题重新通知一次。"
            "以前各晚的通知不会重发，当时未送出的通知也不再送出。请检查磁盘",
        )


def restore_history(layout: Layout) -> None:
    """Set Dagster's home aside when its history is damaged; only under the lease, and before it.

    Raises:
        StorageError: it cannot be moved.
    """
    damaged = [name for name in _HISTORY if _damage_of(layout.dagster_home / name)]
    if not damaged:
        return
    aside = _set_aside([layout.dagster_home])
    with open_operations(layout.operations) as operations:
        _tell(
            operations,
            HISTORY_BEGUN_ANEW,
            f"Dagster 的运行历史损坏（{'、'.join(damaged)}），已原样移至 {aside}，并重新开始记录；"
            "指标、入库数据和运行记录不受影响。make dev 如在运行，请重新启动。请检查磁盘",
        )


def look_at_releases(layout: Layout) -> None:
    """Open or close the operator's incident about releases whose manifest cannot be read."""
    damaged = damaged_releases(layout)
    said = (
        f"已发布版本的清单无法读取：{'、'.join(damaged)}。这些版本不再列出，也不会被自动清除；"
        "请从备份恢复，或移走"
    )
    found = CheckResult(
        "releases_can_be_read", "table", "critical", False, said, OPERATOR.key, None, 0.0
    )
    with open_operations(layout.operations) as operations:
        settle_checks(operations, "releases", [found] if damaged else [])


def close_repairs(operations: sqlite3.Connection) -> None:
    """What was rebuilt has been told: it is no open problem of the next night."""
    settle_checks(operations, SUBJECT, [])


def _tell(operations: sqlite3.Connection, rule_id: str, message: str) -> None:
    open_incident(operations, SUBJECT, Finding(rule_id, "warning", OPERATOR.key, message))


def _damage_of_store(path: Path) -> str:
    """What is wrong with the operations store; empty when it is sound or not there."""
    if not path.exists():
        return ""
    try:
        if found := _damage_of(path):
            return found
        with open_operations(path) as operations:
            ((senseless,),) = operations.execute(_SENSELESS).fetchall()
    except StoreDamagedError as error:
        return error.found
    return f"{senseless} rows that say nothing" if senseless else ""


def _damage_of(path: Path) -> str:
    """What SQLite finds wrong with the whole of a file; empty when it is sound or not there."""
    if path.is_dir():
        return "a folder in place of the file"
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            ((found,), *_) = connection.execute("pragma integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        if (error.sqlite_errorcode & 0xFF) not in _DAMAGED:
            return ""  # its rights or the disk: no damage, and told when it is used
        return str(error)
    return "" if found == "ok" else str(found).splitlines()[0]


def _set_aside(paths: list[Path]) -> str:
    """Rename what is there; the new name of the first."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        for path in paths:
            if path.exists():
                move(path, path.with_name(f"{path.name}.damaged-{stamp}"))
    except OSError as error:
        raise StorageError(
            f"{paths[0]}: expected to set it aside, for it is damaged, got {reason_of(error)!r}. "
            "Move it away, and run the night again; it is made anew."
        ) from None
    return f"{paths[0].name}.damaged-{stamp}"
