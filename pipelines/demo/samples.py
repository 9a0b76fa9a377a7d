"""Personal values that the demo delivered: what must be found nowhere after landing."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from pipelines.demo.complaints import DATABASE
from pipelines.demo.registrations import COLUMNS, ENCODING

_PER_SOURCE = 70
_NOTHING = ("", "N/A", "-")


def personal_samples(sources: Path) -> list[str]:
    """Some 200 names, telephone and identity numbers, addresses and texts that were delivered.

    Values of at least five characters, so that a search for one does not meet it by chance;
    without repetition.
    """
    found = [
        value
        for values in (_registered(sources), _complained(sources), _punished(sources))
        for value in islice((v for v in values if len(v) >= 5), _PER_SOURCE)
    ]
    return list(dict.fromkeys(found))


def _registered(sources: Path) -> Iterator[str]:
    newest = max((sources / "registrations").glob("registrations_*.csv"))
    with newest.open(encoding=ENCODING, errors="replace", newline="") as lines:
        for row in csv.DictReader(lines, fieldnames=COLUMNS):
            if row["市场主体类别"] == "个体工商户":
                cells = (row["市场主体名称"], row["联系电话"], row["住所"])
                yield from (cell for cell in cells if cell not in _NOTHING)


def _complained(sources: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{sources / DATABASE}?mode=ro", uri=True)) as database:
        for row in database.execute(
            "select complainant_phone, complainant_id_number, content from items"
            " order by item_no desc"
        ):
            yield from (value for value in row if value is not None)


def _punished(sources: Path) -> Iterator[str]:
    newest = max((sources / "penalty_cases").glob("penalty_cases_*.jsonl"))
    with newest.open(encoding="utf-8") as lines:
        for line in lines:
            for party in json.loads(line)["parties"]:
                if party["kind"] != "企业":
                    yield from (party[key] for key in ("phone", "id_number"))
