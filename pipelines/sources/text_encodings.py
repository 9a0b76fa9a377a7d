"""The encodings of delivered text: any codec of Python that is declared, decoded strictly.

What belongs here: which codecs a contract may name, the marks at the start of a file, the decoding.
What does not: how many undecodable rows a delivery may have (drift).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

REPLACEMENT = "\ufffd"
_NOT_OF_FILES = {"idna", "punycode", "unicode-escape", "raw-unicode-escape"}
"""Codecs of host names and of program texts: they would rewrite what is delivered."""

_MARKS = (
    (b"\xef\xbb\xbf", {"utf-8", "utf-8-sig"}),
    (b"\xff\xfe\0\0", {"utf-32", "utf-32-le"}),
    (b"\0\0\xfe\xff", {"utf-32", "utf-32-be"}),
    (b"\xff\xfe", {"utf-16", "utf-16-le"}),
    (b"\xfe\xff", {"utf-16", "utf-16-be"}),
    (b"\x84\x31\x95\x33", {"gb18030"}),
)
"""What a file may begin with, and the codecs that it names; a longer one before its beginning."""

_NEED_MARK = {"utf-16", "utf-32"}
"""Without one, Python takes this machine's byte order; utf-16-le and -be need none."""

_UNICODE = {"utf-7", "utf-8", "utf-8-sig"} | _NEED_MARK
_TELLING = 2
"""Up to so many characters outside ASCII may be UTF-8 by chance: in GBK each would be one of its
rare ones, in a single-byte codec two signs that no word has side by side, like Ã©."""
_HEAD = 1 << 16
_AT_ONCE = 1 << 16
_LONGEST_CHARACTER = 4
_BEYOND_ASCII, _LEAD = 0x80, 0xC0
"""The first bytes of UTF-8 that are no ASCII, and that begin a character."""

_C1 = re.compile("[\x80-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def text_codec(name: str) -> str:
    """The one spelling of a codec's name.

    Raises:
        ValueError: Python has no such codec, or it is none of text files.
    """
    try:
        "".encode(name)  # refuses base64 and its like as well
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not found or found in _NOT_OF_FILES:
        raise ValueError(f"expected a text encoding of Python, like gb18030 or latin-1, got {name}")
    return found


def find_foreign_mark(raw: bytes, encoding: str) -> str:
    """What is wrong with how a file begins, in Chinese; "" when it may begin so."""
    for mark, owners in _MARKS:
        if raw.startswith(mark):
            return "" if encoding in owners else "文件开头是另一种编码的标记"
    return "文件开头没有字节顺序标记" if encoding in _NEED_MARK else ""


def is_utf_8_instead(raw: bytes, encoding: str) -> bool:
    """True when a file declared in another codec is UTF-8, which decodes, to other characters."""
    if encoding in _UNICODE or encoding[:6] in ("utf-16", "utf-32"):
        return False
    head = raw[:_HEAD].rpartition(b"\n")[0]
    try:
        return sum(not character.isascii() for character in head.decode()) > _TELLING
    except UnicodeDecodeError:
        return False


def decode_pieces(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The text in UTF-8; what does not decode becomes U+FFFD, one that the file holds stays.

    The control characters that ISO 8859 has above 0x7F stand in no text: a file that holds them is
    of Windows, and 0x80 its euro sign.
    """
    texts = _utf_8(pieces) if encoding == "utf-8" else _other(pieces, encoding)
    beginning = next((text for text in texts if text), b"")
    yield beginning.removeprefix(codecs.BOM_UTF8)
    yield from texts


def _utf_8(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut before a character that may not have ended; most pieces need no change."""
    begun = b""
    for piece in pieces:
        text = begun + piece
        place = _last_character(text)
        yield _replaced(text[:place])
        begun = text[place:]
    yield _replaced(begun)


def _last_character(text: bytes) -> int:
    """Where the last character begins that is not ASCII; the end, where it is none of UTF-8."""
    for place in range(len(text) - 1, max(-1, len(text) - 1 - _LONGEST_CHARACTER), -1):
        if text[place] < _BEYOND_ASCII:
            return place + 1
        if text[place] >= _LEAD:
            return place
    return len(text)


def _replaced(raw: bytes) -> bytes:
    return raw if is_utf_8(raw) else raw.decode(errors="replace").encode()


def is_utf_8(raw: bytes) -> bool:
    """Whether bytes are UTF-8, decoded strictly by the piece: a short text stays in the cache."""
    view, place = memoryview(raw), 0
    try:
        while place < len(raw):
            is_last = place + _AT_ONCE >= len(raw)
            _, taken = codecs.utf_8_decode(view[place : place + _AT_ONCE], "strict", is_last)
            place += taken
    except UnicodeDecodeError:
        return False
    return True


def _other(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for piece in chain(pieces, (b"",)):
        text = decoder.decode(piece, final=not piece)
        if encoding.startswith("iso8859"):
            text = _C1.sub(REPLACEMENT, text)
        if encoding == "utf-7":  # the only one that gives half a character
            text = _SURROGATES.sub(REPLACEMENT, text)
        yield text.encode()
