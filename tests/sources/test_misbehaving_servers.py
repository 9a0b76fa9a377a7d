"""Every fault of a server at every stage of a talk: a source that is away, or all its rows."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.errors import SourceUnavailableError
from tests.sources.bureau import Bureau
from tests.sources.databases import fill_postgres, items_contract
from tests.sources.misbehaving_server import FAULTS, misbehaving
from tests.sources.test_bounded_visits import PASSWORD, children

STAGES: list[int | bytes] = [0, 1, 5, 9, 14, b"T", b"H", b"d", b"C", b"Z"]
"""Messages of a talk: its login, its first answers, the forms and the rows of the relation."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_goes_wrong_is_away_and_no_part_of_its_rows_lands(
    bureau: Bureau, postgres: str, fault: str, request: pytest.FixtureRequest
) -> None:
    """One stage in the suite, drawn by the fault; with more `--mutations` than usual, every one."""
    fill_postgres(postgres)
    bureau.max_visit = "3s"
    is_long = request.config.getoption("--mutations") > 40
    dice = Random(fault)  # noqa: S311 the same stage every time
    for at in STAGES if is_long else [dice.choice(STAGES)]:
        with misbehaving(postgres, fault, at) as address:
            bureau.connections["complaints"] = address
            with pytest.raises(SourceUnavailableError) as caught:
                bureau.land(items_contract())
        assert PASSWORD not in str(caught.value) + caught.value.found_zh, at
        assert not list(bureau.layout.landing.rglob("*.parquet")), at
        assert children() == [], at
