"""Columns as contracts declare them, and what a declaration may not say.

What belongs here: the typed form of one column, and the words that would have no effect on it. What
does not: what two columns or a dialect say together (contracts), and any reading of a value
(column_types).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from pipelines.strict_model import StrictModel

ColumnType = Literal["text", "date", "timestamp", "integer", "decimal", "boolean", "json"]
Sensitivity = Literal["public", "internal", "personal"]

EARLIEST, LATEST = date(1949, 10, 1), date(2100, 12, 31)
"""Days beyond are slips or stand-ins (0001-01-01, 1900-01-01, 9999-12-31, infinity) unless a column
declares otherwise: no record of a bureau is older than the state."""

HAN = re.compile(r"[\u4e00-\u9fff]")
"""A Chinese character: what bureau people read has one."""

BLANKS = " \t\r\n\u3000\u00a0"
"""Trimmed from both ends of every value; a full-width space is what a Chinese keyboard types."""

DAYS, NUMBERS = ("date", "timestamp"), ("integer", "decimal")
_REACHES: Mapping[str, tuple[str, ...]] = {
    "formats": DAYS,
    "earliest": DAYS,
    "latest": DAYS,
    "may_lie_ahead": DAYS,
    "not_before": DAYS,
    "times": NUMBERS,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "words": ("text",),
    "if_empty": ("text", *NUMBERS, "boolean"),
    "day_only": ("timestamp",),
}
"""The types that a word of the declaration reaches; on another it would do nothing."""
ROUTINE_ONLY = ("may_lie_ahead", "not_before", "minimum", "maximum")
"""What the routine rules alone judge by."""
STAGED_ONLY = ("times", "if_empty", "day_only")
"""What `stage()` alone does."""
_AFTER_LANDING = (*ROUTINE_ONLY, *STAGED_ONLY, "words")
"""A personal value is a pseudonym by then."""
_SPELLINGS = {
    "boolean": re.compile("true|false"),
    "integer": re.compile("-?[0-9]{1,18}"),
    "decimal": re.compile("-?[0-9]{1,18}([.][0-9]+)?"),
}
"""How landing writes a value that may stand for an empty cell."""


class Column(StrictModel):
    """One delivered column, under the sender's spelling.

    `as`, `words` and STAGED_ONLY say what `stage()` makes of it (dbt_project/macros/staging.sql);
    ROUTINE_ONLY is what the routine rules expect of it (quality/contract_rules).
    """

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(min_length=1)
    data_type: ColumnType
    label: str = ""
    """What people call it; of a column that is delivered under a Chinese name, that name."""
    as_: str | None = Field(default=None, alias="as", pattern=r"^[a-z][a-z0-9_]*$")
    """The name of the staged column; a column without one goes no further than landing."""
    words: dict[str, str] = Field(default_factory=dict)
    """The sender's words and our codes for them; any other word is quarantined."""
    times: int = Field(default=1, ge=1)
    """Factor from the delivered unit to the base unit: 10000 where 万元 is delivered."""
    if_empty: str | None = None
    """What an empty cell is taken to say, in the spelling that lands: a word, `"false"`, `"0"`."""
    day_only: bool = False
    """A timestamp that is staged as its day."""
    earliest: date = EARLIEST
    """The first day that is no slip; landing rejects a row with an earlier one."""
    latest: date = LATEST
    """The last day that is no slip, also of a date that may lie ahead."""
    may_lie_ahead: bool = False
    """A date that may come after the day of the delivery, like the end of a validity."""
    not_before: str | None = None
    """The delivered column whose date this date may not precede."""
    minimum: Decimal | None = None
    """The least number, in the delivered unit; amounts and counts declare 0."""
    maximum: Decimal | None = None
    """The greatest number, in the delivered unit."""
    description: str = ""
    sensitivity: Sensitivity = "internal"
    required: bool = False
    may_be_absent: bool = False
    """A column that the sender's system may not have; all its values are null then."""
    formats: tuple[str, ...] = ()
    """strptime formats of a date or timestamp; `serial` is a spreadsheet day number."""
    path: str | None = None
    """JSON path of the value, for JSON lines; default `$.<name>`."""

    @property
    def label_zh(self) -> str:
        """What messages call it."""
        return self.label or self.name

    def declares(self, word: str) -> bool:
        """True when the contract says something by this word, and not its default."""
        default = type(self).model_fields[word].get_default(call_default_factory=True)
        return bool(getattr(self, word) != default)

    @model_validator(mode="after")
    def _every_word_has_an_effect(self) -> Column:
        if self.name != self.name.strip(BLANKS):
            raise ValueError(
                f"column {self.name!r}: expected a name without blanks around it, got some. The "
                "delivered names are trimmed; trim this one."
            )
        if self.label == self.name or not HAN.search(self.label_zh):
            raise ValueError(
                f"column {self.name}: expected a Chinese `label` that is not the name, got "
                f"{self.label or 'none'!r}. Say it in Chinese; a Chinese name is its own label."
            )
        for word, types in _REACHES.items():
            if self.declares(word) and self.data_type not in types:
                raise ValueError(
                    f"column {self.name}: expected `{word}` on {' or '.join(types)} only, got it "
                    f"on {self.data_type}, where it would do nothing. Leave it out, or mend "
                    "data_type."
                )
        for word in _AFTER_LANDING:
            if self.declares(word) and self.sensitivity == "personal":
                raise ValueError(
                    f"column {self.name}: expected no `{word}` on a personal column, got it. What "
                    "lands is a pseudonym, which it cannot judge; leave it out."
                )
        if self.required and self.may_be_absent:
            raise ValueError(
                f"column {self.name}: expected `required` or `may_be_absent`, got both. Where the "
                "column is absent, every row would be rejected; leave one of them out."
            )
        for word in STAGED_ONLY:
            if self.declares(word) and self.as_ is None:
                raise ValueError(
                    f"column {self.name}: expected `as` beside `{word}`, got none. It says what is "
                    f"staged, and this column is not; name it, or leave `{word}` out."
                )
        return self

    @model_validator(mode="after")
    def _values_can_occur(self) -> Column:
        if self.earliest > self.latest:
            raise ValueError(
                f"column {self.name}: expected `earliest` by `latest`, got {self.earliest} after "
                f"{self.latest}. Exchange them."
            )
        bounds = [bound for bound in (self.minimum, self.maximum) if bound is not None]
        if bounds != sorted(bounds):
            raise ValueError(
                f"column {self.name}: expected `minimum` up to `maximum`, got {self.minimum} above "
                f"{self.maximum}. Exchange them."
            )
        if unreachable := [word for word in self.words if word != word.strip(BLANKS)]:
            raise ValueError(
                f"column {self.name}: expected `words` without blanks around them, got "
                f"{unreachable[0]!r}. Delivered values are trimmed; trim the word."
            )
        self._check_what_empty_says()
        if len(set(self.formats)) != len(self.formats):
            raise ValueError(
                f"column {self.name}: expected distinct `formats`, got "
                f"{', '.join(self.formats)}. Leave the repeated one out."
            )
        if self.not_before == self.name:
            raise ValueError(
                f"column {self.name}: expected `not_before` to name another column, got this one. "
                "Name the day that it follows."
            )
        return self

    def _check_what_empty_says(self) -> None:
        said = self.if_empty
        if said is None:
            return
        if self.required:
            raise ValueError(
                f"column {self.name}: expected `required` or `if_empty`, got both. A required cell "
                "is never empty; leave one of them out."
            )
        if self.words and said not in self.words:
            raise ValueError(
                f"column {self.name}: expected one of its words for `if_empty`, got {said!r}. "
                "Write it as the sender does."
            )
        spelling = _SPELLINGS.get(self.data_type)
        if not said or said != said.strip(BLANKS) or (spelling and not spelling.fullmatch(said)):
            raise ValueError(
                f"column {self.name}: expected `if_empty` as a {self.data_type} lands, got "
                f"{said!r}. Write true or false, plain digits, or a trimmed text, in quotes."
            )
        bounds = (self.minimum, self.maximum)
        if self.data_type in NUMBERS and not _is_between(Decimal(said), *bounds):
            raise ValueError(
                f"column {self.name}: expected `if_empty` within {bounds[0]} and {bounds[1]}, got "
                f"{said}. Mend it, or the bound."
            )


def _is_between(number: Decimal, least: Decimal | None, greatest: Decimal | None) -> bool:
    return (least is None or number >= least) and (greatest is None or number <= greatest)
