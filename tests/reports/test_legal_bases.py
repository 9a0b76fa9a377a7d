"""Citations as a reader meets them: which held in a period, and how they are written."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reports.legal_bases import NOTHING_HELD, LegalBasis, cite
from pipelines.reports.periods import Period, parse_period

YEAR = parse_period("2024")


def basis(article: str = "第三条", **said: object) -> LegalBasis:
    fields = {
        "basis_id": "x", "title": "办法", "number": "第1号", "article": article, "valid_from": None,
        "valid_to": None, "mark": "text", "words": "应当", "note": "",
    } | said  # fmt: skip
    return LegalBasis(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bases", "written"),
    [
        ([], ""),
        ([basis()], "《办法》（第1号）第三条"),
        ([basis(number="")], "《办法》第三条"),
        ([basis(article="")], "《办法》（第1号）"),
        ([basis(), basis("第七条"), basis()], "《办法》（第1号）第三条、第七条"),
        ([basis(), basis(title="条例"), basis("第七条")],
         "《办法》（第1号）第三条、第七条；《条例》（第1号）第三条"),
        ([basis("第三条、第八条"), basis("第八条、第九条")],
         "《办法》（第1号）第三条、第八条、第九条"),
        ([basis(mark="check")], "《办法》（第1号）第三条（待核对）"),
        ([basis(title="本局台账", number="", article="", mark="own")], "本局台账（无法定口径）"),
        ([basis(title="一段文字", number="", article="", mark="")], "一段文字"),
        ([basis(valid_from=date(2024, 1, 1), valid_to=date(2024, 12, 31))],
         "《办法》（第1号）第三条"),
        ([basis(valid_from=date(2024, 1, 2))], "《办法》（第1号）第三条（2024年1月2日起）"),
        ([basis(valid_to=date(2024, 12, 30))], "《办法》（第1号）第三条（至2024年12月30日）"),
        ([basis(valid_from=date(2024, 7, 1), valid_to=date(2024, 8, 31), mark="check")],
         "《办法》（第1号）第三条（2024年7月1日至2024年8月31日，待核对）"),
        ([basis(valid_to=date(2023, 12, 31))], NOTHING_HELD),
        ([basis(valid_from=date(2025, 1, 1))], NOTHING_HELD),
    ],
)  # fmt: skip
def test_a_period_cites_what_held_in_it(bases: list[LegalBasis], written: str) -> None:
    assert cite(bases, YEAR) == written


@given(
    first=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 800),
    change=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
def test_of_a_text_and_its_successor_a_period_cites_each_that_held_on_one_of_its_days(
    first: date, days: int, change: date
) -> None:
    """Day by day: the older until the day before the change, the newer from it on."""
    older = basis("旧", valid_to=change - timedelta(days=1))
    newer = basis("新", valid_from=change)
    period = Period("", first, first + timedelta(days=days))
    span = [first + timedelta(days=day) for day in range(days + 1)]
    written = cite([older, newer], period)
    assert ("旧" in written) == any(day < change for day in span)
    assert ("新" in written) == any(day >= change for day in span)
    assert ("起" in written) == ("至" in written) == ("旧" in written and "新" in written)
