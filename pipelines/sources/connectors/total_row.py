"""The total row of a worksheet: where the list ends, and whether its rows add up.

What belongs here: finding the row and adding cells exactly. What does not: reading the rows
(excel).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext

from pipelines.errors import ExtractHeldError
from pipelines.sources.column_types import spellings
from pipelines.sources.connectors.cells import NumberText, squeezed
from pipelines.sources.contracts import ExcelDialect, SourceTable

_NOISE = Decimal("0.000001")
"""A total is stored as a binary fraction: 0.1 + 0.2 shows as 0.30000000000000004."""
_AMOUNT = re.compile(r"[+-]?[0-9]{1,38}(\.[0-9]{1,38})?")
"""Plain digits, as many as a decimal column takes: 1E+300000000 written out is 300 MB, and sNaN
ends whatever adds it up."""
_EXACT = Context(prec=100)

Cells = Sequence[Sequence[str]]


def find_total_row(table: SourceTable, dialect: ExcelDialect, cells: Cells, first: int) -> int:
    """Index of the total row, or the end of the sheet when none is declared.

    Raises:
        ExtractHeldError: `footer_missing`.
    """
    if dialect.footer_marker is None:
        return len(cells)
    marker = dialect.footer_marker
    begins = [(place, row[0]) for place, row in enumerate(cells) if place >= first and row]
    named = [place for place, text in begins if squeezed(text).rstrip("：:") == marker]
    begun = [place for place, text in begins if _begins_like(text, marker)]
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


def _amount(text: str, number_signs: tuple[str, str]) -> Decimal | None:
    decimal, thousands = number_signs
    digits = str(text)
    if not isinstance(text, NumberText):
        digits = squeezed(text).replace("，", ",")
        for sign in spellings(thousands):
            digits = digits.replace(sign, "")
        digits = digits.replace(decimal, ".")
    return Decimal(digits) if _AMOUNT.fullmatch(digits) else None


def require_sums(
    table: SourceTable,
    dialect: ExcelDialect,
    cells: Cells,
    names: list[str],
    first: int,
    end: int,
) -> None:
    """Delivered cells must add up to the total row; merged cells count once.

    Raises:
        ExtractHeldError: `footer_mismatch`.
    """
    for name in dialect.footer_sums:
        place = names.index(name)
        signs = dialect.number_signs
        amounts = [_amount(row[place], signs) for row in cells[first:end]]
        stated = _amount(cells[end][place], signs)
        with localcontext(_EXACT):
            added = sum((amount for amount in amounts if amount is not None), Decimal())
            is_off = stated is None or abs(added - stated) > _NOISE
        if is_off:
            raise ExtractHeldError(
                f"{table.label}：“{table.labels[name]}”各行相加为 {added:f}，"
                f"“{dialect.footer_marker}”行为 {'空' if stated is None else f'{stated:f}'}。"
                "请核对后重新提交。",
                reason="footer_mismatch",
            )
