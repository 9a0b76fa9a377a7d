"""Synthetic extracts are labelled, the same twice, and never written over somebody else's."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from demo.bureau import DemoSummary, write_demo
from demo.claim import claim
from pipelines.errors import SettingsError
from pipelines.sources.synthetic import CLAIM_NAME, MARKER_NAME, read_marker
from tests.demo.count_history import count_years
from tests.demo.delivered import write_totals
from tests.demo.personal_values import personal_samples

HEADING = "indicator_id,published,unit,period\n"


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_equal_arguments_give_equal_files(tmp_path: Path, demo: DemoSummary) -> None:
    """Files and marker byte for byte; the complaint platform's database dump for dump."""
    again = write_demo(tmp_path / "again", scale=0.05)
    one, two = _hashes(demo.sources), _hashes(again.sources)
    database = "complaints/complaints.sqlite"
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} <= {database}
    dumps = []
    for folder in (demo.sources, again.sources):
        with closing(sqlite3.connect(folder / database)) as connection:
            dumps.append(hashlib.sha256("".join(connection.iterdump()).encode()).hexdigest())
    assert dumps[0] == dumps[1]


def test_another_seed_gives_other_rows_and_the_same_totals(
    tmp_path: Path, demo: DemoSummary
) -> None:
    """The seed moves the records, not the calibrated figures."""
    other = write_demo(tmp_path / "other", seed=5, scale=0.05)
    name = "registrations/registrations_202403.csv"
    assert (other.sources / name).read_bytes() != (demo.sources / name).read_bytes()
    one, two = (count_years(d.sources, range(2023, 2026), d.marker.end) for d in (demo, other))
    for figure in ("new_enterprises", "items_received", "penalty_amount"):
        assert one[figure, 2024] == two[figure, 2024]


def test_a_later_end_changes_nothing_that_was_registered(tmp_path: Path, demo: DemoSummary) -> None:
    """A month that was complete is delivered the same."""
    longer = write_demo(tmp_path / "longer", scale=0.05, end=date(2025, 3, 31))
    name = "registrations/registrations_202402.csv"
    one, two = ((d.sources / name).read_bytes().split(b"\r\n") for d in (demo, longer))
    # Broken and repeated rows are spread over all months, so only these may differ.
    assert len(set(one) ^ set(two)) <= 2


def test_marker_says_what_the_demo_is(demo: DemoSummary) -> None:
    """What the night reads: synthetic, the label, seed, scale, first and last day."""
    content = json.loads((demo.sources / MARKER_NAME).read_text(encoding="utf-8"))
    files = content.pop("files")
    assert content == {
        "synthetic": True,
        "label": "演示数据（合成）",
        "seed": 20240,
        "scale": 0.05,
        "from": "2023-01-01",
        "to": "2025-01-15",
    }
    assert len(files) == 48
    assert read_marker(demo.sources) == demo.marker
    assert demo.marker.end == date(2025, 1, 15)


def test_marker_holds_no_personal_value(demo: DemoSummary) -> None:
    """Nor does the folder hold anything beside the systems and the marker."""
    text = (demo.sources / MARKER_NAME).read_text(encoding="utf-8")
    assert not [value for value in personal_samples(demo.sources) if value in text]
    assert {path.name for path in demo.sources.iterdir()} == {
        MARKER_NAME, "brand_certificates", "ccc_exemptions", "complaints", "data_ip",
        "food_samples", "ip_pledges", "legal_affairs", "lists", "penalty_cases",
        "prepaid_merchants", "registrations", "special_equipment",
    }  # fmt: skip


def test_folder_without_marker_is_not_synthetic(tmp_path: Path) -> None:
    """Real extracts have none."""
    assert read_marker(tmp_path) is None
    assert read_marker(tmp_path / "absent") is None


def test_unreadable_marker_is_refused(tmp_path: Path) -> None:
    """Real figures must not pass as synthetic, nor synthetic ones as real."""
    (tmp_path / MARKER_NAME).write_text('{"synthetic": "yes"}', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"marker SYNTHETIC\.json: expected synthetic"):
        read_marker(tmp_path)


def test_folder_of_somebody_else_is_refused_and_untouched(tmp_path: Path) -> None:
    """Whatever lies there, one file is enough."""
    (tmp_path / "registrations").mkdir()
    real = tmp_path / "registrations" / "registrations_202401.csv"
    real.write_bytes(b"real")
    with pytest.raises(SettingsError, match="expected an empty folder or one that the demo wrote"):
        write_demo(tmp_path, scale=0.02)
    assert _hashes(tmp_path) == {
        "registrations/registrations_202401.csv": hashlib.sha256(b"real").hexdigest()
    }


def test_file_put_into_a_demo_is_neither_replaced_nor_removed(tmp_path: Path) -> None:
    """A longer demo would need its name: refused. A demo that does not leaves it alone."""
    sources = tmp_path / "sources"
    write_demo(sources, scale=0.02, end=date(2024, 12, 31))
    own = sources / "registrations" / "registrations_202501.csv"
    own.write_bytes(b"real")
    with pytest.raises(SettingsError, match=r"registrations_202501\.csv"):
        write_demo(sources, scale=0.02, end=date(2025, 1, 15))
    write_demo(sources, scale=0.02, end=date(2024, 11, 30))
    assert own.read_bytes() == b"real"


def test_writing_again_leaves_nothing_of_the_earlier_demo(tmp_path: Path) -> None:
    """A shorter demo removes the months and dated files that only the longer one had."""
    sources, fresh = tmp_path / "sources", tmp_path / "fresh"
    write_demo(sources, scale=0.03)
    write_demo(sources, scale=0.02, start=date(2024, 1, 1), end=date(2024, 6, 30))
    write_demo(fresh, scale=0.02, start=date(2024, 1, 1), end=date(2024, 6, 30))
    assert _hashes(sources).keys() == _hashes(fresh).keys()


def test_half_written_demo_is_not_read_and_can_be_written_again(tmp_path: Path) -> None:
    """A writer that was killed leaves its claim: no night takes the files for real ones."""
    claim(tmp_path, ["registrations/registrations_202401.csv"])
    (tmp_path / "registrations").mkdir()
    (tmp_path / "registrations" / "registrations_202401.csv").write_bytes(b"half")
    with pytest.raises(SettingsError, match="cut short"):
        read_marker(tmp_path)
    write_demo(tmp_path, scale=0.02)
    assert not (tmp_path / CLAIM_NAME).exists()
    assert read_marker(tmp_path) is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "demo, scale: expected 0.02 to 20, got 0.0"),
        ({"scale": float("nan")}, "demo, scale: expected 0.02 to 20, got nan"),
        ({"start": date(2023, 1, 2)}, "demo, from: expected the first day of a month"),
        ({"end": date(2022, 12, 31)}, "demo, to: expected a day from 2023-01-01"),
        ({"end": date(2027, 1, 1)}, "demo, to: expected a day from 2023-01-01 to 2026-12-31"),
    ],
)
def test_unusable_arguments_are_refused(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    """Before anything is written, saying what may be given."""
    with pytest.raises(SettingsError, match=message):
        write_demo(tmp_path, **arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("indicator_id,published\ncases_filed,1\n", "the columns indicator_id, published, unit"),
        (f"{HEADING}cases_filed,many,件,2024\n", "line 2: expected a number like 10.6"),
        (f"{HEADING}cases_filed,NaN,件,2024\n", "line 2: expected a number like 10.6"),
        (f"{HEADING}cases_filed,-1,件,2024\n", "from 0 on, .* for cases_filed"),
        (f"{HEADING}cases_filed,1,件,2024\n", "all 76 indicators .* got none for"),
    ],
)
def test_unusable_totals_are_refused(tmp_path: Path, lines: str, message: str) -> None:
    """Before anything is written."""
    totals = tmp_path / "totals.csv"
    totals.write_text(lines, encoding="utf-8")
    with pytest.raises(SettingsError, match=message):
        write_demo(tmp_path / "sources", totals=totals)
    assert not (tmp_path / "sources").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"new_enterprises": "30000"}, "new_enterprises within new_market_entities"),
        ({"brand_certified_firms_new": "7"}, "expected brand_certified_firms_new within"),
        (
            {"brand_certified_firms": "3", "brand_certified_firms_new": "3"},
            "holds brand_certificates - brand_certificates_new .48., got 0",
        ),
        (
            {
                "brand_certified_firms": "0",
                "brand_certified_firms_new": "0",
                "brand_certificates": "2",
                "brand_certificates_new": "2",
            },
            "holds brand_certificates .2., got 0 as brand_certified_firms",
        ),
        ({"brand_certificates": "5"}, r"_certificates_new within brand_certificates \(5\)"),
        ({"brand_certificates": "40"}, r"within brand_certificates - .*\(34\), got 35"),
        ({"equipment_producers_staffing_rate": "97"}, "that 24 staffed units can be, got 97"),
        ({"equipment_users_staffing_rate": "0"}, "that 964 staffed units can be, got 0"),
        ({"food_disposal_rate": "99"}, "expected food_disposal_rate to be 100"),
        (
            {"prepaid_coverage_rate": "93.117"},
            "expected a share that some of 155 can be, got 93.117",
        ),
    ],
)
def test_contradictory_totals_are_refused(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    """Naming the part and its whole."""
    totals = tmp_path / "totals.csv"
    write_totals(totals, changed)
    with pytest.raises(SettingsError, match=message):
        write_demo(tmp_path / "sources", totals=totals)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2025, 1, 1), date(2025, 1, 1)),
        (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 10, 1), date(2026, 12, 31)),
    ],
    ids=["one holiday", "a month", "beyond the rules of April 2026"],
)
def test_any_range_can_be_written(tmp_path: Path, start: date, end: date) -> None:
    """Also where nothing happened, and up to the last announced year."""
    summary = write_demo(tmp_path / "sources", scale=0.02, start=start, end=end)
    assert summary.marker.end == end
    assert summary.rows["registrations__events"] > 1800
