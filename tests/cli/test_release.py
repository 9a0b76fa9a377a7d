"""`zhibiao release`: what is kept, and which of it people read."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.operations import open_operations
from pipelines.orchestration.lease import hold_lease
from pipelines.releases.switch import publish
from tests.cli.conftest import Command
from tests.night.bureau import Bureau
from tests.releases.bureau import build_sealed, make_layout, write_build

PAST = "2024-02-29"
BEHIND_THE_GATES = "reference,staging,ledgers,indicators,release"


def test_a_night_for_a_past_day_is_kept_and_made_current_when_told(
    bureau: Bureau, zhibiao: Command
) -> None:
    """It says so, with the commands; the ledgers know nothing of later days."""
    newest = bureau.current.resolve().name
    done = bureau.part(BEHIND_THE_GATES, "--date", PAST)
    assert done.returncode == 0, done.stderr
    (made,) = [f.name for f in (bureau.warehouse / "releases").iterdir() if f.name[:10] == PAST]
    assert bureau.current.resolve().name == newest
    assert f"kept beside the current release {newest}" in " ".join(done.stdout.split())
    assert f"zhibiao release use {made}" in " ".join(done.stdout.split())

    listed = json.loads(zhibiao("release", "list", "--format", "json", on=bureau).out)
    assert [(r["release"], r["as_of"], r["current"]) for r in listed] == [
        (made, PAST, False),
        (newest, newest[:10], True),
    ]
    used = zhibiao("release", "use", made, on=bureau)
    assert (used.code, used.out) == (0, f"current is now {made} (as of {PAST})\n")
    later = bureau.query(
        "select count(*) from registrations where occurred_on > ? union all"
        " select count(*) from complaints where greatest(received_on, accepted_on, closed_on) > ?"
        " union all"
        " select count(*) from penalty_decisions where decided_on > ? or published_on > ?",
        *[PAST] * 4,
    )
    assert later == [(0,), (0,), (0,)]
    assert bureau.query("select distinct as_of <= ? from indicator_values", PAST) == [(True,)]


def test_no_other_release_is_made_current_while_a_night_runs(
    bureau: Bureau, zhibiao: Command
) -> None:
    with hold_lease(bureau.warehouse / "night.lock"):
        answer = zhibiao("release", "use", bureau.current.resolve().name, on=bureau)
    assert answer.code == 75


def test_without_any_release_the_list_is_empty(zhibiao: Command) -> None:
    answer = zhibiao("release", "list", "--format", "json")
    assert (answer.code, json.loads(answer.out)) == (0, [])


def test_the_list_shows_what_there_is_whatever_is_damaged(zhibiao: Command, tmp_path: Path) -> None:
    """The link leads nowhere, one manifest cannot be read: status answers as well."""
    layout = make_layout(tmp_path / "warehouse")
    write_build(layout)
    made = publish(layout, build_sealed(layout)).id
    (layout.releases / "2025-01-01-0123456789ab").mkdir()
    layout.current.unlink()
    layout.current.symlink_to("releases/2025-01-02-0123456789ab")
    answer = zhibiao("release", "list", "--format", "json")
    assert answer.code == 0
    rows = [(r["release"], r["made_at"][:12], r["current"]) for r in json.loads(answer.out)]
    assert rows == [(made, rows[0][1], False), ("2025-01-01-0123456789ab", "its manifest", False)]
    with open_operations(layout.operations):
        pass
    answer = zhibiao("status", "--format", "json")
    assert (answer.code, json.loads(answer.out)["freshness"]) == (1, [])
    assert zhibiao("release", "use", made).code == 0
