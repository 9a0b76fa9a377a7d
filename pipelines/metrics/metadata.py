"""What `config.meta` of a metric may say: the typed form of all that is published of an indicator.

What belongs here: the metadata on its own. What does not: what it must agree with, the measures,
dimensions and filters of the semantic layer (semantic_layer). What follows is not said again: the
kind from the measure, the unit's Chinese word from var `units`, the version from the changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipelines.strict_model import StrictModel

Grain = Literal["month", "quarter", "year", "ytd"]
Text = Annotated[str, Field(min_length=1)]


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("each once")
    return names


Names = Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(_once)]
"""A list that is left out rather than empty."""


class DefinitionChange(StrictModel):
    """A version of the definition after the first, and what it changed."""

    version: int = Field(ge=2)
    valid_from: date
    change: Text
    change_en: Text


class Display(StrictModel):
    """How a figure is shown."""

    main: bool = False
    """Among the main figures of the nightly report."""
    order: int | None = Field(default=None, ge=1)
    """Place in the annual report; none when it does not stand there."""
    scale: Text | None = None
    """What it is shown in, where that is not the unit: 万元, 部以上."""


class MetricMeta(StrictModel):
    """The metadata of one metric."""

    label_en: Text
    unit: Text
    """The base unit that values are stored in."""
    unit_label: Text | None = None
    """Its Chinese word, where it is not the usual one of var `units`."""
    kind: Literal["distinct", "rank", "upper_bound", "lower_bound"] | None = None
    """What the measure does not tell: a place among others, a bound, or a count of whom each part
    counts again."""
    owner: Text
    """The steward who answers for it."""
    definition: Text
    definition_en: Text
    legal_bases: Names
    """Ids of seeds/legal_bases.csv; a record of the bureau is a row there as well."""
    ambiguity: Text | None = None
    """What the published wording leaves open."""
    ambiguity_en: Text | None = None
    reported_as: Text | None = None
    """The indicator that reports state under this name, where it is another one."""
    breakdowns: tuple[Text, ...] = ()
    grains: Annotated[tuple[Grain, ...], Field(min_length=1)] | None = None
    """The periods that it is published for; all four when left out."""
    source_tables: Names | None = None
    """On a ledger of several lists: those that its filter names, and that it is stale with."""
    provisional_when: Text | None = None
    """The metric whose value above 0 makes a figure provisional."""
    suppress_small_cells: bool = False
    display: Display = Display()
    versions: tuple[DefinitionChange, ...] = ()
    """The changes since the first version, which needs no word."""

    @model_validator(mode="after")
    def _is_told_in_both_languages(self) -> MetricMeta:
        if bool(self.ambiguity) != bool(self.ambiguity_en):
            raise ValueError("expected ambiguity and ambiguity_en, got one of the two")
        return self

    @model_validator(mode="after")
    def _versions_are_told_in_order(self) -> MetricMeta:
        told = [change.version for change in self.versions]
        if told != list(range(2, len(told) + 2)):
            raise ValueError(f"expected versions from 2 on, one after the other, got {told}")
        days = [change.valid_from for change in self.versions]
        if days != sorted(days):
            raise ValueError("expected versions in the order of their valid_from, got another")
        return self


_PARTS: Mapping[str, type[StrictModel]] = {"display": Display, "versions": DefinitionChange}


def read_meta(said: Mapping[str, Any]) -> MetricMeta | list[str]:
    """The metadata, or what is wrong with it, a sentence each."""
    try:
        return MetricMeta.model_validate(said)
    except ValidationError as error:
        return list(_problems(error))


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        if problem["type"] == "missing":
            yield f"expected {name}, got none. Add it to config.meta"
        elif problem["type"] == "extra_forbidden":
            # The form that the word stands in: the metadata's own, or of one of its parts.
            form = _PARTS.get(str(problem["loc"][0]), MetricMeta) if "." in name else MetricMeta
            known = ", ".join(form.model_fields)
            yield f"expected one of {known}, got {name}, which says nothing. Leave it out"
        elif name:
            yield f"{name}: {problem['msg']}, got {problem['input']!r}. Mend it in config.meta"
        else:
            yield f"{problem['msg'].removeprefix('Value error, ')}. Mend config.meta"


def unit_problems(meta: MetricMeta, units: Mapping[str, str]) -> Iterator[str]:
    """A unit without a Chinese word, and words that say again what the unit says already."""
    usual = units.get(meta.unit)
    if usual is None and meta.unit_label is None:
        yield (
            f"expected a unit among {', '.join(units)}, or its unit_label, got {meta.unit}. "
            "Add it to var units of dbt_project.yml"
        )
    if meta.unit_label is not None and meta.unit_label == usual:
        yield f"expected no unit_label {usual}, which unit {meta.unit} says. Leave it out"
    if meta.display.scale is not None and meta.display.scale == (meta.unit_label or usual):
        yield f"expected no display.scale {meta.display.scale}, which is the unit. Leave it out"
