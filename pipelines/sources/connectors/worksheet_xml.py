"""A workbook's own XML, streamed: whether it is safe to open, and what a fast reader cannot say.

What belongs here: what a sheet may take, rows that hold anything, formulas never computed, cells in
error, the date system. What does not: cell values (excel), and bounds of any XML (bounded_xml).
This is also the independent count, and it ignores the sheet's `<dimension>`, which may be false.
"""

from __future__ import annotations

import lzma
import math
import posixpath
import re
import struct
import zipfile
import zlib
from array import array
from dataclasses import dataclass, field
from io import BytesIO
from xml.parsers import expat

from pipelines.sources.connectors.bounded_xml import UnsafeXmlError, local, stream_xml
from pipelines.sources.connectors.regular_xml import (
    RegularRow,
    regular_rows,
    regular_strings,
)

MAX_EXPANDED = 200 * 2**20
"""Bytes. The largest honest workbook, 1,048,576 rows of 12 short columns, stays below; a file of
412 KB is known to expand to 831 MB."""

MAX_ROWS, MAX_COLUMNS, MAX_TEXT = 1_048_576, 16_384, 32_767
"""Excel's own limits: rows and columns of a sheet, characters of a cell."""

MAX_CELLS = 20_000_000
"""Cells of a sheet, and cells of its used rectangle: one cell in the
last corner of an otherwise empty sheet makes a reader that allocates the rectangle ask for 512 GB,
which ends the process; 40 KB of empty cells in one row took a tree of 1.5 GB."""

MAX_OTHERS = 1_000_000
"""Elements that are neither cells nor strings, of each part; each costs some microseconds."""

# What a fast reader and the rows made of it take in memory, measured and rounded up: of a place in
# the rectangle, of a cell that holds anything, of a character of its text, of a shared string, of a
# merge.
_PLACE, _CELL, _CHARACTER, _STRING, _MERGE = 40, 100, 5, 100, 300

_IS_ENCRYPTED = 0x1
_REFERENCE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    expat.ExpatError,
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
    uncomputed: int = 0
    """How many cells have a formula and no stored result."""
    uncomputed_cells: list[str] = field(default_factory=list)
    """The first few of them."""
    failed_rows: set[int] = field(default_factory=set)
    """Rows with a cell in error, like #REF!."""
    beyond_rows: set[int] = field(default_factory=set)
    """Rows with a number cell that no number can hold, like 1e999."""
    is_1904: bool = False


def scan_sheet(content: bytes, sheet: str, memory: int) -> SheetScan | None:
    """Scan one worksheet; None when the workbook has no sheet of that name.

    Args:
        content: The workbook.
        sheet: The worksheet's name.
        memory: Bytes that reading it may take.

    Raises:
        EncryptedWorkbookError: it cannot be read without a password.
        UnsafeWorkbookError: sizes are beyond the limits.
        Any of `DAMAGED`: it is no workbook, or no sound one.
    """
    budget = _Budget(memory)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if any(member.flag_bits & _IS_ENCRYPTED for member in archive.infolist()):
            raise EncryptedWorkbookError
        if sum(member.file_size for member in archive.infolist()) > MAX_EXPANDED:
            raise UnsafeWorkbookError(f"展开后超过 {MAX_EXPANDED // 2**20} MB")
        try:
            workbook, relations = _Workbook(sheet), _Relations()
            _stream_part(archive, "xl/workbook.xml", workbook)
            if workbook.relation is None:
                return None
            _stream_part(archive, "xl/_rels/workbook.xml.rels", relations)
            target = relations.targets[workbook.relation]
            strings = _Strings(budget)
            if "xl/sharedStrings.xml" in archive.namelist():
                _stream_part(archive, "xl/sharedStrings.xml", strings)
            found = _Sheet(strings, budget, SheetScan(is_1904=workbook.is_1904))
            _stream_part(archive, posixpath.normpath(posixpath.join("/xl", target))[1:], found)
        except UnsafeXmlError as error:
            raise UnsafeWorkbookError(str(error)) from None
        return found.finish()


def _stream_part(archive: zipfile.ZipFile, name: str, receiver: _Part) -> None:
    with archive.open(name) as stream:
        stream_xml(stream, receiver)


class _Budget:
    """What reading may still take."""

    def __init__(self, memory: int) -> None:
        self._left = memory

    def spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UnsafeWorkbookError("读取需要的内存超出上限 ZHIBIAO_MEMORY_LIMIT")


class _Part:
    """One part of the workbook; what it does not look for is counted and passes by."""

    run = ""
    _others = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See `Receiver`."""
        self._others += 1
        if self._others > MAX_OTHERS:
            raise UnsafeWorkbookError(f"单元格以外的内容超过 {MAX_OTHERS:,} 项")

    def end(self, name: str) -> None:
        """See `Receiver`."""

    def text(self, text: str) -> None:
        """See `Receiver`."""

    def take(self, run: str) -> bool:
        """See `Receiver`."""
        return False


class _Workbook(_Part):
    """The relation of one sheet, and whether dates count from 1904."""

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self.relation: str | None = None
        self.is_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        if name == "workbookPr":
            self.is_1904 |= attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and self.relation is None and attributes.get("name") == self._sheet:
            self.relation = next((v for k, v in attributes.items() if local(k) == "id"), "")


class _Relations(_Part):
    """The part that each relation names."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        super().start(name, attributes)
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")


class _Strings(_Part):
    """Of each shared string how long it is, and whether it shows anything."""

    run = "si"

    def __init__(self, budget: _Budget) -> None:
        self.lengths, self.shown = array("H"), bytearray()
        self._budget = budget
        self._length, self._shows = 0, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._length, self._shows = 0, False

    def text(self, text: str) -> None:
        self._length += len(text)
        self._shows = self._shows or bool(text.strip())
        _require_cell_length(self._length)

    def end(self, name: str) -> None:
        if name == "si":
            self._budget.spend(_STRING + _CHARACTER * self._length)
            self.lengths.append(self._length)
            self.shown.append(self._shows)

    def take(self, run: str) -> bool:
        texts = regular_strings(run)
        if texts is None:
            return False
        lengths = list(map(len, texts))
        size = _STRING * len(texts) + _CHARACTER * sum(lengths)
        if max(lengths) > MAX_TEXT:
            return False
        self._budget.spend(size)
        self.lengths.extend(lengths)
        self.shown.extend(map(bool, map(str.strip, texts)))
        self._length = lengths[-1]
        return True


class _Sheet(_Part):
    """What stands in the cells."""

    run = "row"

    def __init__(self, strings: _Strings, budget: _Budget, scan: SheetScan) -> None:
        self._strings, self._budget, self._scan = strings, budget, scan
        self._rows = self._cells = self._row = self._column = 0
        self._row_digits = "0"
        self._widest = self._lowest = 1
        self._in_row = self._in_cell = self._is_stored = self._has_formula = False
        self._kind = self._reference = ""
        self._stored: list[str] = []
        self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c" and self._in_row:
            self._begin_cell(attributes)
        elif self._in_cell:
            if name == "v" or (name == "is" and self._kind == "inlineStr"):
                self._is_stored = True
            elif name == "f":
                self._has_formula = True
        elif name == "row":
            self._begin_row(attributes)
        else:
            super().start(name, attributes)
            if name == "mergeCell":
                self._budget.spend(_MERGE)

    def text(self, text: str) -> None:
        if self._is_stored:
            self._length += len(text)
            _require_cell_length(self._length)
            self._stored.append(text)

    def end(self, name: str) -> None:
        if name in ("v", "is"):
            self._is_stored = False
        elif name == "c" and self._in_cell:
            self._in_cell = False
            self._end_cell("".join(self._stored))
        elif name == "row":
            self._in_row = False

    def take(self, run: str) -> bool:
        rows = regular_rows(run)
        if rows is None or self._in_cell or self._is_stored:
            return False
        stored = [cell for row in rows for cell in row.stored]
        shared = [int(text) for _, kind, text in stored if kind == "s"]
        if max(shared, default=-1) >= len(self._strings.lengths):
            return False
        lengths = [len(text) for _, kind, text in stored if kind != "s"]
        characters = sum(lengths) + sum(map(self._strings.lengths.__getitem__, shared))
        size = _CELL * len(stored) + _CHARACTER * characters
        numbers = [row.number for row in rows]
        cells = self._cells + run.count("<c ")
        # The parser finds the place that is beyond, and what to say of it.
        if (
            cells > MAX_CELLS
            or self._rows + len(rows) > MAX_ROWS
            or max(numbers) > MAX_ROWS
            or max(lengths, default=0) > MAX_TEXT
        ):
            return False
        self._budget.spend(size)
        self._cells, self._rows = cells, self._rows + len(rows)
        self._row, self._row_digits = numbers[-1], str(numbers[-1])
        columns = {column for column, _, _ in stored}
        self._widest = max([self._widest, *map(_column_number, columns)])
        self._note_rows(rows, has_errors=any(kind == "e" for _, kind, _ in stored))
        return True

    def finish(self) -> SheetScan:
        """What was found, once the used rectangle is known to be bearable."""
        places = self._lowest * self._widest
        if places > MAX_CELLS:
            raise UnsafeWorkbookError(f"表格区域超过 {MAX_CELLS:,} 个单元格")
        self._budget.spend(_PLACE * places)
        return self._scan

    def _note_rows(self, rows: list[RegularRow], *, has_errors: bool) -> None:
        lowest, filled, failed = self._lowest, self._scan.filled_rows, self._scan.failed_rows
        for number, stored in rows:
            if stored:
                lowest = max(lowest, number)
            for _, kind, text in stored:
                if self._shows(kind, text):
                    filled.add(number)
                    break
            if has_errors and any(kind == "e" for _, kind, _ in stored):
                failed.add(number)
        self._lowest = lowest

    def _shows(self, kind: str, stored: str) -> bool:
        return bool(self._strings.shown[int(stored)] if kind == "s" else stored.strip())

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._in_row = True
        self._column = 0
        self._rows += 1
        self._go_to_row(attributes.get("r") or str(self._row + 1))
        if self._rows > MAX_ROWS:
            raise UnsafeWorkbookError(f"超过 {MAX_ROWS:,} 行")

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._in_cell = True
        self._is_stored = self._has_formula = False
        self._stored.clear()
        self._length = 0
        self._kind = attributes.get("t", "n")
        self._cells += 1
        self._column += 1
        # A cell's own place is where a fast reader puts it, whatever its row says.
        self._reference = attributes.get("r", "")
        if self._reference:
            letters = self._reference.rstrip("0123456789")
            self._column = _column_number(letters)
            digits = self._reference[len(letters) :]
            if digits != self._row_digits:
                self._go_to_row(digits)
        if self._column > MAX_COLUMNS:
            raise UnsafeWorkbookError(f"超过 {MAX_COLUMNS:,} 列")
        if self._cells > MAX_CELLS:
            raise UnsafeWorkbookError(f"超过 {MAX_CELLS:,} 个单元格")

    def _go_to_row(self, digits: str) -> None:
        self._row, self._row_digits = int(digits), digits
        if self._row > MAX_ROWS:
            raise UnsafeWorkbookError(f"超过 {MAX_ROWS:,} 行")

    def _end_cell(self, stored: str) -> None:
        scan, row = self._scan, self._row
        if self._has_formula and not stored and self._kind != "str":
            scan.uncomputed += 1
            if len(scan.uncomputed_cells) < _SHOWN:
                # What stands there is the sender's text like any other.
                is_place = _REFERENCE.fullmatch(self._reference)
                scan.uncomputed_cells.append(self._reference if is_place else f"第 {row} 行")
        if self._kind == "e":
            scan.failed_rows.add(row)
        if not stored:
            return
        self._lowest, self._widest = max(self._lowest, row), max(self._widest, self._column)
        shows, length = True, len(stored)
        if self._kind == "s":
            shows, length = (
                bool(self._strings.shown[int(stored)]),
                self._strings.lengths[int(stored)],
            )
        elif self._kind == "n" and not _is_number(stored):
            scan.beyond_rows.add(row)
        self._budget.spend(_CELL + _CHARACTER * length)
        if shows and stored.strip():
            scan.filled_rows.add(row)


_SHOWN = 5
_LETTERS = re.compile(r"[A-Z]{1,3}")
_COLUMN_NUMBERS: dict[str, int] = {}


def _column_number(letters: str) -> int:
    number = _COLUMN_NUMBERS.get(letters)
    if number is None:
        if _LETTERS.fullmatch(letters) is None:
            raise ValueError("a cell's place that no program writes")
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - 64
        _COLUMN_NUMBERS[letters] = number
    return number


def _require_cell_length(length: int) -> None:
    if length > MAX_TEXT:
        raise UnsafeWorkbookError(f"一个单元格超过 {MAX_TEXT:,} 个字符")


def _is_number(stored: str) -> bool:
    try:
        return math.isfinite(float(stored))
    except ValueError:
        return False
