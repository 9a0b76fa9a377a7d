"""Files that others drop for us: which are deliveries, and which are still being written.

What belongs here: names, periods, the two looks, the hash. What does not: what a file says. A file
is known by (modification time, name, hash) and never by our clock, so that none is passed over.
"""

from __future__ import annotations

import calendar
import errno
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipelines.clock import day_of_stamp
from pipelines.errors import ExtractHeldError
from pipelines.hashing import RunningHash, hash_bytes
from pipelines.sources import hanging_files
from pipelines.sources.connectors.interface import (
    Candidate,
    Discovery,
    FileChangedError,
    FirstLooks,
    RefusedFile,
    Visit,
)
from pipelines.sources.contracts import SourceTable
from pipelines.sources.hanging_files import answer_within
from pipelines.sources.sessions import require_room

_PERIOD = "{period}"
_PIECE = 1 << 22
_DIGITS = r"([0-9]{8}|[0-9]{6}|[0-9]{4})"


class _Look(NamedTuple):
    modified_ns: int
    size: int


class _Drop(NamedTuple):
    path: Path
    origin: str
    period: str | None
    is_file: bool


def period_span(period: str) -> tuple[date, date] | None:
    """First and last day of YYYYMMDD, YYYYMM or YYYY; None when there is no such day or month."""
    try:
        year = int(period[:4])
        if len(period) == len("YYYY"):
            return date(year, 1, 1), date(year, 12, 31)
        month = int(period[4:6])
        if len(period) == len("YYYYMM"):
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        day = date(year, month, int(period[6:]))
    except ValueError:  # calendar's IllegalMonthError is one, too
        return None
    return day, day


def discover_files(table: SourceTable, visit: Visit) -> Discovery:
    """Find the files at the contract's location whose periods have begun.

    A night for a past day takes later deliveries as well: they say what happened by that day, too.
    A full delivery is the newest file alone. A file never seen before is taken when two looks agree
    on its size and time, or when `<name>.done` lies beside it.
    """
    drops = answer_within(
        min(hanging_files.LOOK_SECONDS, visit.seconds_left),
        lambda: list(_matching_files(table.dialect.location, visit.sources)),
        f"{table.id} in {table.dialect.location}",
    )
    refused = [_misnamed(table, d) for d in drops if d.period and not period_span(d.period)]
    due = [drop for drop in drops if _starts_by(drop.period, visit.today)]
    if table.delivery == "full":
        due = sorted(due, key=lambda drop: (drop.period or "", drop.origin))[-1:]
    refused += [_no_file(table, drop) for drop in due if not drop.is_file]
    settled, waiting = _settled([drop for drop in due if drop.is_file], visit)
    candidates = []
    for drop, look in settled:
        try:
            if (drop.origin, *look) not in visit.known_files:
                require_room(table, look.size, visit.memory_limit, visit.workspace)
            candidates.append(_candidate(table, drop, look, visit))
        except ExtractHeldError as refusal:
            slot = _slot(table, drop)
            refused.append(RefusedFile(drop.origin, slot, refusal.reason, str(refusal)))
        except FileChangedError:
            waiting.append(drop.origin)
        except OSError:
            refused.append(_forbidden(table, drop))
    candidates.sort(key=lambda c: (c.covers_from or date.min, c.modified_ns, c.origin))
    return Discovery(tuple(candidates), tuple(waiting), tuple(refused))


def look_at_drops(tables: Iterable[SourceTable], sources: Path) -> FirstLooks:
    """Take the first look at every file that the given tables could be delivered in."""
    taken_at = time.monotonic()
    locations = {t.dialect.location for t in tables if t.dialect.connector != "sql"}
    drops = [drop for location in locations for drop in _matching_files(location, sources)]
    looks = {drop.origin: _look(drop.path) for drop in drops}
    return FirstLooks(taken_at, {origin: look for origin, look in looks.items() if look})


def _misnamed(table: SourceTable, drop: _Drop) -> RefusedFile:
    return RefusedFile(
        drop.origin,
        drop.period or "",
        "misnamed",
        f"{table.label}：文件名中的日期 {drop.period} 不存在。请改正文件名。",
    )


def _no_file(table: SourceTable, drop: _Drop) -> RefusedFile:
    return RefusedFile(
        drop.origin,
        _slot(table, drop),
        "not_a_file",
        f"{table.label}：这个位置上不是普通文件（而是文件夹、管道、设备或失效的链接），未读取。"
        "请删除它，放入导出的文件。",
    )


def _forbidden(table: SourceTable, drop: _Drop) -> RefusedFile:
    return RefusedFile(
        drop.origin,
        _slot(table, drop),
        "unreadable",
        f"{table.label}：没有读取文件的权限，或磁盘出错。请检查文件的权限。",
    )


def read_settled(table: SourceTable, candidate: Candidate, visit: Visit) -> bytes:
    """The bytes of a file that is unfolded whole, exactly those that were hashed when found.

    Raises:
        ExtractHeldError: `too_large`.
        FileChangedError: they changed since.
    """
    require_room(table, candidate.size, visit.memory_limit, visit.workspace)
    return b"".join(settled_pieces(candidate, visit))


def settled_pieces(candidate: Candidate, visit: Visit) -> Iterator[bytes]:
    """The bytes of a file piece by piece, exactly those that were hashed when it was found.

    Raises:
        FileChangedError: they changed since; known when the last piece has been taken.
    """
    path = candidate.path
    if path is None:
        raise FileChangedError(candidate.origin)
    running = RunningHash()
    pieces = _pieces(path, candidate.size)
    while piece := answer_within(visit.seconds_left, lambda: next(pieces, b""), candidate.origin):
        running.add(piece)
        yield piece
    if running.digest != candidate.sha256:
        raise FileChangedError(candidate.origin)


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of a file that has so many; what lies there may have become a pipe meanwhile.

    Raises:
        FileChangedError: it has more, or fewer: one that grows without end is never read to it.
        OSError: it cannot be read, or is no file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        left = size
        while piece := stream.read(min(_PIECE, left)):
            left -= len(piece)
            yield piece
        if left or stream.read(1):
            raise FileChangedError(str(path))


def _matching_files(location: str, sources: Path) -> Iterator[_Drop]:
    """Whatever lies at a location; senders' temporary names never match."""
    folder, name = (sources / location).parent, Path(location).name
    before, placeholder, after = name.partition(_PERIOD)
    pattern = re.compile(re.escape(before) + (_DIGITS if placeholder else "") + re.escape(after))
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        matched = pattern.fullmatch(path.name)
        if matched and not _is_temporary(path.name):
            origin = path.relative_to(sources).as_posix()
            yield _Drop(path, origin, matched[1] if placeholder else None, path.is_file())


def _is_temporary(name: str) -> bool:
    return name.startswith((".", "~$")) or name.endswith((".tmp", ".part", ".done"))


def _starts_by(period: str | None, day: date) -> bool:
    if period is None:
        return True
    span = period_span(period)
    return span is not None and span[0] <= day


def _look(path: Path) -> _Look | None:
    try:
        state = path.stat()
    except FileNotFoundError:  # renamed or withdrawn by its sender meanwhile
        return None
    return _Look(state.st_mtime_ns, state.st_size)


def _settled(drops: list[_Drop], visit: Visit) -> tuple[list[tuple[_Drop, _Look]], list[str]]:
    first = {drop: _look(drop.path) for drop in drops}
    doubtful = {drop for drop, look in first.items() if look and not _is_sure(drop, look, visit)}
    if doubtful:
        time.sleep(_time_left({drop: first[drop] for drop in doubtful}, visit))
    settled, waiting = [], []
    for drop, look in first.items():
        if look and (drop not in doubtful or _look(drop.path) == look):
            settled.append((drop, look))
        else:
            waiting.append(drop.origin)
    return settled, waiting


def _time_left(looks: Mapping[_Drop, _Look | None], visit: Visit) -> float:
    """Seconds until the second look; less when these files looked the same before."""
    before = visit.first_looks
    if before is None or any(before.files.get(drop.origin) != looks[drop] for drop in looks):
        return visit.look_interval
    return max(0.0, before.taken_at + visit.look_interval - time.monotonic())


def _is_sure(drop: _Drop, look: _Look, visit: Visit) -> bool:
    marker = drop.path.with_name(drop.path.name + ".done")
    return (drop.origin, look.modified_ns, look.size) in visit.known_files or marker.exists()


def _candidate(table: SourceTable, drop: _Drop, look: _Look, visit: Visit) -> Candidate:
    span = period_span(drop.period) if drop.period else None
    return Candidate(
        slot=_slot(table, drop),
        origin=drop.origin,
        covers_from=span[0] if table.delivery == "period" and span else None,
        data_through=min(_speaks_through(span, look), visit.last_full_day),
        path=drop.path,
        modified_ns=look.modified_ns,
        size=look.size,
        sha256=hash_bytes(_pieces(drop.path, look.size)),
    )


def _slot(table: SourceTable, drop: _Drop) -> str:
    return drop.period if table.delivery == "period" and drop.period else "all"


def _speaks_through(span: tuple[date, date] | None, look: _Look) -> date:
    """The last day that a file speaks for.

    The end of its period, or the day on which it was written where that lies within: a file for
    January that was written on the 15th says nothing of the 16th. Without a date in its name, it
    says what was known when it was written.
    """
    written_on = day_of_stamp(look.modified_ns)
    if span is None or span[0] <= written_on <= span[1]:
        return written_on
    return span[1]
