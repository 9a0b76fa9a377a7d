"""Excel workbooks kept by hand: one worksheet with a title, a header of several lines, a total row.

What belongs here: cells to text columns. What does not: the size guard and the independent count
(worksheet_xml), types, nulls and personal data (screening).

What does not either: which name a header's cells make (headers).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Context, Decimal, localcontext
from io import BytesIO
from typing import NamedTuple

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from pipelines.errors import ExtractHeldError
from pipelines.sources.connectors.file_drops import discover_files, read_settled
from pipelines.sources.connectors.headers import as_written, match_names
from pipelines.sources.connectors.interface import (
    ROW_NUMBER,
    BrokenRow,
    Candidate,
    Discovery,
    Reading,
    Visit,
)
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
_NOISE = Decimal("0.000001")
"""A total is stored as a binary fraction: 0.1 + 0.2 shows as 0.30000000000000004."""
_AMOUNT = re.compile(r"[+-]?[0-9]{1,38}(\.[0-9]{1,38})?")
"""Plain digits, as many as a decimal column takes: 1E+300000000 written out is 300 MB, and sNaN
ends whatever adds it up."""
_EXACT = Context(prec=100)

Merge = tuple[tuple[int, int], tuple[int, int]]


class _Sheet(NamedTuple):
    cells: list[list[str]]
    merges: Sequence[Merge]
    scan: SheetScan


class WorkbookConnector:
    """Reads one worksheet of a workbook."""

    def discover(self, table: SourceTable, visit: Visit) -> Discovery:
        """Find the workbooks at the contract's location."""
        return discover_files(table, visit)

    def read(self, table: SourceTable, candidate: Candidate, visit: Visit) -> Reading:
        """Read one worksheet; a row's number is the one that the spreadsheet shows.

        Raises:
            ExtractHeldError: `empty`, `encrypted`, `unreadable`, `too_large`, `sheet_missing`,
                `uncomputed_formulas`, `footer_missing`, `footer_mismatch`, `count_mismatch`, or
                what drift raises.
        """
        dialect = table.dialect_as(ExcelDialect)
        sheet = _open_sheet(table, dialect, read_settled(table, candidate, visit))
        first = dialect.title_rows + dialect.header_rows
        names = _column_names(table, dialect, sheet)
        require_columns(table, [name for name in names if name])
        end = _footer_row(table, dialect, sheet, first)
        if dialect.footer_marker is not None:
            _require_footer_sums(table, dialect, sheet, names, first, end)
        _fill_merged(dialect, sheet, names, first, end)
        return _read_rows(table, sheet, names, first, end)


def _open_sheet(table: SourceTable, dialect: ExcelDialect, content: bytes) -> _Sheet:
    if not content:
        raise ExtractHeldError(f"{table.label}：文件是空的。请重新导出。", reason="empty")
    if content.startswith(_ENCRYPTED_OR_OLD):
        raise _encrypted(table)
    with _refusals(table):
        scan = scan_sheet(content, dialect.sheet)
    if scan is None:
        raise ExtractHeldError(
            f"{table.label}：工作簿中没有名为“{dialect.sheet}”的工作表。请恢复工作表名称。",
            reason="sheet_missing",
        )
    if scan.uncomputed:
        raise ExtractHeldError(
            f"{table.label}：有 {len(scan.uncomputed)} 个公式没有保存计算结果"
            f"（{'、'.join(scan.uncomputed[:5])}）。请用 Excel 或 WPS 打开，保存后重新提交。",
            reason="uncomputed_formulas",
        )
    with (
        _refusals(table),
        CalamineWorkbook.from_filelike(BytesIO(content)) as workbook,
    ):
        worksheet = workbook.get_sheet_by_name(dialect.sheet)
        grid = worksheet.to_python(skip_empty_area=False)
        merges = worksheet.merged_cell_ranges or []
    return _Sheet([[_text(cell) for cell in row] for row in grid], merges, scan)


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


def _text(cell: object) -> str:
    """A cell as text: dates in ISO form, numbers without exponent or needless fraction."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float() if not math.isfinite(cell):
            return str(cell)  # the scan of the XML has found its row
        case float() | int():
            return str(int(cell)) if cell == int(cell) else format(Decimal(repr(cell)), "f")
        case dt.datetime():
            is_day = cell.time() == dt.time()
            return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
        case _:
            return str(cell)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _column_names(table: SourceTable, dialect: ExcelDialect, sheet: _Sheet) -> list[str]:
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


def _footer_row(table: SourceTable, dialect: ExcelDialect, sheet: _Sheet, first: int) -> int:
    """Index of the total row, or the end of the sheet when none is declared."""
    if dialect.footer_marker is None:
        return len(sheet.cells)
    marker = dialect.footer_marker
    cells = [(place, row[0]) for place, row in enumerate(sheet.cells) if place >= first and row]
    named = [place for place, text in cells if _squeezed(text).rstrip("：:") == marker]
    begun = [place for place, text in cells if _begins_like(text, marker)]
    if named or begun:
        return (named or begun)[0]
    raise ExtractHeldError(
        f"{table.label}：没有找到“{marker}”行，表格可能不完整。请补全后重新提交。",
        reason="footer_missing",
    )


def _begins_like(text: str, marker: str) -> bool:
    """True for 合　计：12 项 and 合计(元), and not for a firm named 合计通."""
    begun = re.match(r"\s*".join(map(re.escape, marker)), text.strip())
    return begun is not None and not text.strip()[begun.end() :][:1].isalpha()


def _amount(text: str) -> Decimal | None:
    digits = _squeezed(text).replace(",", "").replace("，", "")
    return Decimal(digits) if _AMOUNT.fullmatch(digits) else None


def _require_footer_sums(
    table: SourceTable,
    dialect: ExcelDialect,
    sheet: _Sheet,
    names: list[str],
    first: int,
    end: int,
) -> None:
    """Delivered cells must add up to the total row; merged cells count once."""
    for name in dialect.footer_sums:
        place = names.index(name)
        amounts = [_amount(row[place]) for row in sheet.cells[first:end]]
        stated = _amount(sheet.cells[end][place])
        with localcontext(_EXACT):
            added = sum((amount for amount in amounts if amount is not None), Decimal())
            is_off = stated is None or abs(added - stated) > _NOISE
        if is_off:
            raise ExtractHeldError(
                f"{table.label}：“{name}”各行相加为 {added:f}，"
                f"“{dialect.footer_marker}”行为 {'空' if stated is None else f'{stated:f}'}。"
                "请核对后重新提交。",
                reason="footer_mismatch",
            )


def _fill_merged(
    dialect: ExcelDialect, sheet: _Sheet, names: list[str], first: int, end: int
) -> None:
    """Repeat a merged cell on each of its rows; a cell left empty by hand stays empty."""
    places = {names.index(name) for name in dialect.fill_down}
    for (row, left), (bottom, _) in sheet.merges:
        if left in places and first <= row < end:
            for covered in range(row + 1, min(bottom, end - 1) + 1):
                if any(cell.strip() for cell in sheet.cells[covered]):
                    sheet.cells[covered][left] = sheet.cells[row][left]


def _read_rows(
    table: SourceTable, sheet: _Sheet, names: list[str], first: int, end: int
) -> Reading:
    filled = [
        place for place in range(first, end) if any(cell.strip() for cell in sheet.cells[place])
    ]
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
        column.name: pa.array(
            [sheet.cells[place][names.index(column.name)] for place in kept], pa.string()
        )
        for column in table.columns
    }
    numbers = pa.array([place + 1 for place in kept], pa.int64())
    rows = pa.table(columns).append_column(ROW_NUMBER, numbers)
    return Reading(rows, records, broken, _EPOCHS[sheet.scan.is_1904])
