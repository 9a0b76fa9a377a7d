"""Killed at any moment, a night leaves the old release or the new one; readers notice neither."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pipelines.layout import Layout
from pipelines.releases.folders import pointing_link
from pipelines.releases.switch import publish
from tests.machine import PATIENCE_SECONDS
from tests.releases.bureau import RELEASE_ID, build_sealed
from tests.releases.killed_night import NEXT_ID

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path.cwd())}

READER = """
import sys, time, duckdb
from pathlib import Path
from pipelines.releases.reading import open_release
from tests.releases.bureau import make_layout
layout = make_layout(Path(sys.argv[1]))
held = open_release(layout)
question = "select list(distinct release_id) from (select release_id from release union all" \
    " select release_id from indicator_values)"
while True:
    ((by_held,),) = held.execute(question).fetchall()
    with open_release(layout) as fresh:
        ((by_fresh,),) = fresh.execute(question).fetchall()
    print(*by_held, "|", *by_fresh, flush=True)
"""


def test_killed_before_any_change_the_current_release_is_whole(layout: Layout) -> None:
    publish(layout, build_sealed(layout))
    result = subprocess.run(
        [sys.executable, "-m", "tests.releases.killed_night", layout.warehouse],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
        timeout=PATIENCE_SECONDS,
    )

    states = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(current == stated for _, current, stated in states), result.stderr
    *held, whole, killed, following = states
    assert {current for _, current, _ in held} == {RELEASE_ID}, "held at no change it has switched"
    assert whole[:2] == ["", NEXT_ID]
    assert killed[:2] == ["killed", RELEASE_ID]
    assert following[:2] == ["next", NEXT_ID]
    changes = [change.split()[0] for change, _, _ in held]
    assert changes[-2:] == ["os.symlink", "os.rename"], "the last change is the switch"
    assert len(changes) > 15
    assert {p.name for p in layout.releases.iterdir()} == {RELEASE_ID, NEXT_ID}


def test_a_night_killed_between_naming_and_switching_is_finished_by_the_next(
    layout: Layout,
) -> None:
    publish(layout, build_sealed(layout))
    first = layout.current.readlink()
    publish(layout, build_sealed(layout, release_id=NEXT_ID))
    layout.current.unlink()
    layout.current.symlink_to(first)
    pointing_link(layout).symlink_to(Path("releases") / NEXT_ID)
    publish(layout, build_sealed(layout, release_id=NEXT_ID))

    assert layout.current.resolve().name == NEXT_ID
    assert not pointing_link(layout).is_symlink()


def test_readers_are_not_disturbed_by_a_switch(layout: Layout) -> None:
    publish(layout, build_sealed(layout))
    building = build_sealed(layout, release_id=NEXT_ID)
    with subprocess.Popen(
        [sys.executable, "-c", READER, layout.warehouse],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        answers = [reader.stdout.readline().strip()]
        publish(layout, building)
        while NEXT_ID not in answers[-1] and len(answers) < 1000 and answers[-1]:
            answers.append(reader.stdout.readline().strip())
        answers += [reader.stdout.readline().strip() for _ in range(5)]
        reader.kill()
        errors = reader.stderr.read()

    old, new = f"{RELEASE_ID} | {RELEASE_ID}", f"{RELEASE_ID} | {NEXT_ID}"
    assert answers[0] == old, errors
    assert answers[-1] == new, errors
    assert set(answers) == {old, new}
