"""Contracts, suites and metrics must fit together before a night begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import ContractError
from pipelines.orchestration.declaration_checks import check_declarations
from pipelines.quality.stewards import read_stewards
from tests.declared import our_contracts, our_suites

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = our_contracts()
SUITES = our_suites()
STEWARDS = read_stewards(PROJECT / "expectations")


def _manifest(owner: str) -> dict[str, Any]:
    return {"metrics": {"metric.zhibiao.x": {"name": "x", "config": {"meta": {"owner": owner}}}}}


def test_our_own_declarations_fit() -> None:
    check_declarations(CONTRACTS, SUITES, STEWARDS, _manifest("statistics"))


def test_everything_that_does_not_fit_is_named_at_once() -> None:
    nobody = CONTRACTS["complaints__items"].model_copy(update={"steward": "nobody"})
    contracts = {**CONTRACTS, "complaints__items": nobody}
    suites = {name: suite for name, suite in SUITES.items() if name != "penalty_cases__cases"}

    with pytest.raises(ContractError) as refusal:
        check_declarations(contracts, suites, STEWARDS, _manifest("somebody"))

    said = str(refusal.value)
    assert "penalty_cases__cases has no suite expectations/penalty_cases__cases.yml" in said
    assert "source table complaints__items names 'nobody'" in said
    assert "metric x names 'somebody'" in said
