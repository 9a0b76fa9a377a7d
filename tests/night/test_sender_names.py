"""Personal numbers where a sender chose the name: nowhere in the warehouse or in what is said.

Beside `test_no_personal_value_goes_past_landing`, which looks for those of cells.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.night.bureau import Bureau
from tests.night.spoilt import CANARIES


def _texts(bureau: Bureau) -> Iterator[tuple[str, bytes]]:
    """Everything below the warehouse, and the path of each as a text, too."""
    for path in bureau.warehouse.rglob("*"):
        if path.is_file() and not path.is_symlink():
            place = path.relative_to(bureau.warehouse).as_posix()
            yield place, place.encode() + path.read_bytes()


def test_no_personal_value_in_a_name_is_kept_or_told(spoilt_bureau: Bureau) -> None:
    bureau = spoilt_bureau
    said = [(bureau.root / name).read_text() for name in ("night.out", "night.err")]
    said += [bureau.run("status", "--format", form).stdout for form in ("table", "csv", "json")]
    told = bureau.digests()
    for kind in ("csv", "json", "excel", "sql"):
        assert f"新增列_{kind} ［（号码已隐去）］" in told, kind
    for kind, canary in CANARIES.items():
        needle = canary.encode()
        assert canary not in "".join(said), kind
        assert [place for place, content in _texts(bureau) if needle in content] == [], kind
