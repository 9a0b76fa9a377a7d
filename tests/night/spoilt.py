"""Deliveries that go wrong in one night: cut off, away, and with personal numbers in their names.

What belongs here: the damage, and the night over it. What does not: what it must lead to (tests).
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import openpyxl

from tests.night.bureau import Bureau

CUT_OFF = "registrations/registrations_202412.csv"
WIDENED = "registrations/registrations_202411.csv"
CANARIES = {
    "csv": "13911110001",
    "json": "330108199003071232",
    "excel": "13922220002",
    "sheet": "13933330003",
    "sql": "92330108MA2CBR8W9X",
    "file": "13944440004",
    "folder": "13955550005",
}
SECRET = "s3cret"
AWAY = json.dumps({"complaints": f"postgresql://reader:{SECRET}@127.0.0.1:9/none"})


def run_spoilt_night(before: Bureau, root: Path) -> None:
    """Copy a bureau, spoil its deliveries and run a night, whose words are kept beside."""
    bureau = before.copy(root)
    _cut_off(bureau.sources / CUT_OFF)
    _add_names(bureau.sources)
    done = bureau.night(ZHIBIAO_CONNECTIONS=AWAY, ZHIBIAO_LOG_LEVEL="debug")
    (root / "night.out").write_text(done.stdout)
    (root / "night.err").write_text(done.stderr)


def _cut_off(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _name(kind: str) -> str:
    return f"新增列_{kind}\n[{CANARIES[kind]}]"


def _add_names(sources: Path) -> None:
    """Add a column with a canary in its name to one delivery of each kind, and a stray file."""
    header, newline, rest = (sources / WIDENED).read_bytes().partition(b"\n")
    ending = b"\r" if header.endswith(b"\r") else b""
    added = f',"{_name("csv")}"'.encode("gb18030")
    (sources / WIDENED).write_bytes(header.rstrip(b"\r") + added + ending + newline + rest)

    cases = max(sources.glob("penalty_cases/*.jsonl"))
    lines = cases.read_text(encoding="utf-8").splitlines()
    lines[0] = json.dumps(json.loads(lines[0]) | {_name("json"): 1}, ensure_ascii=False)
    cases.write_text("\n".join(lines) + "\n", encoding="utf-8")

    workbook = max(sources.glob("ip_pledges/*.xlsx"))
    book = openpyxl.load_workbook(workbook)
    sheet = book["质押登记"]
    sheet.cell(3, sheet.max_column + 1, _name("excel"))
    book.create_sheet(CANARIES["sheet"])
    book.save(workbook)

    with sqlite3.connect(sources / "legal_affairs" / "disputes.db") as database:
        database.execute(f'alter table hearings add column "{_name("sql")}" text')
    database.close()

    (sources / "registrations" / f"registrations_{CANARIES['file']}.csv").write_bytes(b"x\n")
    (sources / CANARIES["folder"]).mkdir()
    (sources / CANARIES["folder"] / "registrations_202412.csv").write_bytes(b"x\n")
