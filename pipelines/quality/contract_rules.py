"""The routine rules of a landed table, derived from its contract (`routine: contract`).

They are ordinary rules in Great Expectations' terms and stand before the suite's own. What belongs
here: deriving them. What does not: carrying them out (`validation`, `gates`), or what only one
table knows (its suite).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pipelines.quality.rule_terms import (
    NOT_EMPTY,
    Declared,
    Severity,
    ask_rows,
    ask_where,
    declare,
    one_of,
)
from pipelines.sources.columns import Column
from pipelines.sources.contracts import SourceTable
from pipelines.sql_text import identifier, literal

_TOO_LARGE = "1e15"
"""In base units: beyond what a district can take in, and within what decimal(20, 2) holds."""
_SHRINKS_TO = "0.9"
"""A delivery that lost more than a tenth of its rows has lost some by mistake: a full one against
the one before, a period against its own version before."""

_WORD, _CREDIT_CODE = "is_known", "is_a_credit_code"
_TOLD_ONLY = {_CREDIT_CODE}
"""What a steward is told of and no row is set aside for, unless a suite says otherwise: figures
seldom rest on it."""
_ADVICE = {
    (_WORD, "warning"): "（其他内容统计时计入“未知”，请补正）",
    (_CREDIT_CODE, "warning"): "，不影响件数统计，请补正",
    (_CREDIT_CODE, "critical"): "，请核对",
}
"""What follows for a rule that is told in one way or another."""


def contract_rules(
    table: SourceTable, severities: Mapping[str, Severity] | None = None
) -> list[Declared]:
    """The routine rules of a landed table, in the order of its columns; the table's own last.

    `severities` says of rules, by id, where theirs is not the usual one.

    Raises:
        ValueError: a severity of no rule of a column, or the usual one.
    """
    other = dict(severities or {})
    rules = [_key_rule(table)]
    for called, column in _rule_names(table):
        for name, condition, meaning in _column_conditions(table, column):
            usual: Severity = "warning" if name in _TOLD_ONLY else "critical"
            severity = other.pop(f"{called}_{name}", None)
            if severity == usual:
                raise ValueError(
                    f"severities: expected what differs from the routine, got {severity} for "
                    f"{called}_{name}, which it is. Leave it out"
                )
            rules.append(
                declare(
                    f"{called}_{name}",
                    table.steward,
                    meaning + _ADVICE.get((name, severity or usual), ""),
                    ask_where("landing", condition),
                    severity=severity or usual,
                    column=column.name,
                    found=column.name if name == _WORD else None,
                )
            )
    if other:
        raise ValueError(
            f"severities: expected ids of rules derived from columns, got {', '.join(other)}. "
            "docs/add-a-source.md lists them"
        )
    return rules + _volume_rules(table)


def _rule_names(table: SourceTable) -> Iterator[tuple[str, Column]]:
    """What the ids of a column's rules begin with, wherever it stands in the contract.

    Its name under `as`, else the delivered one; signs and blanks, which no id has, become `_`.
    """
    staged = {column.as_ for column in table.columns}
    for column in table.columns:
        delivered = re.sub(r"\W+", "_", column.name).strip("_")
        yield column.as_ or f"{'delivered_' * (delivered in staged)}{delivered}", column


def _key_rule(table: SourceTable) -> Declared:
    """Within one extract: an increment brings its keys again on purpose."""
    columns = ", ".join(identifier(column) for column in table.key)
    repeated = f"count(*) over (partition by _extract_id, {columns}) > 1"
    return declare(
        "key_is_unique",
        table.steward,
        f"同一{table.key_label}有多行且内容不一致，请核对并只保留正确的一行",
        ask_where("landing", repeated, "qualify"),
    )


def _column_conditions(table: SourceTable, column: Column) -> Iterator[tuple[str, str, str]]:
    """Name, condition of the rows at fault and meaning of each rule of a column."""
    cell, name = identifier(column.name), f"“{column.label_zh}”"
    if column.words:
        words = ", ".join(literal(word) for word in column.words)
        yield (
            _WORD,
            f"{cell} not in ({words})",
            f"{name}应为{one_of(list(column.words))}",
        )
    if column.as_ == "street":
        unknown = f"not coalesce(is_street({cell}), false)"
        yield "is_a_street", unknown, f"{name}缺失或不属于本区的街道，请核对"
    if column.data_type in ("date", "timestamp"):
        yield from _day_conditions(table, column)
    if column.data_type in ("decimal", "integer"):
        yield from _number_conditions(column)
    if column.as_ and column.as_.endswith("uscc"):
        wrong = f"{cell} is not null and not has_uscc_checks({cell})"
        yield _CREDIT_CODE, wrong, f"{name}不合编码规则"


def _number_conditions(column: Column) -> Iterator[tuple[str, str, str]]:
    # As floating point: the product of a long number has no room in a whole one.
    name, number = f"“{column.label_zh}”", f"cast({identifier(column.name)} as double)"
    if column.minimum is not None:
        less = f"小于 {column.minimum}" if column.minimum else "为负数"
        below = f"{number} < double '{column.minimum}'"
        yield "is_not_below_minimum", below, f"{name}{less}，请核对"
    if column.maximum is not None:
        above = f"{number} > double '{column.maximum}'"
        yield "is_not_above_maximum", above, f"{name}大于 {column.maximum}，请核对"
    if column.as_ and not _fits(column):
        # What does not fit the staged type would become null there and drop out of a sum unseen.
        large = f"abs({number}) * {column.times} >= {_TOO_LARGE}"
        yield "is_in_range", large, f"{name}大得不可能，请核对"


def _fits(column: Column) -> bool:
    """Whether the contract's own bounds leave no number that would not fit."""
    bounds = (column.minimum, column.maximum)
    return all(b is not None and abs(b) * column.times < Decimal(_TOO_LARGE) for b in bounds)


def _day_conditions(table: SourceTable, column: Column) -> Iterator[tuple[str, str, str]]:
    cell, latest, said = identifier(column.name), "_latest_day", "或晚于报送日期"
    if column.may_lie_ahead:
        latest, said = f"date '{column.latest}'", ""
    yield (
        "is_plausible",
        f"cast({cell} as date) not between date '{column.earliest}' and {latest}",
        f"“{column.label_zh}”不合理{said}，请核对",
    )
    if column.not_before:
        before = next(c for c in table.columns if c.name == column.not_before)
        # Of a day and an instant only the days can be compared.
        kind = "timestamp" if {column.data_type, before.data_type} == {"timestamp"} else "date"
        earlier = f"cast({cell} as {kind}) < cast({identifier(before.name)} as {kind})"
        said = f"“{column.label_zh}”早于“{before.label_zh}”，请核对"
        yield "is_in_order", earlier, said


def _volume_rules(table: SourceTable) -> list[Declared]:
    """What must hold of a delivery as a whole; an increment may be of any size."""
    if table.delivery == "increment":
        return []
    shorter = (
        "select delivered._extract_id from (select distinct _extract_id from {batch}) as delivered"
        " inner join gate.extracts as extracts on delivered._extract_id = extracts._extract_id"
        f" where extracts.rows_delivered < {_SHRINKS_TO} * extracts.previous_version_rows"
    )
    return [
        declare(name, table.steward, meaning, asked, level="table")
        for name, meaning, asked in (
            ("delivery_is_not_empty", "报送内容为空，请核对后重新报送", NOT_EMPTY),
            (
                "delivery_is_not_shorter",
                "本次报送比此前合格的一版少一成以上的行，疑似误删，请核对后重新报送",
                ask_rows(shorter),
            ),
        )
    ]
