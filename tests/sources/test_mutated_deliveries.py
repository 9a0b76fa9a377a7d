"""Damaged deliveries of every format: landed with every row accounted for, or held with a reason.

The damage is drawn from a fixed seed: bytes flipped, cut, inserted and doubled, for a workbook also
inside its members, so that the damage gets past the checksums of the zip.
"""

from __future__ import annotations

import io
import json
import resource
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest

from pipelines.sources.contracts import SourceTable
from tests.sources.bureau import Bureau, csv_contract, csv_text
from tests.sources.databases import fill_sqlite, items_contract
from tests.sources.test_excel import PLEDGES
from tests.sources.test_json_lines import MANY, case_contract
from tests.sources.workbooks import pledge_contract, pledge_list

SLOWEST_SECONDS, LARGEST_BYTES = 120.0, 2 * 2**30
"""What one of these small deliveries may take on a slow machine: a second and 300 MB are usual."""

WORDS = [b"1e999", b"NaN", b"sNaN", b"1E+300000000", b'"', b"\n", b",", b"\0", b"\xff\xfe", b"<v>"]
"""Inserted beside random bytes: what readers stumble over."""

SECRET = "张某某"
ROWS = csv_text([[str(n), SECRET, "2024-12-01", f"{n}.5"] for n in range(12)])


def a_database(folder: Path) -> bytes:
    """The complaints in SQLite."""
    path = folder / "c.sqlite"
    fill_sqlite(
        path, [(f"A{n}", SECRET, True, "1", None, "2025-01-02 08:00:00") for n in range(12)]
    )
    return path.read_bytes()


Sample = tuple[SourceTable, str, Callable[[Path], bytes]]
SAMPLES: dict[str, Sample] = {
    "csv in gb18030": (
        csv_contract(),
        "people/人员_202412.csv",
        lambda _: ROWS.encode("gb18030"),
    ),
    "csv in utf-8": (
        csv_contract(dialect={"encoding": "utf-8"}),
        "people/人员_202412.csv",
        lambda _: ROWS.encode(),
    ),
    "excel": (
        pledge_contract(),
        "ip/台账_20250110.xlsx",
        lambda _: pledge_list(PLEDGES),
    ),
    "json lines": (
        case_contract(),
        "cases/cases_20250110.jsonl",
        lambda _: "".join(line.replace("张三", SECRET) + "\n" for line in MANY[:8]).encode(),
    ),
    "sqlite": (items_contract(), "complaints/c.sqlite", a_database),
}


def damaged(content: bytes, dice: Random) -> bytes:
    """One to three pieces flipped, cut out, inserted or doubled, or the end cut off."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(changed) + 1)
        length = dice.choice([1, 1, 2, 7, 64])
        match dice.choice(["flip", "cut", "insert", "word", "double", "truncate"]):
            case "flip" if place < len(changed):
                changed[place] ^= 1 << dice.randrange(8)
            case "cut":
                del changed[place : place + length]
            case "insert":
                changed[place:place] = dice.randbytes(length)
            case "word":
                changed[place:place] = dice.choice(WORDS)
            case "double":
                changed[place:place] = changed[place : place + length]
            case "truncate" if dice.random() < 0.2:
                del changed[place:]
    return bytes(changed)


def damaged_inside(content: bytes, dice: Random) -> bytes:
    """A workbook with one member damaged and a checksum that agrees with the damage."""
    stream = io.BytesIO()
    kinds = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        chosen = dice.choice([n for n in old.namelist() if "theme" not in n and "doc" not in n])
        with zipfile.ZipFile(stream, "w", dice.choice(kinds)) as new:
            for name in old.namelist():
                member = old.read(name)
                new.writestr(name, damaged(member, dice) if name == chosen else member)
    return stream.getvalue()


def mutations(format_name: str, content: bytes, dice: Random) -> bytes:
    """One damaged form of a delivery."""
    if format_name != "excel":
        return damaged(content, dice)
    kind = dice.randrange(4)
    inside = damaged_inside(content, dice) if kind else content
    return damaged(inside, dice) if kind in (0, 1) else inside


@pytest.mark.parametrize("format_name", SAMPLES)
def test_a_damaged_delivery_lands_whole_or_is_held_with_a_reason(
    tmp_path: Path, format_name: str, in_this_process: None, request: pytest.FixtureRequest
) -> None:
    """Nothing else leaves a visit: not an exception, not a lost row, not a cell in a message.

    Read in this process, for a child takes longer than a thousand of these; its own limits would
    hide what a reader takes.
    """
    table, name, write = SAMPLES[format_name]
    content = write(tmp_path)
    seed = request.config.getoption("--seed")
    dice = Random(f"{format_name} {seed}")  # noqa: S311 the same damage every time
    landed_of_all, slowest = 0, 0.0
    reasons: Counter[str] = Counter()
    for number in range(request.config.getoption("--mutations")):
        bureau = Bureau(tmp_path / str(number))
        bureau.drop(name, mutations(format_name, content, dice))
        began = time.monotonic()
        report = bureau.land(table)
        slowest = max(slowest, time.monotonic() - began)
        landed_of_all += len(report.extracts)
        reasons.update(held.reason for held in report.held)
        told = json.dumps([held.__dict__ for held in report.held], ensure_ascii=False)
        assert len(report.extracts) + len(report.held) == 1, number
        assert SECRET not in told, number
        assert all(held.reason and held.message for held in report.held), number
        for extract in report.extracts:
            landed = pq.read_table(extract.data_path).num_rows
            refused = set(pq.read_table(extract.rejected_path)["_row_number"].to_pylist())
            accounted = landed + len(refused) + extract.rows_duplicate
            assert accounted == extract.rows_delivered, number
        shutil.rmtree(bureau.root)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"\n{format_name}: {landed_of_all} landed, {sum(reasons.values())} held {dict(reasons)},"
        f" slowest {slowest:.2f} s, {largest / 2**20:.0f} MB"
    )
    assert "unforeseen" not in reasons
    assert slowest < SLOWEST_SECONDS
    assert largest < LARGEST_BYTES
