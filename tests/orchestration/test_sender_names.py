"""Names that a sender chose, on their way through Dagster's storage, incidents and the outbox."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipelines.operations import open_operations
from pipelines.orchestration.ingestion import landing_asset
from pipelines.orchestration.night import Night
from pipelines.quality.alerts import deliver_outbox, queue_digests
from pipelines.quality.stewards import read_stewards
from pipelines.settings import PROJECT_ROOT
from tests.sources.bureau import NIGHT, PEOPLE, Bureau, csv_contract, csv_text

PHONE, IDENTITY = "13912345678", "330108199003071234"
ADDED = [f"电话{PHONE}\n证{IDENTITY}", *[f"列{n}" for n in range(100_000)]]
LONGEST = 1_000
"""Characters of one message, whatever was delivered."""


def test_a_hundred_thousand_added_columns_leave_a_short_text_without_personal_values(
    tmp_path: Path,
) -> None:
    bureau = Bureau(tmp_path)
    header = [*[column["name"] for column in PEOPLE], *ADDED]
    bureau.drop("people/人员_202412.csv", csv_text([["1"] * len(header)], header))
    night = Night("n", NIGHT, datetime.now(UTC), bureau.settings, bureau.layout, is_synthetic=False)
    home = bureau.layout.dagster_home
    home.mkdir(parents=True)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        run = dg.materialize(
            [landing_asset(csv_contract())], resources={"night": night}, instance=instance
        )
        assert run.success
        (event,) = run.get_asset_materialization_events()
    assert len(str(event)) < 10 * LONGEST
    with open_operations(bureau.layout.operations) as operations:
        queue_digests(
            operations, night_id="n", business_date=NIGHT, since="2000-01-01T00:00:00+00:00",
            stewards=read_stewards(PROJECT_ROOT / "expectations"), labels={}, layout=bureau.layout,
        )  # fmt: skip
        messages = [row["message"] for row in operations.execute("select message from incidents")]
    deliver_outbox(bureau.layout, bureau.settings)
    assert [len(message) < LONGEST for message in messages] == [True]
    assert "等 100001 列" in messages[0]
    digests = list(bureau.layout.digests.iterdir())
    assert len(digests) == 1
    for path in bureau.layout.warehouse.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [v for v in (PHONE, IDENTITY) if v.encode() in content] == [], path
