"""Keyed pseudonyms: what stands for a personal value from landing on.

`p1_<key id>_<32 hex digits>`: HMAC-SHA-256 under a key that never leaves its file, cut to 128 bits.
The same value has the same pseudonym in every column, table and night, so that rows stay linkable.
Before the HMAC a value is trimmed (screening), its full-width letters and digits become ASCII, and
it is brought to Unicode NFC: １３８… and 138… are one phone. Case is kept. A pseudonym is still
personal data (PIPL art. 73).

What belongs here: the key, the expression. What does not: which columns are personal (contracts).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.durable import make_folder, publish_new_file
from pipelines.errors import SettingsError
from pipelines.sources.full_width import to_half_width

_BLOCK = 64  # bytes; the block of SHA-256
_SHORTEST = 32  # bytes: as long as the hash
_PLAIN = " -~\u4e00-\u9fff"
"""What neither folding nor NFC touches: ASCII and the common ideographs, which is nearly all."""
_SIGNS = "\u3001\u3002\u2018-\u201d\u2026\u2014\u300a\u300b"
"""Nor are the signs of Chinese sentences touched: 、。“”…—《》."""
_FULL_WIDTH = "\uff01-\uff5e"
"""Folding makes ASCII of these, which NFC leaves alone."""


@dataclass(frozen=True)
class PseudonymKey:
    """The secret of the pseudonyms."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits that tell keys apart and give nothing away."""
        return hashlib.sha256(b"zhibiao pseudonym key id\0" + self.secret).hexdigest()[:8]


def open_key(path: Path, used_key_ids: set[str]) -> PseudonymKey:
    """Read the key; make one when there is none and no landed extract depends on an earlier one.

    Raises:
        SettingsError: the key is missing, changed, unusable or readable by everybody.
    """
    try:
        return _open_or_create(path, used_key_ids)
    except OSError as error:
        raise SettingsError(
            f"pseudonym key {path}: expected a file that we may read, or a folder where we may "
            f"make it, got {error.strerror}. Give this user the permission, or set "
            "ZHIBIAO_PSEUDONYM_KEY_FILE."
        ) from None


def _open_or_create(path: Path, used_key_ids: set[str]) -> PseudonymKey:
    if not path.exists():
        if used_key_ids:
            raise SettingsError(
                f"pseudonym key {path}: expected the key {', '.join(sorted(used_key_ids))} that "
                "landed extracts were made with, got no file. Restore it from the backup, or set "
                "ZHIBIAO_PSEUDONYM_KEY_FILE; a new key would break every link to earlier rows."
            )
        _create_key(path)
    key = _read_key(path)
    if used_key_ids - {key.key_id}:
        raise SettingsError(
            f"pseudonym key {path}: expected the key {', '.join(sorted(used_key_ids))} that landed "
            f"extracts were made with, got the key {key.key_id}. Restore the earlier file; a "
            "changed key would break every link to earlier rows."
        )
    return key


def _create_key(path: Path) -> None:
    make_folder(path.parent, mode=0o700)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(32).encode() + b"\n")
    finally:
        os.close(descriptor)
    publish_new_file(aside, path)


def _read_key(path: Path) -> PseudonymKey:
    if path.stat().st_mode & 0o007:
        raise SettingsError(
            f"pseudonym key {path}: expected a file that only its owner reads, got mode "
            f"{path.stat().st_mode & 0o777:o}. Run: chmod 600 {path}"
        )
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if not _SHORTEST <= len(secret) <= _BLOCK:
        raise SettingsError(
            f"pseudonym key {path}: expected 64 to 128 hexadecimal digits, got something else. "
            "Restore the file from the backup."
        )
    return PseudonymKey(secret)


def install_pseudonyms(session: duckdb.DuckDBPyConnection, key: PseudonymKey) -> None:
    """Give a session the macro `pseudonym(text)`: HMAC (RFC 2104) out of its `sha256`."""
    _set_pads(session, key)
    session.create_function(  # type: ignore[call-overload]  # the stubs know other names of types
        "half_width",
        lambda texts: to_half_width(texts.combine_chunks()),
        ["VARCHAR"],
        "VARCHAR",
        type="arrow",
    )
    # Both looks are at the text as it is, so that it is folded once, and only where it must be.
    session.execute(f"""
        create macro one_spelling(personal) as case
            when not regexp_matches(personal, '[^{_PLAIN}]') then personal
            when regexp_matches(personal, '[^{_PLAIN}{_SIGNS}{_FULL_WIDTH}]')
            then nfc_normalize(half_width(personal)) else half_width(personal) end
    """)
    session.execute(f"""
        create macro pseudonym(personal) as 'p1_{key.key_id}_' || left(sha256(
            getvariable('outer_pad') || unhex(sha256(
                getvariable('inner_pad') || encode(one_spelling(personal))
            ))
        ), 32)
    """)


def _set_pads(session: duckdb.DuckDBPyConnection, key: PseudonymKey) -> None:
    """Hand the key over as a table: in a statement, a message could quote it.

    To bind it as a value, DuckDB would import pandas, in 0.17 s.
    """
    padded = key.secret.ljust(_BLOCK, b"\0")
    pads = {
        "inner_pad": bytes(byte ^ 0x36 for byte in padded),
        "outer_pad": bytes(byte ^ 0x5C for byte in padded),
    }
    session.register("pads", pa.table({name: pa.array([pad]) for name, pad in pads.items()}))
    for name in pads:
        session.execute(f"set variable {name} = (select {name} from pads)")
    session.unregister("pads")
