"""What a session of landing may load."""

from __future__ import annotations

from pathlib import Path

import duckdb
import duckdb_extension_sqlite_scanner as scanner
import pytest

from pipelines.sources.sessions import open_session


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    """The scanner of SQLite files, with another signature than its makers'."""
    (file,) = Path(next(iter(scanner.__path__))).rglob("*.duckdb_extension")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    copied = tmp_path / file.name
    copied.write_bytes(content)
    return copied


def test_only_a_session_for_a_database_loads_what_it_does_not_look_through(unsigned: Path) -> None:
    with open_session("100MB", loads_scanner=True) as session:
        session.execute(f"load '{unsigned}'")
    with (
        open_session("100MB") as session,
        pytest.raises(duckdb.IOException, match="signature"),
    ):
        session.execute(f"load '{unsigned}'")
