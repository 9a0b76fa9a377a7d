"""Digests are stored: what was hashed one way once is hashed so for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.hashing import hash_bytes, hash_file, hash_json, hash_text
from pipelines.sources.sealed import seal, unseal

TEXT = "三墩街道"
OF_TEXT = "6fe4069355db1017cdfc0649a1c621d4c9a905f489d3b7ba67f5dc956ecedb08"
OF_JSON = "37e2fa192fb3a64b022161925953a2fef3bfa082937b04ff16db4f0f8f9ce0f2"
OF_JSON_IN_ASCII = "4e0065a8960755f86f92171049702e724c30d89e4ea9ac3cfe58e42f420575de"


def test_a_text_its_bytes_in_pieces_and_its_file_have_one_digest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(TEXT, encoding="utf-8")
    content = TEXT.encode()
    assert hash_text(TEXT) == OF_TEXT
    assert {hash_bytes([content[:5], content[5:]]), hash_file(path)} == {OF_TEXT}


@pytest.mark.parametrize(("in_ascii", "digest"), [(False, OF_JSON), (True, OF_JSON_IN_ASCII)])
def test_what_is_said_has_a_digest_whatever_the_order_of_its_keys(
    in_ascii: bool, digest: str
) -> None:
    assert hash_json({"b": [1, None], "a": TEXT}, in_ascii=in_ascii) == digest
    assert hash_json({"a": TEXT, "b": [1, None]}, in_ascii=in_ascii) == digest


def test_a_seal_of_before_is_a_seal_still() -> None:
    sealed = f'{{"a": "{TEXT}", "b": [1, null], "seal": "{OF_JSON_IN_ASCII}"}}'
    assert unseal(sealed.encode()) == {"a": TEXT, "b": [1, None]}
    assert OF_JSON_IN_ASCII in seal({"b": [1, None], "a": TEXT})
