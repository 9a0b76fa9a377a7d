"""Routine rules: what every table must satisfy, derived instead of written out twenty times.

A landed table's follow from its contract (`routine: contract` in the suite's meta), a ledger's
from the few names that its suite gives (`routine: {key: …}`). They are ordinary rules in Great
Expectations' terms and stand before the suite's own. Belongs here: deriving them. Does not:
carrying them out (`validation`, `gates`), or what only one table knows (its suite).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.metrics.ledger_labels import Label
from pipelines.quality.rule_kinds import UNEXPECTED_ROWS
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
_ROWS_OF = "select _extract_id, _row_number from {batch}"

Severity = Literal["critical", "warning"]
Declared = dict[str, Any]
"""A rule as a suite's file would declare it."""


class LedgerRoutine(BaseModel):
    """What a ledger's suite says of its table, naming columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: str
    key: tuple[str, ...] = Field(min_length=1)
    """Together they tell one row from another."""
    given: tuple[str, ...] = ()
    """Columns that no row may lack."""
    may_be_empty: bool = False
    """A ledger without a row is nothing to tell of: whoever fines nobody has no decisions."""
    not_after_as_of: tuple[str, ...] = ()
    """Dates that cannot lie after the business date."""
    not_negative: tuple[str, ...] = ()
    area_code: str | None = None
    """The column that must hold a street of the district."""
    known: tuple[str, ...] = ()
    """Columns that hold nothing but the codes that a contract gives for its words."""
    codes_of: str | None = None
    """The source table whose contract that is; there the columns have the same names under `as`."""

    @property
    def columns(self) -> set[str]:
        """Every column that is named."""
        checked = (*self.given, *self.not_after_as_of, *self.not_negative, *self.known)
        return {*self.key, *checked, self.area_code or self.key[0]}


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
                _declare(
                    f"{called}_{name}",
                    table.steward,
                    meaning + _ADVICE.get((name, severity or usual), ""),
                    severity=severity or usual,
                    query=f"{_ROWS_OF} where {condition}",
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


def ledger_rules(
    label: str,
    routine: LedgerRoutine,
    contracts: Mapping[str, SourceTable],
    columns: Mapping[str, Label],
) -> list[Declared]:
    """The routine rules of a ledger whose columns have these labels.

    One that fails stops the release. An empty ledger only tells: its sources may have delivered
    nothing that could be used.

    Raises:
        ValueError: a column that the ledger does not describe, or `known` names one whose codes no
            contract gives.
    """
    if unknown := sorted(routine.columns - columns.keys()):
        raise ValueError(
            f"routine: expected columns that the ledger's YAML describes, got "
            f"{', '.join(unknown)}. Correct the name, or describe the column"
        )
    key = ", ".join(identifier(column) for column in routine.key)
    empty = _not_empty(
        "ledger_is_not_empty",
        routine.owner,
        f"{label}没有任何记录：来源没有合格数据时相关指标为“缺报”，来源已有数据时请查入库口径",
        severity="warning",
    )
    rules = [
        *([] if routine.may_be_empty else [empty]),
        _declare(
            "key_is_unique",
            routine.owner,
            f"{label}有重复的行，会重复计算",
            query=f"select * from {{batch}} qualify count(*) over (partition by {key}) > 1",
        ),
    ]
    return rules + [
        _declare(
            name,
            routine.owner,
            f"{label}{meaning}",
            query=f"select * from {{batch}} where {condition}",
        )
        for name, condition, meaning in _ledger_conditions(routine, contracts, columns)
    ]


def _ledger_conditions(
    routine: LedgerRoutine, contracts: Mapping[str, SourceTable], columns: Mapping[str, Label]
) -> Iterator[tuple[str, str, str]]:
    """Name, condition of the rows at fault and meaning of each rule."""
    names = {column: f"“{label.label_zh}”" for column, label in columns.items()}
    for column in routine.given:
        said = f"的{names[column]}为空，请查入库口径"
        yield f"{column}_is_given", f"{identifier(column)} is null", said
    for column in routine.not_after_as_of:
        later = f"{identifier(column)} > (select as_of from night.business_day)"
        yield f"{column}_is_not_after_as_of", later, f"的{names[column]}晚于数据日期"
    for column in routine.not_negative:
        said = f"的{names[column]}为负数"
        yield f"{column}_is_not_negative", f"{identifier(column)} < 0", said
    yield from _known_conditions(routine, contracts, names)
    if routine.area_code:
        column = identifier(routine.area_code)
        streets = "(select area_code from reference.areas where level = 'street')"
        yield (
            "area_code_is_a_street",
            f"{column} is null or {column} not in {streets}",
            "有记录未归入本区任何街道，分街道合计会少于全区",
        )


def _known_conditions(
    routine: LedgerRoutine, contracts: Mapping[str, SourceTable], names: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    table = contracts.get(routine.codes_of or "")
    if bool(routine.known) != bool(table):
        raise ValueError(
            f"known and codes_of: expected columns and the source table whose contract gives their "
            f"codes, got {', '.join(routine.known) or 'none'} and {routine.codes_of}. Name both"
        )
    words = {column.as_: column.words for column in table.columns} if table else {}
    for column in routine.known:
        if not words.get(column):
            raise ValueError(
                f"known: expected columns staged from words of {routine.codes_of}, got {column}. "
                "Leave it out, or write its rule"
            )
        codes = ", ".join(literal(code) for code in sorted(set(words[column].values())))
        unknown = f"{identifier(column)} not in ({codes})"
        yield f"{column}_is_known", unknown, f"的{names[column]}不在约定的范围之内，请查入库口径"


def _key_rule(table: SourceTable) -> Declared:
    """Within one extract: an increment brings its keys again on purpose."""
    columns = ", ".join(identifier(column) for column in table.key)
    return _declare(
        "key_is_unique",
        table.steward,
        f"同一{table.key_label}有多行且内容不一致，请核对并只保留正确的一行",
        query=f"{_ROWS_OF} qualify count(*) over (partition by _extract_id, {columns}) > 1",
    )


def _column_conditions(table: SourceTable, column: Column) -> Iterator[tuple[str, str, str]]:
    """Name, condition of the rows at fault and meaning of each rule of a column."""
    cell, name = identifier(column.name), f"“{column.label_zh}”"
    if column.words:
        words = ", ".join(literal(word) for word in column.words)
        yield (
            _WORD,
            f"{cell} not in ({words})",
            f"{name}应为{_one_of(list(column.words))}",
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


def _one_of(words: Sequence[str]) -> str:
    """甲、乙或丙."""
    return "或".join(part for part in ("、".join(words[:-1]), words[-1]) if part)


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
    empty = _not_empty("delivery_is_not_empty", table.steward, "报送内容为空，请核对后重新报送")
    shorter = (
        "select delivered._extract_id from (select distinct _extract_id from {batch}) as delivered"
        " inner join gate.extracts as extracts on delivered._extract_id = extracts._extract_id"
        f" where extracts.rows_delivered < {_SHRINKS_TO} * extracts.previous_version_rows"
    )
    return [
        empty,
        _declare(
            "delivery_is_not_shorter",
            table.steward,
            "本次报送比此前合格的一版少一成以上的行，疑似误删，请核对后重新报送",
            query=shorter,
            level="table",
        ),
    ]


def _declare(
    name: str,
    owner: str,
    meaning: str,
    *,
    query: str,
    severity: str = "critical",
    level: str = "row",
    column: str | None = None,
    found: str | None = None,
) -> Declared:
    said = {"id": name, "level": level, "owner": owner, "meaning": meaning}
    return {
        "type": UNEXPECTED_ROWS,
        "kwargs": {"unexpected_rows_query": query},
        "severity": severity,
        "meta": {**said, "column": column, "found": found},
    }


def _not_empty(name: str, owner: str, meaning: str, *, severity: str = "critical") -> Declared:
    return {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 1},
        "severity": severity,
        "meta": {"id": name, "level": "table", "owner": owner, "meaning": meaning},
    }


def merge_rules(routine: Sequence[Declared], own: Sequence[Declared]) -> list[Declared]:
    """Routine rules first; one of the suite's own with the same id takes its place."""
    named = {rule["meta"]["id"] for rule in own}
    return [rule for rule in routine if rule["meta"]["id"] not in named] + list(own)
