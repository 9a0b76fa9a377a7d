"""A release is read back, and whatever differs from its manifest is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ReleaseError
from pipelines.layout import Layout
from pipelines.releases.manifest import MANIFEST
from pipelines.releases.verify import verify_release
from tests.releases.bureau import RELEASE_ID, build_sealed

DATABASE = "indicators.duckdb"
AREAS = "parquet/areas.parquet"


@pytest.fixture
def sealed(layout: Layout) -> Path:
    return build_sealed(layout)


def restate(folder: Path, *names: str) -> None:
    """Make the manifest agree with changed files, so that only their inside can give them away."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for artefact in manifest["artefacts"]:
        if artefact["path"] in names:
            content = (folder / artefact["path"]).read_bytes()
            artefact |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def change_database(folder: Path, sql: str) -> None:
    with duckdb.connect(str(folder / DATABASE)) as connection:
        connection.execute(sql)
    restate(folder, DATABASE)


def test_an_untouched_release_is_verified(sealed: Path) -> None:
    assert verify_release(sealed).release_id == RELEASE_ID


def flip_one_bit(folder: Path) -> None:
    content = bytearray((folder / AREAS).read_bytes())
    content[20] ^= 1
    (folder / AREAS).write_bytes(content)


def shorten(folder: Path) -> None:
    (folder / AREAS).write_bytes((folder / AREAS).read_bytes()[:-1])


def remove(folder: Path) -> None:
    (folder / AREAS).unlink()


def add(folder: Path) -> None:
    (folder / "notes.txt").write_text("x")


def add_json(folder: Path) -> None:
    (folder / "draft.json").write_text("{}")


def leave_wal(folder: Path) -> None:
    (folder / "indicators.duckdb.wal").write_bytes(b"x")


def replace_by_link(folder: Path) -> None:
    (folder / AREAS).rename(folder.parent / "elsewhere")
    (folder / AREAS).symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (flip_one_bit, f"{AREAS} has other content"),
        (shorten, f"{AREAS} has .* bytes instead of"),
        (remove, f"{AREAS} is missing"),
        (add, "notes.txt is not listed"),
        (add_json, r"draft\.json is not listed"),
        (leave_wal, r"indicators\.duckdb\.wal is left beside the database"),
        (replace_by_link, f"{AREAS} is a link"),
    ],
)
def test_a_damaged_folder_is_refused(
    sealed: Path, damage: Callable[[Path], None], found: str
) -> None:
    damage(sealed)

    with pytest.raises(ReleaseError, match=found):
        verify_release(sealed)


def test_all_differences_are_named_at_once(sealed: Path) -> None:
    remove(sealed)
    add(sealed)

    with pytest.raises(ReleaseError, match=r"is missing; notes\.txt is not listed"):
        verify_release(sealed)


def test_a_row_missing_from_the_database_is_found(sealed: Path) -> None:
    change_database(sealed, "delete from areas where area_code = '330108'")

    with pytest.raises(ReleaseError, match=r"areas has 3 rows in indicators\.duckdb, 4 rows in"):
        verify_release(sealed)


def test_a_row_missing_from_both_is_found_by_the_manifest(sealed: Path) -> None:
    change_database(
        sealed,
        f"delete from areas where area_code = '330108'; copy areas to '{sealed / AREAS}'",
    )
    restate(sealed, AREAS)

    with pytest.raises(ReleaseError, match=r"3 rows in parquet/areas\.parquet, 4 rows in manifest"):
        verify_release(sealed)


@pytest.mark.parametrize("stranger", ["'2025-01-14-ffffffffffff'", "null"])
def test_a_row_of_another_release_is_found(sealed: Path, stranger: str) -> None:
    change_database(
        sealed,
        f"update indicator_values set release_id = {stranger}"
        " where indicator_id = 'cases_filed' and period_grain = 'ytd'",
    )

    found = stranger if stranger != "null" else "''"
    with pytest.raises(ReleaseError, match=f"indicator_values carries the release ids {found}"):
        verify_release(sealed)


def test_a_table_without_a_parquet_file_is_found(sealed: Path) -> None:
    change_database(sealed, "create table more as select 1 as x")

    with pytest.raises(ReleaseError, match="table more has no Parquet file"):
        verify_release(sealed)


def test_a_parquet_file_without_a_table_is_found(sealed: Path) -> None:
    change_database(sealed, "drop table areas")

    with pytest.raises(ReleaseError, match=f"{AREAS} has no table"):
        verify_release(sealed)


def test_a_database_that_does_not_open_is_found(sealed: Path) -> None:
    (sealed / DATABASE).write_bytes(b"not a database")
    restate(sealed, DATABASE)

    with pytest.raises(ReleaseError, match=r"indicators\.duckdb does not open"):
        verify_release(sealed)


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 2}'])
def test_an_unreadable_manifest_is_refused(sealed: Path, text: str) -> None:
    (sealed / MANIFEST).write_text(text)

    with pytest.raises(ReleaseError, match=r"expected a readable manifest\.json"):
        verify_release(sealed)


def test_a_folder_without_a_manifest_is_not_a_release(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"expected a manifest\.json, got none"):
        verify_release(tmp_path)
