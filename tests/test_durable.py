"""Whatever must outlive a night is on the disk before it has its name, and its name soon after."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.durable import (
    make_folder,
    move,
    point_link,
    publish_file,
    publish_folder,
    publish_new_file,
    write_file,
    write_files,
)
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.alerts import deliver_outbox, queue_operator_message
from pipelines.quality.gates import judge_extracts
from pipelines.releases.manifest import seal_release
from pipelines.releases.switch import publish, use_release
from pipelines.reports.annual import render as annual
from pipelines.reports.dictionary import pages
from pipelines.reports.render import render_report
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.sources.pseudonyms import open_key
from tests.declared import our_suites
from tests.power_cut import PowerCut
from tests.quality.landed import complaint, contract, land
from tests.releases.bureau import (
    RELEASE_ID,
    build,
    build_sealed,
    make_layout,
    write_build,
)
from tests.sources.bureau import Bureau, csv_contract, csv_text

AT_HOME = ("operations.sqlite", "build/", "dbt_target", "night.lock")
"""What SQLite syncs itself, and what every night makes anew."""
Watch = Callable[[], PowerCut]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Begins to watch the test's folder; what lies there by then is on the disk."""
    return lambda: PowerCut(tmp_path, monkeypatch)


def assert_survives(cut: PowerCut, *apart: str) -> None:
    assert cut.named_too_early == []
    assert cut.lost(*AT_HOME, *apart) == []


def test_the_watch_sees_what_is_not_synced(watch: Watch, tmp_path: Path) -> None:
    """A content, a name, a folder's name, and what got its name before it was there."""
    (tmp_path / "old").write_text("old")
    cut = watch()
    (tmp_path / "old").write_text("new")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("x")
    (tmp_path / "aside").write_text("x")
    (tmp_path / "aside").rename(tmp_path / "named")
    assert cut.lost() == ["folder", "folder/file", "named", "old"]
    assert cut.named_too_early == ["aside"]


def test_the_watch_passes_over_what_others_rename(
    watch: Watch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Test modules that are imported late are compiled beside them, and then renamed."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    cut = watch()
    (elsewhere / "aside").write_text("x")
    (elsewhere / "aside").rename(elsewhere / "named")
    assert cut.named_too_early == []
    (elsewhere / "named").rename(tmp_path / "named")
    assert cut.named_too_early == ["named"]


WRITERS: dict[str, Callable[[Path], object]] = {
    "make_folder": lambda at: make_folder(at / "a" / "b"),
    "write_file": lambda at: write_file(at / "new" / "file", "text"),
    "write_files": lambda at: write_files(at / "new", {"zh/a": b"a", "b": "b"}),
    "publish_file": lambda at: publish_file(at / "there" / "file", at / "file"),
    "publish_new_file": lambda at: publish_new_file(at / "there" / "file", at / "file"),
    "publish_folder": lambda at: publish_folder(at / "there", at / "folder"),
    "move": lambda at: move(at / "synced" / "deeper", at / "deeper"),
    "point_link": lambda at: point_link(at / "link", at / "synced", at / ".link"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_each_durable_writer_leaves_nothing_to_a_power_cut(
    name: str, watch: Watch, tmp_path: Path
) -> None:
    (tmp_path / "synced" / "deeper").mkdir(parents=True)
    (tmp_path / "synced" / "deeper" / "file").write_text("old")
    cut = watch()
    (tmp_path / "there" / "deeper").mkdir(parents=True)
    (tmp_path / "there" / "deeper" / "file").write_text("x")
    (tmp_path / "there" / "file").write_text("y")
    WRITERS[name](tmp_path)
    assert_survives(cut, "there")
    assert cut.back() == []


def test_files_that_cannot_all_be_written_leave_those_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"报告.xlsx": b"old", "报告.docx": b"old"})
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.durable.sync", _fail_at(".报告.docx"))
        with pytest.raises(OSError, match="no more"):
            write_files(tmp_path, {"报告.xlsx": b"new", "报告.docx": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "报告.xlsx": b"old",
        "报告.docx": b"old",
    }
    paths = write_files(tmp_path, {"报告.xlsx": b"new"})
    assert [path.read_bytes() for path in paths] == [b"new"]


def _fail_at(name: str) -> Callable[[Path], None]:
    def fail(path: Path) -> None:
        if path.name.startswith(name):
            raise OSError("no more")

    return fail


def test_a_landing_survives(watch: Watch, tmp_path: Path) -> None:
    """The first one of a table, with its key and its profile; then a delivery that is held."""
    bureau = Bureau(tmp_path)
    rows = [[str(n), "张三", "2024-12-01", "1"] for n in range(200)]
    bureau.drop("people/人员_202412.csv", csv_text(rows))
    cut = watch()
    (extract,) = bureau.land(csv_contract()).extracts
    assert extract.profile_path.exists()
    assert bureau.settings.pseudonym_key_path.exists()
    assert_survives(cut)

    bureau.drop("people/人员_202411.csv", csv_text(rows)[:-1])
    bureau.land(csv_contract())
    assert list(bureau.layout.landing.rglob("_held/*.json"))
    assert_survives(cut, "sources")


def test_a_key_survives_before_anything_is_made_with_it(watch: Watch, tmp_path: Path) -> None:
    cut = watch()
    open_key(tmp_path / "keys" / "pseudonym", set())
    assert_survives(cut)


def test_a_quarantine_survives(watch: Watch, tmp_path: Path) -> None:
    """Also the rows of an increment that are only told of."""
    settings = Settings(warehouse=tmp_path / "warehouse", sources=tmp_path)
    layout = Layout.of(settings)
    table = contract("complaints__items")
    extract = land(layout, table, [complaint(1), complaint(2, closed_at="2024-12-01 09:00:00")])
    cut = watch()
    judge_extracts(table, [extract], our_suites()[table.id], layout=layout, settings=settings)
    assert list(layout.quarantine.rglob("*.parquet"))
    assert_survives(cut)


def test_a_release_and_its_link_survive(watch: Watch, tmp_path: Path) -> None:
    """The first one, another one, and going back by hand."""
    layout = make_layout(tmp_path / "warehouse")
    write_build(layout)
    cut = watch()
    building = build(layout)
    render_report(building)
    seal_release(layout, building)
    publish(layout, building)
    assert layout.current.resolve().name == RELEASE_ID
    assert_survives(cut)

    earlier = "2025-01-14-0123456789ab"
    publish(layout, build_sealed(layout, release_id=earlier, business_date=date(2025, 1, 14)))
    use_release(layout, earlier)
    assert layout.current.resolve().name == earlier
    assert_survives(cut)


def test_a_name_that_a_killed_night_did_not_sync_is_synced_by_the_next(
    watch: Watch, tmp_path: Path
) -> None:
    layout = make_layout(tmp_path / "warehouse")
    write_build(layout)
    building = build_sealed(layout)
    shutil.copytree(building, layout.build / "again")
    cut = watch()
    building.rename(layout.releases / RELEASE_ID)
    (layout.build / "again").rename(building)
    publish(layout, building)
    assert f"warehouse/releases/{RELEASE_ID}" not in cut.lost()


def test_a_digest_in_a_file_survives(watch: Watch, tmp_path: Path) -> None:
    settings = Settings(warehouse=tmp_path / "warehouse")
    layout = Layout.of(settings)
    with open_operations(layout.operations) as operations:
        queue_operator_message(
            operations, night_id="n", business_date=date(2025, 1, 15), stage="启动",
            message="x", has_release=False,
        )  # fmt: skip
    cut = watch()
    (delivery,) = deliver_outbox(layout, settings)
    assert delivery.path is not None
    assert_survives(cut)


def test_an_annual_report_and_a_dictionary_survive(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their files; what stands in them is made elsewhere."""
    monkeypatch.setattr(annual, "read_annual_contents", lambda *_: None)
    monkeypatch.setattr(annual, "render_annual_report", lambda *_: {"a.xlsx": b"a", "b.html": b"b"})
    monkeypatch.setattr(pages, "read_articles", lambda *_: [])
    monkeypatch.setattr(pages, "render_dictionary", lambda *_: {"zh/a.html": "a", "style.css": "b"})
    cut = watch()
    with duckdb.connect() as connection:
        annual.write_annual_report(connection, 2024, tmp_path / "reports" / "r" / "2024")
        pages.write_dictionary(connection, tmp_path / "dictionary" / "r")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 4
    assert_survives(cut)


def test_the_operations_store_is_synced_at_every_commit(tmp_path: Path) -> None:
    with open_operations(tmp_path / "operations.sqlite") as operations:
        ((mode,),) = operations.execute("pragma journal_mode").fetchall()
        ((synchronous,),) = operations.execute("pragma synchronous").fetchall()
    assert (mode, synchronous) == ("wal", 2)


def test_nothing_but_the_durable_module_syncs_or_renames() -> None:
    """A second way of writing would be one that nobody watches."""
    calls = {"fsync", "fdatasync", "replace", "rename", "link", "symlink_to", "hardlink_to"}
    found = []
    for path in sorted((PROJECT_ROOT / "pipelines").rglob("*.py")):
        if path.name == "durable.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            called = node.func
            of_system = isinstance(called.value, ast.Name) and called.value.id == "os"
            # Of a text, `replace` takes two arguments.
            if called.attr in calls and (of_system or len(node.args) == 1):
                found.append(f"{path.name} {called.attr}")
    assert found == ["folders.py rename"], "a release on its way out need not last"
