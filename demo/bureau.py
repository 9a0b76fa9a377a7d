"""The demo bureau: writes all systems' extracts at once and says what they hold.

This module orders the steps. What the records are stands in the recipes.
"""

from __future__ import annotations

import math
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from demo.claim import claim, finish
from demo.deliveries import DELIVERED, deliveries_of
from demo.delivery import deliver
from demo.recipes import RECIPES
from demo.scene import Scene
from demo.totals import read_totals
from demo.working_days import ANNOUNCED, LAST_DELIVERY
from pipelines.clock import zone
from pipelines.errors import UsageError
from pipelines.sources.connectors.file_drops import period_span
from pipelines.sources.synthetic import DemoMarker

DEFAULT_SEED = 20240
DEFAULT_START = date(2023, 1, 1)
DEFAULT_END = date(2025, 1, 15)
_SMALLEST, _LARGEST = 0.02, 20.0
_STAGING = ".demo-writing"
_EVENING = time(22)


@dataclass(frozen=True)
class DemoSummary:
    """What was delivered."""

    sources: Path
    marker: DemoMarker
    rows: dict[str, int]
    """Delivered rows by source table, broken and duplicate ones included."""
    mistakes: dict[str, int]
    """How often each mistake of a sender occurs, by `<source table>: <what>`."""


def write_demo(
    sources: Path,
    *,
    seed: int = DEFAULT_SEED,
    scale: float = 1.0,
    start: date = DEFAULT_START,
    end: date = DEFAULT_END,
    totals: Path | None = None,
) -> DemoSummary:
    """Write the demo bureau's extracts below `sources`; equal arguments give equal files.

    `totals` is a CSV of published facts (`indicator_id`, `published`, `unit`) of the year 2024 that
    the records shall add up to; at scale 1 they do exactly. Counts and amounts scale with `scale`.

    Raises:
        SettingsError: when `sources` holds what the demo did not write, or an argument or a total
            is unusable.
    """
    _check_range(scale, start, end)
    scene = Scene.of(seed, read_totals(totals, Decimal(str(scale))), start, end)
    found: Counter[str] = Counter()
    files = deliveries_of(scene, found)
    earlier = claim(sources, list(files))
    staging = sources / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    for name, deliveries in files.items():
        deliver(staging / name, deliveries)
        _date_file(staging / name, end)
    _move_into_place(staging, sources, list(files), earlier)
    marker = DemoMarker(seed, scale, start, end, tuple(files))
    finish(sources, marker)
    delivered = {table: found.pop(f"{table}: {DELIVERED}", 0) for table in RECIPES}
    return DemoSummary(sources, marker, delivered, dict(sorted(found.items())))


def _check_range(scale: float, start: date, end: date) -> None:
    """Refuse what cannot be imagined.

    Raises:
        UsageError: saying which argument, and what it may be.
    """
    if not (math.isfinite(scale) and _SMALLEST <= scale <= _LARGEST):
        raise UsageError(
            f"demo, scale: expected {_SMALLEST} to {_LARGEST:g}, got {scale!r}. Choose one within."
        )
    if start.day != 1 or start.year <= ANNOUNCED[0]:
        raise UsageError(
            f"demo, from: expected the first day of a month since {ANNOUNCED[0] + 1}, "
            f"got {start}. Choose one."
        )
    if not start <= end <= LAST_DELIVERY:
        raise UsageError(
            f"demo, to: expected a day from {start} to {LAST_DELIVERY} (working days are announced "
            f"until then), got {end}. Choose one within."
        )


def _date_file(path: Path, end: date) -> None:
    """Date a file as its system would have written it: in the evening of its last day.

    A file for a month is written when the month is over, or on the last day of the demo.
    """
    span = period_span(path.stem.rpartition("_")[2])
    day = min(span[1], end) if span else end
    written_at = datetime.combine(day, _EVENING, zone()).timestamp()
    os.utime(path, (written_at, written_at))


def _move_into_place(staging: Path, sources: Path, files: list[str], earlier: set[str]) -> None:
    """Rename every new file over the old one, and remove what only the earlier demo had."""
    for name in files:
        target = sources / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # A journal that belongs to the old database must not be replayed into the new one.
        for suffix in ("-journal", "-wal", "-shm") if name.endswith((".db", ".sqlite")) else ():
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        (staging / name).replace(target)
    for name in earlier - set(files):
        (sources / name).unlink(missing_ok=True)
    shutil.rmtree(staging)
