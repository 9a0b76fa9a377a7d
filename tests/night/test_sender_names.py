"""Personal numbers where a sender chose the name: nowhere in the warehouse or in what is said.

Beside `test_no_personal_value_goes_past_landing`, which looks for those of cells.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import openpyxl

from tests.night.bureau import Bureau

MONTH = "registrations/registrations_202412.csv"
CANARIES = {
    "csv": "13911110001",
    "json": "330108199003071232",
    "excel": "13922220002",
    "sheet": "13933330003",
    "sql": "92330108MA2CBR8W9X",
    "file": "13944440004",
    "folder": "13955550005",
}


def _name(kind: str) -> str:
    return f"新增列_{kind}\n[{CANARIES[kind]}]"


def _spoil(sources: Path) -> None:
    """Add a column with a canary in its name to one delivery of each kind, and a stray file."""
    header, newline, rest = (sources / MONTH).read_bytes().partition(b"\n")
    ending = b"\r" if header.endswith(b"\r") else b""
    added = f',"{_name("csv")}"'.encode("gb18030")
    (sources / MONTH).write_bytes(header.rstrip(b"\r") + added + ending + newline + rest)

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

    with sqlite3.connect(sources / "complaints" / "complaints.sqlite") as database:
        database.execute(f'alter table items add column "{_name("sql")}" text')
    database.close()

    (sources / "registrations" / f"registrations_{CANARIES['file']}.csv").write_bytes(b"x\n")
    (sources / CANARIES["folder"]).mkdir()
    (sources / CANARIES["folder"] / "registrations_202412.csv").write_bytes(b"x\n")


def _texts(bureau: Bureau) -> Iterator[tuple[str, bytes]]:
    """Everything below the warehouse but the sources, and the path of each as a text, too."""
    for path in bureau.warehouse.rglob("*"):
        if path.is_file() and not path.is_symlink() and bureau.sources not in path.parents:
            place = path.relative_to(bureau.warehouse).as_posix()
            yield place, place.encode() + path.read_bytes()


def test_no_personal_value_in_a_name_is_kept_or_told(bureau: Bureau) -> None:
    _spoil(bureau.sources)
    done = bureau.night(ZHIBIAO_LOG_LEVEL="debug")
    status = [bureau.run("status", "--format", form).stdout for form in ("table", "csv", "json")]
    told = bureau.digests()
    for kind in ("csv", "json", "excel", "sql"):
        assert f"新增列_{kind} ［（号码已隐去）］" in told, kind
    said = "".join([done.stdout, done.stderr, *status]).encode()
    for kind, canary in CANARIES.items():
        needle = canary.encode()
        assert needle not in said, kind
        assert [place for place, content in _texts(bureau) if needle in content] == [], kind
