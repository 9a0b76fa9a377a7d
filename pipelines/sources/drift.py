"""Schema drift: what was delivered against what the contract declares, uniform for every kind.

What belongs here: comparing names, and the limits beyond which a whole delivery is held. What does
not: judging rows one by one (screening). Messages are for stewards, in Chinese; they quote column
names and never a cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.errors import ExtractHeldError
from pipelines.sources.column_types import TYPE_NAMES
from pipelines.sources.contracts import SourceTable
from pipelines.sources.sender_names import LISTED, list_added, list_shown, show_name

UNREADABLE_SHARE = 0.01
"""Above this share of undecodable rows the declared encoding is wrong, and not a few bytes: real
GB18030 deliveries carry a handful of damaged characters in 10,000 rows, a wrong codec damages
every row with a Chinese character."""

BROKEN_SHARE = 0.05
"""Above this share of failing values a column was retyped (and of unsplittable rows, the dialect
changed). Typing slips stay well below one in a hundred; a changed export fails in every row, or in
every row since the change."""

SLIPS = 2
"""So many failures are slips whatever their share: two bad dates in a list of thirty rows are two
bad rows, not a changed column."""


def require_columns(table: SourceTable, delivered: Sequence[str]) -> None:
    """Accept the declared columns in any order, without those that may be absent.

    Raises:
        ExtractHeldError: `duplicate_columns`, `header_missing` or `columns_changed`.
    """
    declared = {column.name for column in table.columns}
    given = dict.fromkeys(delivered)
    added = [name for name in given if name not in declared]
    known = declared & given.keys()
    expected = [column.name for column in table.columns if not column.may_be_absent]
    removed = [name for name in expected if name not in given]
    if len(removed) * 2 > len(expected):
        # Where not one name is known, what stands there may be a row of data, a person's: it is
        # not quoted. A row of data does not hold one of our column names.
        others = list_added(added, 0)
        read = f"读到的其他列名：{others}。" if known and added else ""
        raise ExtractHeldError(
            f"{table.label}：应有 {len(declared)} 个字段，表头中只认出 {len(known)} 个，"
            f"可能缺少表头行或交付了别的表。"
            f"缺少列：{_list_ours(table, removed)}。{read}请按约定的表头重新导出。",
            reason="header_missing",
        )
    repeated = [name for name, times in Counter(delivered).items() if times > 1]
    if repeated:
        ours = [name for name in repeated if name in declared]
        said = _list_ours(table, ours) if ours else list_added(repeated, len(removed))
        raise ExtractHeldError(
            f"{table.label}：表头中有重复的列名：{said}。请改名后重新导出。",
            reason="duplicate_columns",
        )
    if added or removed:
        told = (
            ("多出列", added and list_added(added, len(removed))),
            ("缺少列", removed and _list_ours(table, removed)),
        )
        difference = "；".join(f"{word}：{said}" for word, said in told if said)
        raise ExtractHeldError(
            f"{table.label}：字段与约定不一致。{difference}。"
            "请恢复原来的字段；如系统确已变更，请通知维护人员更新约定。",
            reason="columns_changed",
        )


def _list_ours(table: SourceTable, names: Sequence[str]) -> str:
    """Columns of the contract; beside its label each as the header has to spell it."""
    labels = ((name, show_name(table.labels[name])) for name in names[:LISTED])
    shown = [label if label == name else f"{label}（{show_name(name)}）" for name, label in labels]
    return list_shown(shown, len(names))


def require_same_types(table: SourceTable, failures: Sequence[tuple[str, int, int]]) -> None:
    """Accept a few values that are not of their column's type.

    Args:
        table: The contract.
        failures: (column, values that failed, values that are not null), one per typed column.

    Raises:
        ExtractHeldError: `columns_retyped`.
    """
    columns = {column.name: column for column in table.columns}
    retyped = [
        f"“{columns[name].label_zh}”（应为{TYPE_NAMES[columns[name].data_type]}，"
        f"{values} 个值中有 {failed} 个不是）"
        for name, failed, values in failures
        if is_beyond(failed, values, BROKEN_SHARE)
    ]
    if retyped:
        raise ExtractHeldError(
            f"{table.label}：列的类型或格式已变：{list_shown(retyped, len(retyped))}。"
            "请恢复原来的格式；如系统确已变更，请通知维护人员更新约定。",
            reason="columns_retyped",
        )


def is_beyond(failed: int, of: int, share: float) -> bool:
    """True when failures are no slips: over the share and more than a few, or all there is."""
    return failed > of * share and (failed > SLIPS or failed == of > 1)


def require_decodable(table: SourceTable, undecodable: int, records: int) -> None:
    """Accept a few undecodable rows.

    Raises:
        ExtractHeldError: `wrong_encoding`.
    """
    if is_beyond(undecodable, records, UNREADABLE_SHARE):
        raise wrong_encoding(table, f"{records} 行中有 {undecodable} 行无法解码")


def wrong_encoding(table: SourceTable, finding: str) -> ExtractHeldError:
    """The refusal of a delivery that is not in its declared encoding."""
    declared = getattr(table.dialect, "encoding", "utf-8")
    return ExtractHeldError(
        f"{table.label}：文件编码不是约定的 {declared}（{finding}）。请按约定的编码重新导出。",
        reason="wrong_encoding",
    )


def require_splittable(table: SourceTable, broken: int, records: int) -> None:
    """Accept a few rows that do not split into the declared columns.

    Raises:
        ExtractHeldError: `malformed`.
    """
    if is_beyond(broken, records, BROKEN_SHARE):
        raise ExtractHeldError(
            f"{table.label}：{records} 行中有 {broken} 行的结构与约定不符，"
            "可能换了分隔符、引号或格式。请按约定的格式重新导出。",
            reason="malformed",
        )


def require_count(table: SourceTable, parsed: int, counted: int) -> None:
    """Two independent readers must see the same number of rows.

    Raises:
        ExtractHeldError: `count_mismatch`.
    """
    if parsed != counted:
        raise ExtractHeldError(
            f"{table.label}：两种独立的方法读出的行数不同（{parsed} 与 {counted}），"
            "无法确认数据完整。请重新导出；若仍如此，请通知维护人员。",
            reason="count_mismatch",
        )
