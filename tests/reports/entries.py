"""Catalogue entries made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipelines.reports.catalogue import CatalogueEntry

_CASES = CatalogueEntry(
    indicator_id="cases_filed", label_zh="立案", label_en="Cases filed", unit="case",
    unit_label="件", display_scale="件", kind="count", is_main=True, owner="enforcement",
    owner_name="综合执法队", definition="期内立案的件数。", definition_en="Cases filed.",
    ambiguity="", ambiguity_en="", reported_as="", version=1,
    ledger="penalty_cases", ledger_label="案件台账", formula="count(*)", filter="",
    time_column="filed_on", breakdowns="",
)  # fmt: skip


def make_entry(indicator_id: str, **changes: Any) -> CatalogueEntry:
    """A count of 件 under that id, changed as asked."""
    return replace(_CASES, indicator_id=indicator_id, **changes)
