"""What an earlier night's gate has answered, and whether it still holds.

A gate's answers hold while its rules, the table and whatever else the rules read are the same. The
business date is another matter: it changes every night, and what no row has gone beyond on one day
none has gone beyond on a later one. Belongs here: keeping and finding answers. Does not: asking the
rules (`gate_checks`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import duckdb
from pydantic import TypeAdapter

from pipelines.compute.relations import relations_in
from pipelines.orchestration.night import Night
from pipelines.own_code import hash_of_room
from pipelines.quality.ledger_rules import BUSINESS_DAY, LATER_THAN_AS_OF
from pipelines.quality.suites import Rule, Suite
from pipelines.quality.validation import CheckResult
from pipelines.strict_model import StrictModel

_NAMES = TypeAdapter(tuple[str, ...])

_COLUMN = r'"?\w+"?'
_TERM = rf"{_COLUMN} (?:{re.escape(LATER_THAN_AS_OF)}|[<>]=? {_COLUMN})"
_LATER_ROWS = re.compile(rf"select [\w*, ]+ from \{{batch\}} where {_TERM}(?: (?:and|or) {_TERM})*")
"""A query for rows that are later than the business date: of the same table it finds no more of
them on a later day."""


class _Kept(StrictModel):
    """Answers of one suite, as they lie in the store."""

    as_of: date
    """The business date on which they were given."""
    answers: tuple[tuple[bool, int | None, float], ...]
    """Of each rule, whether it holds, the rows at fault, the suite's seconds."""


@dataclass(frozen=True)
class GateAnswers:
    """The answers of one gate in one night."""

    night: Night
    suite: Suite
    key: str | None
    """None where a rule reads what is not there: nothing is known of it."""

    @classmethod
    def of(cls, night: Night, suite: Suite) -> GateAnswers:
        """Tonight's key of a gate: all that its rules read, but for a day that only moves on."""
        definition = f"{version('great_expectations')} {hash_of_room('quality')} {suite.hash}"
        reads = {suite.table, *_relations(night, suite)}
        if all(map(_holds_on_later_days, _dated(suite))):
            reads.discard(BUSINESS_DAY)
        return cls(night, suite, night.build.key_of(definition, reads))

    def find(self) -> list[CheckResult] | None:
        """The answers that still hold."""
        known = self.key and self.night.store.find_answer(self.key)
        if not known:
            return None
        kept = _Kept.model_validate(known)
        results = [
            CheckResult.of(rule, *said)
            for rule, said in zip(self.suite.expectations, kept.answers, strict=True)
        ]
        dated = {rule.meta.id for rule in _dated(self.suite)}
        held = all(result.success for result in results if result.rule_id in dated)
        day = self.night.business_date
        return results if not dated or kept.as_of == day or (held and kept.as_of < day) else None

    def keep(self, results: Sequence[CheckResult]) -> None:
        """Keep what was answered tonight."""
        if self.key:
            said = tuple((r.success, r.rows_affected, r.seconds) for r in results)
            kept = _Kept(as_of=self.night.business_date, answers=said)
            self.night.store.keep_answer(self.key, kept.model_dump(mode="json"))


def _dated(suite: Suite) -> list[Rule]:
    """The rules that compare with the business date."""
    return [rule for rule in suite.expectations if BUSINESS_DAY in (rule.query or "")]


def _holds_on_later_days(rule: Rule) -> bool:
    """Whether what a rule has not found on one day it cannot find on a later one."""
    return _LATER_ROWS.fullmatch(rule.query or "") is not None


def _relations(night: Night, suite: Suite) -> tuple[str, ...]:
    """What the queries of a suite read; parsed once for each form that it has."""
    key = f"relations of {duckdb.__version__} {hash_of_room('compute')} {suite.hash}"
    known = night.store.find_answer(key)
    if known is not None:
        return _NAMES.validate_python(known)
    queries = [(rule.query, rule.meta.id) for rule in suite.expectations if rule.query is not None]
    with duckdb.connect() as engine:
        found = {
            name
            for query, rule_id in queries
            for name in relations_in(engine, query.format(batch=suite.table), rule_id)
        }
    night.store.keep_answer(key, [*sorted(found)])
    return tuple(sorted(found))
