"""The routine rules of a table of figures, from what its suite names (`routine: {cell: …}`).

What belongs here: what must hold of each column that tells one figure from another. What does not:
what a figure can be, and how figures follow from each other (the suite's own rules).
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from pipelines.quality.rule_terms import NOT_EMPTY, Declared, declare, one_of
from pipelines.strict_model import StrictModel


class _Known(StrictModel):
    label: str
    words: Mapping[str, str] = Field(min_length=1)
    """By code."""


class FigureRoutine(StrictModel):
    """What a suite says of the columns of its figures."""

    cell: tuple[str, ...] = Field(min_length=1)
    """Together they tell one figure from another."""
    given: Mapping[str, str]
    """Columns that no figure may lack, with what people call them."""
    known: Mapping[str, _Known]
    """Columns that hold nothing but these codes."""


def figure_rules(label: str, owner: str, routine: FigureRoutine) -> list[Declared]:
    """The routine rules of the figures called `label`; one that fails stops the release."""
    return [
        declare(
            "figures_are_not_empty",
            owner,
            f"没有算出任何{label}，停止发布",
            NOT_EMPTY,
            level="table",
        ),
        declare(
            "cell_is_unique",
            owner,
            "同一指标、时期、地区、分组出现多个数值，停止发布",
            ("expect_compound_columns_to_be_unique", {"column_list": list(routine.cell)}),
            level="table",
        ),
        *(
            declare(
                f"{column}_is_given",
                owner,
                f"{label}的“{said}”为空，停止发布",
                ("expect_column_values_to_not_be_null", {"column": column}),
                level="figure",
            )
            for column, said in routine.given.items()
        ),
        *(
            declare(
                f"{column}_is_known",
                owner,
                f"{label}的“{known.label}”应为{one_of(list(known.words.values()))}，停止发布",
                (
                    "expect_column_values_to_be_in_set",
                    {"column": column, "value_set": list(known.words)},
                ),
                level="figure",
            )
            for column, known in routine.known.items()
        ),
    ]
