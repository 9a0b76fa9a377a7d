"""Landed extracts that are no longer what landed: set aside, remembered, and taken again.

What belongs here: `landing/<source>/<table>/_damaged/`: the folder of each, as it was found, and
`<extract_id>.json`, which says of what it was and whether another has taken its place. What does
not: finding the damage (extracts), taking the delivery again (landing). Nothing is ever deleted: a
person may restore what is here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from pipelines.durable import make_folder, move, reason_of, write_file
from pipelines.errors import StorageError
from pipelines.layout import Layout
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract, survey_table, table_folder
from pipelines.sources.refusals import HeldDelivery
from pipelines.sources.sealed import seal, unseal

DAMAGED = "landing_damaged"
_HOME = "_damaged"
_ID = re.compile(r"(?P<slot>.+)\.v(?P<version>\d+)\.[0-9a-f]{8}")


@dataclass(frozen=True)
class Damage:
    """One extract that was set aside."""

    extract_id: str
    slot: str
    version: int
    origin: str
    """What it was delivered as; empty when its manifest cannot be read."""
    sequence: int | None
    """Its place in the order of landing; None when its manifest cannot be read."""
    sha256: str
    """Of the delivered bytes; empty when its manifest cannot be read."""
    found: str
    """What is wrong, for people: the file and what it is not."""
    found_on: str
    """ISO day."""
    kept_at: str
    """Where it lies now, below the warehouse."""
    settled_on: str = ""
    """ISO day from which its rows stand in landing again; empty while they are missing."""
    settled_by: str = ""
    """The extract that took its place; empty when a newer one had it already."""

    @property
    def is_open(self) -> bool:
        """True while its rows are missing."""
        return not self.settled_on


def set_aside_damaged(layout: Layout, table_id: str, day: date) -> list[Damage]:
    """Move what is damaged out of the way, before anything reads it; only under the lease.

    Args:
        layout: Where landing lies.
        table_id: The source table.
        day: Today: the share of it is read again.

    Raises:
        StorageError: the disk does not let it be moved.
    """
    found = []
    for folder, extract, what in survey_table(layout, table_id, day).damaged:
        damage = _describe(layout, folder, extract, what, day)
        try:
            make_folder(folder.parent / _HOME)
            _write(folder.parent, damage)
            move(folder, layout.warehouse / damage.kept_at)
        except OSError as error:
            raise StorageError(
                f"{folder}: expected to set a damaged extract aside, got {reason_of(error)!r}. "
                "See that the disk is sound and may be written, and run the night again."
            ) from None
        found.append(damage)
    return found


def _describe(
    layout: Layout, folder: Path, extract: Extract | None, what: str, day: date
) -> Damage:
    named = _ID.fullmatch(folder.name)
    place = folder.parent / _HOME / folder.name
    number = 1
    while place.exists():
        number += 1
        place = place.with_name(f"{folder.name}.{number}")
    return Damage(
        extract_id=folder.name,
        slot=named["slot"] if named else folder.name,
        version=int(named["version"]) if named else 0,
        origin=extract.origin if extract else "",
        sequence=extract.sequence if extract else None,
        sha256=extract.sha256 if extract else "",
        found=what,
        found_on=day.isoformat(),
        kept_at=place.relative_to(layout.warehouse).as_posix(),
    )


def read_damages(layout: Layout, table_id: str) -> list[Damage]:
    """Everything that was ever set aside of a table; what cannot be read says nothing."""
    damages = []
    for path in sorted((table_folder(layout, table_id) / _HOME).glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            damages.append(Damage(**unseal(path.read_bytes())))
    return damages


def open_damages(layout: Layout, table_id: str) -> list[Damage]:
    """The damages of a table whose rows are missing in landing."""
    return [damage for damage in read_damages(layout, table_id) if damage.is_open]


def settle_damages(
    layout: Layout, table: SourceTable, extracts: Collection[Extract], day: date, *, is_all: bool
) -> list[Damage]:
    """Note which damages are over; returns those that are open and those that ended today.

    A period or a full delivery is whole again with a newer version of its slot, or when it was
    restored. An increment is, when its source has been asked for all since: what it did not give
    again, it no longer has.

    Args:
        layout: Where landing lies.
        table: The contract.
        extracts: What stands in landing now.
        day: Today.
        is_all: Whether the source was asked for everything and nothing of it was refused.
    """
    told = []
    for damage in read_damages(layout, table.id):
        if damage.is_open:
            newer = [e for e in extracts if e.slot == damage.slot and e.version >= damage.version]
            if table.delivery == "increment" and not is_all:
                newer = [e for e in newer if e.extract_id == damage.extract_id]
            is_given_again = table.delivery == "increment" and is_all
            # A folder that has no extract's name never stood behind a figure.
            if newer or is_given_again or not damage.version:
                by = newer[-1].extract_id if newer else ""
                damage = replace(damage, settled_on=day.isoformat(), settled_by=by)  # noqa: PLW2901
                _write(table_folder(layout, table.id), damage)
        if damage.is_open or damage.settled_on == day.isoformat():
            told.append(damage)
    return told


def _write(home: Path, damage: Damage) -> None:
    write_file(home / _HOME / f"{damage.extract_id}.json", seal(asdict(damage)))


def as_held(table: SourceTable, damages: Iterable[Damage]) -> list[HeldDelivery]:
    """The damages as landing tells of what it does not use."""
    return [
        HeldDelivery(table.id, d.origin, d.slot, DAMAGED, _message(table, d), d.found_on)
        for d in damages
    ]


def _message(table: SourceTable, damage: Damage) -> str:
    origin = f"，来自 {damage.origin}" if damage.origin else ""
    said = (
        f"{table.label}（{table.id}）已入库的一份数据（{damage.extract_id}{origin}）在磁盘上损坏："
        f"{damage.found}。已停用，原样移至 {damage.kept_at}"
    )
    if not damage.version:
        return f"{said}；它不是入库的数据，指标不受影响"
    if damage.is_open:
        return (
            f"{said}。来源目前不能重新提供，相关期间的指标在此之前标注“缺报”或“陈旧”："
            "请数据管理员按原文件名重新报送，或请运行人员从备份恢复该文件夹，并检查磁盘"
        )
    if damage.settled_by and damage.settled_by != damage.extract_id:
        return f"{said}；现用 {damage.settled_by} 代替，指标不受影响。请运行人员检查磁盘"
    return f"{said}；内容已恢复完整，指标不受影响。请运行人员检查磁盘"
