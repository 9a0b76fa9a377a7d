"""The routine rules of a ledger, derived from what its suite names (`routine: {key: …}`).

They are ordinary rules in Great Expectations' terms and stand before the suite's own. What belongs
here: deriving them. What does not: carrying them out (`validation`, `gates`), or what only one
ledger knows (its suite).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import Field

from pipelines.metrics.ledger_labels import Label
from pipelines.quality.rule_terms import NOT_EMPTY, Declared, ask_where, declare, one_of
from pipelines.sql_text import identifier, literal
from pipelines.strict_model import StrictModel

BUSINESS_DAY = "night.business_day"
LATER_THAN_AS_OF = f"> (select as_of from {BUSINESS_DAY})"
"""The form in which a rule asks for what is later than the business date, and its answer is kept
for later ones (`orchestration.gate_answers`)."""


class LedgerRoutine(StrictModel):
    """What a ledger's suite says of its table, naming columns."""

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
    """Columns that hold nothing but the codes that have words beside the ledger."""

    @property
    def columns(self) -> set[str]:
        """Every column that is named."""
        checked = (*self.given, *self.not_after_as_of, *self.not_negative, *self.known)
        return {*self.key, *checked, self.area_code or self.key[0]}


def ledger_rules(
    label: str,
    owner: str,
    routine: LedgerRoutine,
    columns: Mapping[str, Label],
) -> list[Declared]:
    """The routine rules of the ledger called `label`, whose columns have these labels.

    One that fails stops the release. An empty ledger only tells: its sources may have delivered
    nothing that could be used.

    Raises:
        ValueError: a column that the ledger does not describe, or one that is `known` and whose
            codes have no words.
    """
    if unknown := sorted(routine.columns - columns.keys()):
        raise ValueError(
            f"routine: expected columns that the ledger's YAML describes, got "
            f"{', '.join(unknown)}. Correct the name, or describe the column"
        )
    key = ", ".join(identifier(column) for column in routine.key)
    empty = declare(
        "ledger_is_not_empty",
        owner,
        f"{label}没有任何记录：来源没有合格数据时相关指标为“缺报”，来源已有数据时请查入库口径",
        NOT_EMPTY,
        severity="warning",
        level="table",
    )
    return [
        *([] if routine.may_be_empty else [empty]),
        declare(
            "key_is_unique",
            owner,
            f"{label}有重复的行，会重复计算",
            ask_where("ledgers", f"count(*) over (partition by {key}) > 1", "qualify"),
        ),
        *(
            declare(name, owner, f"{label}{meaning}", ask_where("ledgers", condition))
            for name, condition, meaning in _ledger_conditions(routine, columns)
        ),
    ]


def _ledger_conditions(
    routine: LedgerRoutine, columns: Mapping[str, Label]
) -> Iterator[tuple[str, str, str]]:
    """Name, condition of the rows at fault and meaning of each rule."""
    names = {column: f"“{label.label_zh}”" for column, label in columns.items()}
    for column in routine.given:
        said = f"的{names[column]}为空，请查入库口径"
        yield f"{column}_is_given", f"{identifier(column)} is null", said
    for column in routine.not_after_as_of:
        later = f"{identifier(column)} {LATER_THAN_AS_OF}"
        yield f"{column}_is_not_after_as_of", later, f"的{names[column]}晚于数据日期"
    for column in routine.not_negative:
        said = f"的{names[column]}为负数"
        yield f"{column}_is_not_negative", f"{identifier(column)} < 0", said
    for column in routine.known:
        words = columns[column].values
        if not words:
            raise ValueError(
                f"known: expected columns whose codes have words beside the ledger, got {column}. "
                "Leave it out, or write its rule"
            )
        codes = ", ".join(map(literal, sorted(words)))
        said = f"的{names[column]}应为{one_of(list(words.values()))}，请查入库口径"
        yield f"{column}_is_known", f"{identifier(column)} not in ({codes})", said
    if routine.area_code:
        column = identifier(routine.area_code)
        streets = "(select area_code from reference.areas where level = 'street')"
        yield (
            "area_code_is_a_street",
            f"{column} is null or {column} not in {streets}",
            "有记录未归入本区任何街道，分街道合计会少于全区",
        )
