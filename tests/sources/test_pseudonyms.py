"""Pseudonyms: an HMAC under a key that cannot be lost or changed unnoticed."""

from __future__ import annotations

import hashlib
import hmac
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.errors import SettingsError
from pipelines.sources.pseudonyms import PseudonymKey, install_pseudonyms, open_key
from tests.sources.bureau import Bureau, csv_contract, csv_text, landed_rows

KEY = PseudonymKey(bytes(range(32)))


def by_python(text: str, key: PseudonymKey = KEY) -> str:
    """The pseudonym as the documentation describes it."""
    folded = text.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    message = unicodedata.normalize("NFC", folded).encode()
    return f"p1_{key.key_id}_{hmac.new(key.secret, message, hashlib.sha256).hexdigest()[:32]}"


# Unicode grows: normalisation of what is newer than 13.0 may differ between two libraries.
# A row with a NUL is rejected before.
LETTERS = st.characters(
    codec="utf-8",
    exclude_categories=("Cs", "Cn", "Co"),
    exclude_characters="\0",
    max_codepoint=0x3FFFF,
)


@pytest.fixture(scope="module")
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the macro."""
    with duckdb.connect() as database:
        install_pseudonyms(database, KEY)
        yield database


@settings(max_examples=100)
@given(st.lists(st.text(LETTERS, max_size=80), min_size=1, max_size=20))
@example(["张三", "x" * 200, "", "𠮷", "１３８", "e\u0301"])
def test_it_is_the_hmac_that_python_computes(
    session: duckdb.DuckDBPyConnection, texts: list[str]
) -> None:
    """Short, long and empty messages."""
    found = session.execute("select pseudonym(t) from unnest($1) as given(t)", [texts])
    assert [row[0] for row in found.fetchall()] == [by_python(text) for text in texts]


def test_a_long_key_is_used_whole() -> None:
    """64 bytes fill the block of SHA-256."""
    key = PseudonymKey(bytes(range(64)))
    with duckdb.connect() as session:
        install_pseudonyms(session, key)
        assert session.execute("select pseudonym('张三'), pseudonym(null)").fetchone() == (
            by_python("张三", key),
            None,
        )


def test_full_width_and_decomposed_spellings_are_one_person() -> None:
    """１３８ and 138; é in one character or in two."""
    with duckdb.connect() as session:
        install_pseudonyms(session, KEY)
        row = session.execute(
            "select pseudonym('１３８'), pseudonym('138'), pseudonym('é'), pseudonym('e\u0301')"
        ).fetchone()
    assert row is not None
    assert row[0] == row[1]
    assert row[2] == row[3]
    assert row[0] != row[2]


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """0600; the second call reads the first one's key."""
    path = tmp_path / "keys" / "pseudonym"
    key = open_key(path, set())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_key(path, {key.key_id}) == key
    assert [p.name for p in path.parent.iterdir()] == ["pseudonym"]
    assert key.secret.hex() not in repr(key)


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 8, "ab" * 65])
def test_an_unusable_key_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    """Empty, odd, no hexadecimal digits, too short, too long."""
    path = tmp_path / "pseudonym"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="64 to 128 hexadecimal digits") as caught:
        open_key(path, set())
    assert not content or content not in str(caught.value)


def test_a_key_that_everybody_reads_is_refused(tmp_path: Path) -> None:
    """With the command that mends it."""
    path = tmp_path / "pseudonym"
    path.write_text("ab" * 32)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        open_key(path, set())


def test_a_lost_key_is_not_replaced_once_rows_have_landed(bureau: Bureau) -> None:
    """A new one would break every link; another table's rows count as well."""
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张三", "", "1"]]))
    bureau.land(csv_contract())
    bureau.settings.pseudonym_key_path.unlink()
    with pytest.raises(SettingsError, match="Restore it from the backup"):
        bureau.land(csv_contract(source="others"))
    assert not bureau.settings.pseudonym_key_path.exists()


def test_a_changed_key_is_refused(bureau: Bureau) -> None:
    """Half of the rows would be linkable to nothing."""
    bureau.drop("people/人员_202412.csv", csv_text([["1", "张三", "", "1"]]))
    bureau.land(csv_contract())
    bureau.settings.pseudonym_key_path.write_text("ab" * 32)
    with pytest.raises(SettingsError, match="Restore the earlier file"):
        bureau.land(csv_contract())


def test_the_same_person_has_one_pseudonym_in_every_table_and_night(bureau: Bureau) -> None:
    """So that rows stay linkable."""
    bureau.drop("people/人员_202411.csv", csv_text([["1", "张三", "", "1"]]))
    bureau.drop("people/人员_202412.csv", csv_text([["2", "张三 ", "", "1"]]))
    first, second = (landed_rows(e) for e in bureau.land(csv_contract()).extracts)
    assert first[0][1] == second[0][1]
    assert first[0][1].startswith("p1_")
