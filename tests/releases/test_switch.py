"""A release becomes current whole or not at all, and old ones go when nobody needs them."""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ReleaseError
from pipelines.layout import Layout
from pipelines.releases.manifest import MANIFEST
from pipelines.releases.reading import current_release, list_releases
from pipelines.releases.switch import prune, publish, use_release
from tests.releases.bureau import RELEASE_ID, build_sealed


def publish_another(layout: Layout, number: int) -> str:
    release_id = f"2025-01-{number:02d}-0123456789ab"
    publish(layout, build_sealed(layout, release_id=release_id))
    return release_id


def test_a_published_release_is_current_under_a_relative_link(layout: Layout) -> None:
    release = publish(layout, build_sealed(layout))

    assert release.id == RELEASE_ID
    assert layout.current.readlink() == Path("releases") / RELEASE_ID
    assert (layout.current / "indicators.duckdb").is_file()
    assert [p.name for p in layout.releases.iterdir()] == [RELEASE_ID]


def test_each_release_holds_the_hash_of_the_manifest_before_it(layout: Layout) -> None:
    first = publish(layout, build_sealed(layout))
    second_id = publish_another(layout, 16)
    second = current_release(layout)

    assert second is not None
    assert second.id == second_id
    assert second.manifest.previous is not None
    assert second.manifest.previous.release_id == first.id
    digest = hashlib.sha256((first.folder / MANIFEST).read_bytes()).hexdigest()
    assert second.manifest.previous.manifest_sha256 == digest


def test_equal_inputs_built_twice_keep_the_first_release(layout: Layout) -> None:
    publish(layout, build_sealed(layout))
    before = (layout.current / MANIFEST).read_bytes()
    publish(layout, build_sealed(layout))

    assert (layout.current / MANIFEST).read_bytes() == before
    assert [p.name for p in layout.releases.iterdir()] == [RELEASE_ID]


def test_an_older_release_built_again_becomes_current_again(layout: Layout) -> None:
    publish(layout, build_sealed(layout))
    publish_another(layout, 16)
    publish(layout, build_sealed(layout))

    assert layout.current.resolve().name == RELEASE_ID


def publish_day(layout: Layout, day: date, **options: bool) -> str:
    release_id = f"{day}-0123456789ab"
    publish(layout, build_sealed(layout, release_id=release_id, business_date=day), **options)
    return release_id


def test_a_release_of_an_earlier_day_is_kept_and_not_current(layout: Layout) -> None:
    """Unless told: readers are not taken back by a night for a past day."""
    later = publish_day(layout, date(2025, 1, 20))
    earlier = publish_day(layout, date(2025, 1, 16))
    assert layout.current.resolve().name == later
    assert {release.id for release in list_releases(layout)} == {later, earlier}
    told = publish_day(layout, date(2025, 1, 14), make_current=True)
    assert layout.current.resolve().name == told
    later = publish_day(layout, date(2025, 1, 15))
    assert layout.current.resolve().name == later


def test_another_release_is_made_current_only_whole(layout: Layout) -> None:
    later = publish_day(layout, date(2025, 1, 20))
    earlier = publish_day(layout, date(2025, 1, 16))
    assert use_release(layout, earlier).id == earlier
    assert layout.current.resolve().name == earlier
    with pytest.raises(ReleaseError, match="expected one below"):
        use_release(layout, "2025-01-21-0123456789ab")
    damaged = layout.releases / later / "indicators.duckdb"
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(ReleaseError, match=later):
        use_release(layout, later)
    assert layout.current.resolve().name == earlier


def test_equal_inputs_that_give_other_bytes_are_refused(layout: Layout) -> None:
    publish(layout, build_sealed(layout))
    before = (layout.current / MANIFEST).read_bytes()
    with duckdb.connect(str(layout.build_database)) as connection:
        connection.execute("update reference.areas set area_name = 'x' where area_code = '330108'")

    with pytest.raises(ReleaseError, match=r"got others in parquet/areas\.parquet\. The same"):
        publish(layout, build_sealed(layout))
    assert (layout.current / MANIFEST).read_bytes() == before


def test_a_damaged_build_does_not_become_current(layout: Layout) -> None:
    publish(layout, build_sealed(layout))
    building = build_sealed(layout, release_id="2025-01-16-0123456789ab")
    (building / "parquet" / "areas.parquet").write_bytes(b"")

    with pytest.raises(ReleaseError, match=r"areas\.parquet has 0 bytes"):
        publish(layout, building)
    assert layout.current.resolve().name == RELEASE_ID


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_release_is_for_the_group_and_nothing_else_is_opened(layout: Layout, umask: int) -> None:
    layout.warehouse.chmod(0o700)
    layout.build.chmod(0o700)
    umask = os.umask(umask)
    try:
        release = publish(layout, build_sealed(layout))
    finally:
        os.umask(umask)

    modes = {p: stat.S_IMODE(p.stat().st_mode) for p in release.folder.rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o750}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o640}
    assert stat.S_IMODE(release.folder.stat().st_mode) == 0o750
    assert stat.S_IMODE(layout.releases.stat().st_mode) == 0o750
    assert stat.S_IMODE(layout.warehouse.stat().st_mode) == 0o710
    assert stat.S_IMODE(layout.build.stat().st_mode) == 0o700


def test_a_group_that_the_releases_folder_hands_on_is_the_group_of_each_release(
    layout: Layout,
) -> None:
    layout.releases.mkdir(exist_ok=True)
    group = _another_group()
    os.chown(layout.releases, -1, group)
    layout.releases.chmod(0o2700)

    release = publish(layout, build_sealed(layout))

    assert stat.S_IMODE(layout.releases.stat().st_mode) == 0o2750
    assert {p.stat().st_gid for p in (release.folder, *release.folder.rglob("*"))} == {group}


def _another_group() -> int:
    """A group that files may be given to, other than the one that they get by themselves."""
    if os.geteuid() == 0:
        return os.getegid() + 4711
    others = [group for group in os.getgroups() if group != os.getegid()]
    return others[0] if others else pytest.skip("this user is in one group alone")


def test_a_release_is_closed_to_others_that_one_of_before_had_let_in(layout: Layout) -> None:
    earlier = publish(layout, build_sealed(layout))
    earlier.folder.chmod(0o755)
    layout.releases.chmod(0o755)
    publish(layout, build_sealed(layout))
    assert stat.S_IMODE(layout.releases.stat().st_mode) == 0o750


def test_a_release_being_built_is_private(layout: Layout) -> None:
    building = build_sealed(layout)

    assert stat.S_IMODE(building.stat().st_mode) == 0o700


def test_current_in_another_form_is_not_overwritten(layout: Layout) -> None:
    layout.current.mkdir()

    with pytest.raises(ReleaseError, match="expected a link"):
        publish(layout, build_sealed(layout))


def test_a_chain_whose_last_release_vanished_is_not_continued_in_silence(layout: Layout) -> None:
    layout.current.symlink_to("releases/2025-01-01-0123456789ab")

    with pytest.raises(ReleaseError, match="remove the link to begin a new chain"):
        build_sealed(layout)


def test_prune_removes_the_oldest_beyond_what_is_kept(layout: Layout) -> None:
    ids = [publish_another(layout, number) for number in (11, 12, 13, 14)]
    for number, release_id in enumerate(ids):
        restamp(layout, release_id, f"2025-02-0{number + 1}T00:00:00Z")

    assert prune(layout, 3) == ids[:1]
    assert [release.id for release in list_releases(layout)] == ids[:0:-1]


def test_prune_never_removes_the_current_release_or_its_predecessor(layout: Layout) -> None:
    ids = [publish_another(layout, number) for number in (11, 12, 13, 14)]
    # The clock ran backwards: by its stamp, the current release is the oldest.
    for number, release_id in enumerate(ids):
        restamp(layout, release_id, f"2025-02-0{9 - number}T00:00:00Z")

    assert prune(layout, 1) == [ids[1]]
    assert {release.id for release in list_releases(layout)} == {ids[0], ids[2], ids[3]}


def restamp(layout: Layout, release_id: str, created_at: str) -> None:
    path = layout.releases / release_id / MANIFEST
    text = path.read_text()
    stamp = text.split('"created_at": "')[1].split('"')[0]
    path.write_text(text.replace(stamp, created_at))


def test_a_release_that_is_there_is_read_back_and_made_current_again(layout: Layout) -> None:
    first = publish(layout, build_sealed(layout))
    number = publish_another(layout, 16)
    assert layout.current.resolve().name == number
    again = publish(layout, first.folder, make_current=True)
    assert again.id == first.id == layout.current.resolve().name
    (first.parquet / "areas.parquet").write_bytes(b"x")
    with pytest.raises(ReleaseError, match=r"areas\.parquet"):
        publish(layout, first.folder)
