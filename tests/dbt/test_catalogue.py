"""The catalogue against what was reviewed by hand: the label, unit, owner and sources of every
indicator stand in `by_hand/catalogue.csv`, which a person keeps and nothing writes.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import duckdb

from pipelines.settings import PROJECT_ROOT

REVIEWED = Path(__file__).with_name("by_hand") / "catalogue.csv"


def test_every_indicator_has_the_label_unit_owner_and_sources_that_were_reviewed(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    """A row that differs is an unreviewed change; an indicator without a row was never reviewed."""
    with REVIEWED.open(encoding="utf-8", newline="") as file:
        reviewed = [tuple(row.values()) for row in csv.DictReader(file)]
    published = figures.execute(
        """
        select indicator_id, label_zh, unit_label, owner, (
            select string_agg(source_table, ' ' order by source_table)
            from indicators.indicator_sources
            where indicator_sources.indicator_id = indicators.indicator_id
        ) as sources
        from indicators.indicators
        """
    ).fetchall()
    assert len(reviewed) == 129
    assert sorted(published) == sorted(reviewed)


def changed_by(figures: duckdb.DuckDBPyConnection, words: str) -> list[str]:
    """The indicators of which some version says these words of what it changed."""
    changed = figures.execute(
        "select distinct indicator_id from indicators.indicator_versions"
        " where version > 1 and contains(change_zh, ?) order by indicator_id",
        [words],
    ).fetchall()
    return [name for (name,) in changed]


def test_what_hangs_on_the_end_of_mediation_is_of_a_second_version_and_nothing_else(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    assert changed_by(figures, "调解期限") == [
        "due_closure_rate",
        "items_closed_on_time",
        "items_closed_when_due",
        "items_due",
        "items_not_yet_due",
        "mediation_on_time_rate",
        "mediations_not_yet_due",
        "on_time_closure_rate",
    ]


def test_every_figure_of_reconsiderations_says_what_changed_by_notice_and_by_days_granted(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    hanging_on_the_due_day = [
        "reconsideration_on_time_rate",
        "reconsiderations_concluded_on_time",
        "reconsiderations_due",
        "reconsiderations_not_yet_due",
    ]
    assert changed_by(figures, "批准的天数") == hanging_on_the_due_day
    assert changed_by(figures, "视为受理") == hanging_on_the_due_day
    by_notice = sorted([*hanging_on_the_due_day, "reconsiderations_new"])
    assert changed_by(figures, "通知本局的日期") == by_notice


def test_who_counts_as_a_head_in_court_is_said_to_have_changed(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    assert changed_by(figures, "共同被告") == [
        "head_court_attendance_rate",
        "litigations_heard_with_head",
        "litigations_heard_with_principal",
        "principal_attendance_rate",
    ]


def test_what_hangs_on_the_kind_or_procedure_of_a_penalty_is_of_a_second_version(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    changed = figures.execute(
        "select indicator_id from indicators.indicators"
        " where version = 2 and ledger like 'penalty_%' order by indicator_id"
    ).fetchall()
    assert [name for (name,) in changed] == [
        "case_decision_on_time_rate",
        "cases_filed",
        "cases_not_yet_due",
        "decisions_not_yet_due_for_publication",
        "lenient_amount_waived",
        "lenient_cases",
        "panel_reviewed_cases",
        "penalty_amount",
        "penalty_decisions_made",
        "penalty_publication_on_time_rate",
    ]


def test_terms_that_no_text_gives_are_cited_as_the_bureaus_own(
    figures: duckdb.DuckDBPyConnection,
) -> None:
    cited = figures.execute(
        "select indicator_id, basis_id from indicators.indicator_legal_bases"
        " where indicator_id like 'food_%'"
    ).fetchall()
    assert {name for name, basis in cited if basis == "food_publication"} == {
        "food_disposals_to_publish",
        "food_disposals_published",
        "food_publication_rate",
    }
    assert {basis for _, basis in cited} == {
        "food_failure_report", "food_disposal", "food_publication",
    }  # fmt: skip
    assert len(cited) == 9, "each rests on its own term and on nothing else"


def test_no_definition_quotes_a_published_total(figures: duckdb.DuckDBPyConnection) -> None:
    """A definition holds for every year; the total of one stands in the report."""
    with (PROJECT_ROOT / "demo" / "published_2024.csv").open(encoding="utf-8") as file:
        published = {row["published"] for row in csv.DictReader(file)}
    telling = {number for number in published if len(number.replace(".", "")) >= 3} - {"100"}
    assert len(telling) > 15
    texts = figures.execute(
        "select indicator_id, concat_ws(' ', definition, definition_en, ambiguity, ambiguity_en)"
        " from indicators.indicators"
    ).fetchall()
    quoting = {
        (indicator, number)
        for indicator, text in texts
        for number in re.findall(r"\d+(?:\.\d+)?", text.replace(",", ""))
        if number in telling
    }
    assert quoting == set()
