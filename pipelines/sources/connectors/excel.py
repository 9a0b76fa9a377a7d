"""Excel workbooks kept by hand: one worksheet with a title, a header of several lines, a total row.

What belongs here: cells to text columns. What does not: the size guard and the independent count
(worksheet_xml), a single cell (cells), the total row (total_row), types, nulls and personal data
(screening).

What does not either: which name a header's cells make (headers).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from pipelines.errors import ExtractHeldError
from pipelines.settings import count_bytes
from pipelines.sources.column_types import NUMBER_TYPES
from pipelines.sources.columns import Column
from pipelines.sources.connectors.cells import NumberText, cell_text
from pipelines.sources.connectors.file_drops import read_settled
from pipelines.sources.connectors.headers import as_written, match_names
from pipelines.sources.connectors.interface import (
    Batch,
    BrokenRow,
    Candidate,
    Reading,
    Visit,
    complete,
)
from pipelines.sources.connectors.total_row import find_total_row, require_sums
from pipelines.sources.connectors.worksheet_xml import (
    DAMAGED,
    EncryptedWorkbookError,
    SheetScan,
    UnsafeWorkbookError,
    scan_sheet,
)
from pipelines.sources.contracts import ExcelDialect, SourceTable
from pipelines.sources.drift import require_columns, require_count, require_splittable

_ENCRYPTED_OR_OLD = b"\xd0\xcf\x11\xe0"
_EPOCHS = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}
_MERGED_BEYOND = 100_000
"""Merges that cover no cell with anything in it, as a form has below its last entry."""

Merge = tuple[tuple[int, int], tuple[int, int]]


class _OpenSheet(NamedTuple):
    cells: list[list[str]]
    merges: Sequence[Merge]
    scan: SheetScan


def read_worksheet(table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
    """Read one worksheet; a row's number is the one that the spreadsheet shows.

    Raises:
        ExtractHeldError: `empty`, `encrypted`, `unreadable`, `too_large`, `sheet_missing`,
            `uncomputed_formulas`, `footer_missing`, `footer_mismatch`, `count_mismatch`, or
            what drift raises.
    """
    dialect = table.dialect_as(ExcelDialect)
    content = read_settled(table, candidate, visit)
    sheet = _open_sheet(table, dialect, content, 2 * count_bytes(visit.memory_limit))
    first = dialect.title_rows + dialect.header_rows
    names = _column_names(table, dialect, sheet)
    require_columns(table, [name for name in names if name])
    end = find_total_row(table, dialect, sheet.cells, first)
    if dialect.footer_marker is not None:
        require_sums(table, dialect, sheet.cells, names, first, end)
    _fill_merged(dialect, sheet, names, first, end)
    return _read_rows(table, sheet, names, first, end)


def _open_sheet(
    table: SourceTable, dialect: ExcelDialect, content: bytes, memory: int
) -> _OpenSheet:
    if not content:
        raise ExtractHeldError(f"{table.label}：文件是空的。请重新导出。", reason="empty")
    if content.startswith(_ENCRYPTED_OR_OLD):
        raise _encrypted(table)
    with _refusals(table):
        scan = scan_sheet(content, dialect.sheet, memory)
    if scan is None:
        raise ExtractHeldError(
            f"{table.label}：工作簿中没有名为“{dialect.sheet}”的工作表。请恢复工作表名称。",
            reason="sheet_missing",
        )
    if scan.uncomputed:
        raise ExtractHeldError(
            f"{table.label}：有 {scan.uncomputed} 个公式没有保存计算结果"
            f"（{'、'.join(scan.uncomputed_cells)}）。请用 Excel 或 WPS 打开，保存后重新提交。",
            reason="uncomputed_formulas",
        )
    with (
        _refusals(table),
        CalamineWorkbook.from_filelike(BytesIO(content)) as workbook,
    ):
        worksheet = workbook.get_sheet_by_name(dialect.sheet)
        # Row by row: two whole grids side by side would take twice the memory.
        left = [""] * (worksheet.start or (0, 0))[1]
        cells = [[*left, *map(cell_text, row)] for row in worksheet.iter_rows()]
        merges = worksheet.merged_cell_ranges or []
        _require_few_merged(merges, len(cells), max(map(len, cells), default=0))
    return _OpenSheet(cells, merges, scan)


def _require_few_merged(merges: Sequence[Merge], rows: int, columns: int) -> None:
    """Every merge is walked over: a sheet's own merges never overlap, a bomb's do."""
    covered = sum(
        1 + max(0, min(bottom + 1, rows) - top) * max(0, min(right + 1, columns) - left)
        for (top, left), (bottom, right) in merges
    )
    if covered > 2 * rows * columns + _MERGED_BEYOND:
        raise UnsafeWorkbookError("合并单元格互相重叠，覆盖的单元格比表格还多")


@contextmanager
def _refusals(table: SourceTable) -> Iterator[None]:
    """Tell an encrypted workbook from one that is too large and one that is damaged."""
    refusal: ExtractHeldError | None = None
    try:
        yield
    except EncryptedWorkbookError:
        refusal = _encrypted(table)
    except UnsafeWorkbookError as error:
        refusal = ExtractHeldError(
            f"{table.label}：工作簿过大（{error}），未打开。请删去多余的内容后重新提交。",
            reason="too_large",
        )
    except (CalamineError, *DAMAGED):
        refusal = _unreadable(table)
    except BaseException as error:
        # What a panic of calamine is here descends from BaseException alone.
        if type(error).__name__ != "PanicException":
            raise
        refusal = _unreadable(table)
    if refusal:
        raise refusal


def _encrypted(table: SourceTable) -> ExtractHeldError:
    return ExtractHeldError(
        f"{table.label}：工作簿已加密，或是旧的 .xls 格式。请去掉密码，另存为 .xlsx 后重新提交。",
        reason="encrypted",
    )


def _unreadable(table: SourceTable) -> ExtractHeldError:
    return ExtractHeldError(
        f"{table.label}：文件不是完整的 Excel 工作簿（.xlsx），可能没有传完或已损坏。请重新提交。",
        reason="unreadable",
    )


def _column_names(table: SourceTable, dialect: ExcelDialect, sheet: _OpenSheet) -> list[str]:
    """The name over each column; "" where there is neither a header nor a value below."""
    top, below = dialect.title_rows, dialect.title_rows + dialect.header_rows
    width = max((len(row) for row in sheet.cells), default=0)
    header = [[*map(as_written, row), *[""] * (width - len(row))] for row in sheet.cells[top:below]]
    if len(header) < dialect.header_rows or not any(any(row) for row in header):
        raise ExtractHeldError(f"{table.label}：没有表头。请按约定的表样重新提交。", reason="empty")
    for (row, left), (bottom, right) in sheet.merges:
        if top <= row < below:
            shown = header[row - top][left] if left < width else ""
            for covered in range(row, min(bottom, below - 1) + 1):
                for column in range(left, min(right, width - 1) + 1):
                    # Only the top left cell of a merge holds text; the mark keeps it one name.
                    header[covered - top][column] = shown
    texts = [
        list(dict.fromkeys(row[place] for row in header if row[place])) for place in range(width)
    ]
    names = match_names([column.name for column in table.columns], texts)
    for place, name in enumerate(names):
        if not name and any(len(r) > place and r[place].strip() for r in sheet.cells[below:]):
            names[place] = f"第{place + 1}列（无表头）"
    return names


def _fill_merged(
    dialect: ExcelDialect, sheet: _OpenSheet, names: list[str], first: int, end: int
) -> None:
    """Repeat a merged cell on each of its rows; a cell left empty by hand stays empty."""
    places = {names.index(name) for name in dialect.fill_down}
    for (row, left), (bottom, _) in sheet.merges:
        if left in places and first <= row < end:
            for covered in range(row + 1, min(bottom, end - 1) + 1):
                if any(cell.strip() for cell in sheet.cells[covered]):
                    sheet.cells[covered][left] = sheet.cells[row][left]


def _column_texts(
    table: SourceTable, sheet: _OpenSheet, column: Column, names: list[str], kept: list[int]
) -> list[str]:
    across = names.index(column.name)
    texts = [sheet.cells[place][across] for place in kept]
    decimal, _ = table.dialect.number_signs
    if column.data_type not in NUMBER_TYPES or decimal == ".":
        return texts
    return [text.spelled(decimal) if isinstance(text, NumberText) else text for text in texts]


def _read_rows(
    table: SourceTable, sheet: _OpenSheet, names: list[str], first: int, end: int
) -> Reading:
    filled = [place for place in range(first, end) if "".join(sheet.cells[place]).strip()]
    records = sum(first < number <= end for number in sheet.scan.filled_rows)
    unusable = dict.fromkeys(
        sheet.scan.beyond_rows, ("structure.number", "含有无法表示的数值（如 1e999）")
    ) | dict.fromkeys(
        sheet.scan.failed_rows, ("structure.formula_error", "含有出错的公式（如 #REF!）")
    )
    broken = tuple(
        BrokenRow(number, *reason)
        for number, reason in sorted(unusable.items())
        if first < number <= end
    )
    kept = [place for place in filled if place + 1 not in unusable]
    require_count(table, len(kept) + len(broken), records)
    require_splittable(table, len(broken), records)
    columns = {
        column.name: pa.array(_column_texts(table, sheet, column, names, kept), pa.string())
        for column in table.columns
        if column.name in names
    }
    numbers = pa.array([place + 1 for place in kept], pa.int64())
    batch = Batch(complete(table, pa.table(columns), numbers), broken)
    return Reading(records, iter([batch]), serial_epoch=_EPOCHS[sheet.scan.is_1904])
