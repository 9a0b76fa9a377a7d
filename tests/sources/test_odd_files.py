"""What lies in a drop folder and is no delivery: never waited for, and told."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.errors import SourceUnavailableError
from pipelines.sources import hanging_files
from pipelines.sources.connectors import file_drops
from pipelines.sources.connectors.interface import FileChangedError, Visit
from tests.sources.bureau import NIGHT, Bureau, csv_contract, csv_text

DECEMBER = "people/人员_202412.csv"
GOOD = csv_text([["1", "张三", "2024-12-01", "1"]])


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def make_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


@pytest.mark.parametrize(
    "make", [make_pipe, link_to_zeros, link_to_nothing, link_to_itself, make_socket, Path.mkdir]
)
def test_what_is_no_file_is_refused_by_name_and_the_others_land(
    bureau: Bureau, make: object
) -> None:
    """Opened, a pipe waits for a writer and /dev/zero never ends; passed over, nobody knows."""
    november = bureau.drop("people/人员_202411.csv", GOOD)
    make(november.with_name("人员_202412.csv"))  # type: ignore[operator]
    report = bureau.land(csv_contract())
    assert [extract.slot for extract in report.extracts] == ["202411"]
    (held,) = report.held
    assert (held.origin, held.slot, held.reason) == (DECEMBER, "202412", "not_a_file")
    odd = bureau.layout.sources / DECEMBER
    if odd.is_dir():
        odd.rmdir()
    else:
        odd.unlink()
    bureau.drop(DECEMBER, GOOD)
    assert bureau.land(csv_contract()).held == []


def read_by(bureau: Bureau, change: object) -> bytes:
    """Find a file, change it, read it."""
    path = bureau.drop(DECEMBER, GOOD)
    visit = Visit(bureau.layout.sources, NIGHT, NIGHT, look_interval=0.01)
    (candidate,) = file_drops.discover_files(csv_contract(), visit).candidates
    before = path.stat()
    change(path)  # type: ignore[operator]
    if path.is_file():
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return file_drops.read_settled(csv_contract(), candidate, visit)


def swap_a_digit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"2024-12-01", b"2024-12-02"))


def add_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"2,,,\n")


def cut_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("change", [swap_a_digit, add_a_line, cut_a_line])
def test_a_file_changed_between_finding_and_reading_is_left_for_the_next_night(
    bureau: Bureau, change: object
) -> None:
    """Also where size and time are as they were: the bytes are those that were hashed, or none."""
    with pytest.raises(FileChangedError):
        read_by(bureau, change)
    assert read_by(bureau, lambda path: None) == GOOD.encode("gb18030")


def test_a_file_that_became_a_pipe_is_not_waited_for(bureau: Bureau) -> None:
    def become_a_pipe(path: Path) -> None:
        path.unlink()
        os.mkfifo(path)

    with pytest.raises(OSError, match="Invalid argument"):
        read_by(bureau, become_a_pipe)


def test_a_file_longer_than_the_room_on_the_disk_is_refused_unread(bureau: Bureau) -> None:
    """A hole of a terabyte would be hashed for an hour."""
    path = bureau.drop(DECEMBER, GOOD)
    os.truncate(path, 1 << 40)
    (held,) = bureau.land(csv_contract()).held
    assert (held.reason, held.slot) == ("too_large", "202412")


@contextmanager
def dead_mount(folder: Path) -> Iterator[None]:
    """A file system that has been mounted and never answers."""
    folder.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("needs /dev/fuse")
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"fuse", os.fsencode(folder), b"fuse", 0, options):
        os.close(device)
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        os.close(device)  # whoever waits is told that the connection is gone
        libc.umount2(os.fsencode(folder), 2)


def test_a_mount_that_does_not_answer_is_a_source_that_is_away(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another source lands meanwhile, and this one when its mount is back."""
    monkeypatch.setattr(hanging_files, "LOOK_SECONDS", 0.5)
    bureau.drop("others/人员_202412.csv", GOOD)
    with dead_mount(bureau.layout.sources / "people"):
        with pytest.raises(SourceUnavailableError) as caught:
            bureau.land(csv_contract())
        assert "没有响应" in caught.value.found_zh
        other = csv_contract(dialect={"location": "others/人员_{period}.csv"}, source="others")
        assert bureau.land(other).rows == 1
    bureau.drop(DECEMBER, GOOD)
    assert bureau.land(csv_contract()).rows == 1
