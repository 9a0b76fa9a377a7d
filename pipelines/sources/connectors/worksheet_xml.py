"""A workbook's own XML, streamed: whether it is safe to open, and what a fast reader cannot say.

What belongs here: the size guard, rows that hold anything, formulas never computed, cells in error,
the date system. What does not: cell values (workbook). This is also the independent count, and it
ignores the sheet's `<dimension>`, which may be false. The XML is a stranger's: Python's parser
fetches no external entity, and its expat (2.4.1 or later) refuses entities that multiply.
"""

from __future__ import annotations

import lzma
import math
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO
from xml.etree import ElementTree

MAX_EXPANDED = 200 * 2**20
"""Bytes. The largest honest workbook, 1,048,576 rows of 12 short columns, stays below; a file of
412 KB is known to expand to 831 MB."""

_IS_ENCRYPTED = 0x1

MAX_CELLS = 20_000_000
"""Rows times columns of the used rectangle: one cell in the last corner of an otherwise empty sheet
makes a reader that allocates the rectangle ask for 512 GB, which ends the process."""

_REFERENCE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")
_SOMEWHERE = "位置不明"

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ElementTree.ParseError,
    OSError,  # of bzip2; nothing here touches a file
    EOFError,
    LookupError,  # a part or a relation that is missing, or an encoding that does not exist
    ValueError,
    OverflowError,
    NotImplementedError,
)
"""What Python's zip, its decompressors and its XML parser raise over damaged bytes."""


class EncryptedWorkbookError(Exception):
    """A part of the workbook is encrypted."""


class UnsafeWorkbookError(Exception):
    """The workbook must not be opened; the message says why, in Chinese."""


@dataclass
class SheetScan:
    """What one worksheet holds, by row number as a spreadsheet shows it."""

    filled_rows: set[int] = field(default_factory=set)
    uncomputed: list[str] = field(default_factory=list)
    """Cells with a formula and no stored result."""
    failed_rows: set[int] = field(default_factory=set)
    """Rows with a cell in error, like #REF!."""
    beyond_rows: set[int] = field(default_factory=set)
    """Rows with a number cell that no number can hold, like 1e999."""
    is_1904: bool = False


def scan_sheet(content: bytes, sheet: str) -> SheetScan | None:
    """Scan one worksheet; None when the workbook has no sheet of that name.

    Raises:
        EncryptedWorkbookError: it cannot be read without a password.
        UnsafeWorkbookError: sizes are beyond the limits.
        Any of `DAMAGED`: it is no workbook, or no sound one.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if any(member.flag_bits & _IS_ENCRYPTED for member in archive.infolist()):
            raise EncryptedWorkbookError
        if sum(member.file_size for member in archive.infolist()) > MAX_EXPANDED:
            raise UnsafeWorkbookError(f"展开后超过 {MAX_EXPANDED // 2**20} MB")
        part, is_1904 = _locate(archive, sheet)
        if part is None:
            return None
        empty_strings = _empty_strings(archive)
        scan = SheetScan(is_1904=is_1904)
        with archive.open(part) as stream:
            _scan_rows(stream, empty_strings, scan)
        return scan


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _locate(archive: zipfile.ZipFile, sheet: str) -> tuple[str | None, bool]:
    """The part that holds a sheet, and whether its dates count from 1904."""
    workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    is_1904 = any(
        element.get("date1904") in ("1", "true")
        for element in workbook
        if _local(element.tag) == "workbookPr"
    )
    for element in workbook.iter():
        if _local(element.tag) == "sheet" and element.get("name") == sheet:
            identifier = next((v for k, v in element.items() if _local(k) == "id"), "")
            return posixpath.normpath(posixpath.join("/xl", targets[identifier]))[1:], is_1904
    return None, is_1904


def _elements(stream: IO[bytes], name: str) -> Iterator[ElementTree.Element]:
    """Each finished element of a name; what came before it is let go."""
    root: ElementTree.Element | None = None
    parents: list[ElementTree.Element] = []
    for event, element in ElementTree.iterparse(stream, events=("start", "end")):  # noqa: S314
        root = element if root is None else root
        if event == "start":
            parents.append(element)
            continue
        parents.pop()
        if _local(element.tag) == name:
            yield element
            if parents:
                parents[-1].remove(element)


def _empty_strings(archive: zipfile.ZipFile) -> set[int]:
    """Indices of shared strings without a visible character: a cell that shows nothing."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return set()
    with archive.open("xl/sharedStrings.xml") as stream:
        return {
            index
            for index, element in enumerate(_elements(stream, "si"))
            if not "".join(element.itertext()).strip()
        }


def _scan_rows(stream: IO[bytes], empty_strings: set[int], scan: SheetScan) -> None:
    number, widest = 0, 1
    for row in _elements(stream, "row"):
        number = int(row.get("r", number + 1))
        for place, cell in enumerate(row, start=1):
            widest = max(widest, _column_number(cell.get("r", ""), place))
            _scan_cell(cell, number, empty_strings, scan)
    if max(scan.filled_rows, default=0) * widest > MAX_CELLS:
        raise UnsafeWorkbookError(f"表格区域超过 {MAX_CELLS:,} 个单元格")


def _column_number(reference: str, otherwise: int) -> int:
    letters = re.match(r"[A-Z]+", reference)
    if letters is None:
        return otherwise
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - 64
    return number


def _is_number(stored: str) -> bool:
    try:
        return math.isfinite(float(stored))
    except ValueError:
        return False


def _scan_cell(
    cell: ElementTree.Element, row: int, empty_strings: set[int], scan: SheetScan
) -> None:
    parts = {_local(part.tag): part for part in cell}
    stored = "".join(part.text or "" for name, part in parts.items() if name == "v")
    kind = cell.get("t")
    if "f" in parts and not stored and kind != "str":
        reference = cell.get("r", "")
        # What stands there is the sender's text like any other.
        scan.uncomputed.append(reference if _REFERENCE.fullmatch(reference) else _SOMEWHERE)
    if kind == "e":
        scan.failed_rows.add(row)
    elif kind == "s":
        stored = "" if stored and int(stored) in empty_strings else stored
    elif kind == "inlineStr":
        stored = "".join("".join(part.itertext()) for part in parts.values())
    elif kind in (None, "n") and stored and not _is_number(stored):
        scan.beyond_rows.add(row)
    if stored.strip():
        scan.filled_rows.add(row)
