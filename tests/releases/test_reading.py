"""Releases are found and opened for reading, and nothing can be done to them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ReleaseError
from pipelines.layout import Layout
from pipelines.releases.reading import (
    current_release,
    damaged_releases,
    find_release,
    list_releases,
    open_release,
)
from pipelines.releases.switch import prune, publish, use_release
from pipelines.releases.verify import verify_release
from tests.releases.bureau import RELEASE_ID, build_sealed

OTHER_ID = "2025-01-16-0123456789ab"


def test_before_the_first_night_there_is_no_release(layout: Layout) -> None:
    assert current_release(layout) is None
    assert list_releases(layout) == []
    with pytest.raises(ReleaseError, match="Run a night first"):
        open_release(layout)


def test_the_current_release_opens_by_default_and_an_older_one_by_its_id(published: Layout) -> None:
    publish(published, build_sealed(published, release_id=OTHER_ID))

    for asked, opened in ((None, OTHER_ID), (RELEASE_ID, RELEASE_ID)):
        with open_release(published, asked) as connection:
            assert connection.sql("select release_id from release").fetchall() == [(opened,)]


def test_a_release_that_cannot_be_read_is_named_and_hides_no_other(published: Layout) -> None:
    """Without a manifest, or with one that says nothing."""
    for name, content in ((OTHER_ID, None), ("2025-01-17-0123456789ab", "{")):
        (published.releases / name).mkdir()
        if content:
            (published.releases / name / "manifest.json").write_text(content)
    assert [release.id for release in list_releases(published)] == [RELEASE_ID]
    assert damaged_releases(published) == [OTHER_ID, "2025-01-17-0123456789ab"]
    assert prune(published, 1) == []
    assert len(list(published.releases.iterdir())) == 3


def test_a_link_that_leads_nowhere_says_what_to_do(published: Layout) -> None:
    published.current.unlink()
    published.current.symlink_to("releases/gone")
    with pytest.raises(ReleaseError, match="`zhibiao release use ID` makes one current"):
        current_release(published)
    use_release(published, RELEASE_ID)
    assert find_release(published).id == RELEASE_ID


@pytest.mark.parametrize("name", ["2025-01-01-ffffffffffff", "../releases", "..", "", "a/b"])
def test_an_unknown_release_is_refused(published: Layout, name: str) -> None:
    with pytest.raises(ReleaseError, match="release: expected one below"):
        find_release(published, name)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into release values ('x', null, false, 'x')",
        "drop table release",
        "create table more as select 1",
        "copy release to '{outside}'",
        "from read_text('{secret}')",
        "attach '{outside}' as other",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "install httpfs",
    ],
)
def test_a_query_can_only_read_the_release(published: Layout, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("pseudonym key")
    with open_release(published) as connection, pytest.raises(duckdb.Error):
        connection.execute(sql.format(outside=tmp_path / "outside", secret=secret)).fetchall()
    assert not (tmp_path / "outside").exists()


def test_a_query_beyond_the_memory_limit_is_refused_and_spills_nothing(published: Layout) -> None:
    with (
        open_release(published, memory_limit="50MB") as connection,
        pytest.raises(duckdb.OutOfMemoryException),
    ):
        connection.execute("select list(hash(i)) from range(100_000_000) as r(i)").fetchall()
    verify_release(published.current.resolve())
    assert not list(published.current.glob("*.tmp"))


def test_one_process_may_open_a_release_twice(published: Layout) -> None:
    with open_release(published) as first, open_release(published) as second:
        assert first.sql("from release").fetchall() == second.sql("from release").fetchall()
