"""Plain readers of the demo's files, and figures counted from them one row at a time.

Written against the rules and the contracts, with the standard library, and openpyxl;
nothing of the generator is used, so that agreement with it means something.
The registers are read by `landed`.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

from demo.totals import PUBLISHED_2024

DATABASE = Path("complaints/complaints.sqlite")

STREETS = {"西兴街道": "330108001", "长河街道": "330108002", "浦沿街道": "330108003"}
_MULTIPLES = {"%": Decimal("0.01"), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
SECURED = {"担保金额", "最高债权额"}
"""What a pledge secures: its claims, or their maximum."""
LENIENT = ("减轻处罚", "不予处罚")
NO_VIOLATION = "违法事实不能成立"
ON_A_PENALTY = ("行政处罚", *LENIENT, NO_VIOLATION)
"""The kinds of decision that say whether to punish; the others transfer the case."""
STOCKS = ("registered_entities", "active_entities")
ENTERPRISE_CLASSES = ("企业", "企业分支机构", "外国公司分支机构")
_VALUES = {c: value for value, c in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_VALUES = {c: v for v, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def registration_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a registry file without its header; bytes that do not decode become U+FFFD."""
    with path.open(encoding="gb18030", errors="replace", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        yield from rows


def is_valid_code(code: str) -> bool:
    """Whether a USCC passes both of its checks: GB 32100 over all, GB 11714 over the middle."""
    if len(code) != 18 or not set(code) <= _VALUES.keys():
        return False
    total = sum(_VALUES[c] * w for c, w in zip(code, _WEIGHTS, strict=False))
    organisation = sum(
        _ORGANISATION_VALUES[c] * w
        for c, w in zip(code[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True)
    )
    return (
        _VALUES[code[17]] == (31 - total % 31) % 31
        and code[16] == "0123456789X0"[11 - organisation % 11]
    )


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar, written like 2024-02-29."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def flaw_of(row: list[str]) -> str | None:
    """What is wrong with a registry row, in the words of the demo's summary."""
    if len(row) != 15:
        return "wrong field count"
    if any("\ufffd" in cell for cell in row):
        return "undecodable bytes"
    if not is_date(row[2]):
        return "bad date"
    if not is_valid_code(row[3].upper()):
        return "bad code"
    if row[13] not in STREETS:
        return "unknown street"
    return None


def good_registrations(sources: Path) -> Iterator[list[str]]:
    """Every registration event once."""
    for path in sorted((sources / "registrations").iterdir()):
        seen = {tuple(row): row for row in registration_rows(path)}
        yield from (row for row in seen.values() if flaw_of(row) is None)


def stock_changes(events: Iterable[list[str]]) -> Iterator[tuple[str, int, list[str]]]:
    """Each event that moves a stock: which stock, by how much, and the row that it was.

    On one day an establishment comes first and a deregistration last.
    """
    turn = {"设立": 0, "注销": 2}
    ordered = sorted(events, key=lambda row: (row[2], turn.get(row[1], 1), row[0]))
    present: set[str] = set()
    revoked: set[str] = set()
    for row in ordered:
        code, event = row[3].upper(), row[1]
        before = code in present, code in present and code not in revoked
        if event in ("设立", "迁入") and code not in present:
            present.add(code)
            revoked.discard(code)
        elif event in ("恢复登记", "撤销注销登记"):
            present.add(code)
        elif event in ("注销", "迁出", "撤销设立登记"):
            present.discard(code)
        elif event == "吊销" and code in present:
            revoked.add(code)
        after = code in present, code in present and code not in revoked
        for stock, was, is_now in zip(STOCKS, before, after, strict=True):
            if was != is_now:
                yield stock, is_now - was, row


def complaint_items(database: Path) -> list[dict[str, Any]]:
    """Every item as the platform's table has it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from items order by item_no")]


def read_day(cell: object) -> date:
    """A day as the pledge workbook writes it: a date cell, a serial number, or text."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, int):
        return date(1899, 12, 30) + timedelta(days=cell)
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d"):
        try:
            return datetime.strptime(str(cell), form).date()
        except ValueError:
            continue
    raise AssertionError(f"no date: {cell!r}")


def read_amount(cell: object) -> Decimal:
    """An amount in 万元, a number or text with thousands commas."""
    return Decimal(str(cell).replace(",", ""))


def pledge_sheet(sources: Path) -> list[tuple[Any, ...]]:
    """The cells of the pledge workbook, all rows."""
    (path,) = (sources / "ip_pledges").iterdir()
    book = openpyxl.load_workbook(path)
    return list(book["质押登记"].iter_rows(values_only=True))


class PledgeContract(NamedTuple):
    """One contract: what its first row says, and the kinds of right of all its rows."""

    registered_on: date
    street: str
    amount: Decimal
    amount_kind: str
    right_kinds: set[str]


def pledge_contracts(sources: Path) -> list[PledgeContract]:
    """The contracts of the pledge workbook, amounts in 万元."""
    contracts: list[PledgeContract] = []
    for row in pledge_sheet(sources)[3:-1]:
        if row[0] is not None:
            amount = read_amount(row[9])
            contracts.append(PledgeContract(read_day(row[1]), row[5], amount, row[10], set()))
        contracts[-1].right_kinds.add(row[6])
    return contracts


def penalty_cases(sources: Path) -> list[dict[str, Any]]:
    """The cases, amounts as decimals."""
    (path,) = (sources / "penalty_cases").iterdir()
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def published_facts(path: Path = PUBLISHED_2024) -> dict[str, dict[str, str]]:
    """The lines of a file of published figures, by indicator."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["indicator_id"]: row for row in csv.DictReader(lines)}


def shown(value: Decimal, fact: dict[str, str]) -> Decimal:
    """A figure in the unit and with the decimals that were published."""
    multiple = _MULTIPLES.get(fact["unit"][:1], Decimal(1))
    return (value / multiple).quantize(Decimal(fact["published"]), ROUND_HALF_UP)


def write_totals(path: Path, changed: dict[str, str]) -> None:
    """Write the published totals with other values for some indicators."""
    rows = list(published_facts().values())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            stated = changed.get(row["indicator_id"], row["published"])
            writer.writerow({**row, "published": stated})
