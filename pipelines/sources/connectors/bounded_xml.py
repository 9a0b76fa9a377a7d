"""A stranger's XML as events, in a memory that does not grow with it.

What belongs here: how deep, how manifold and how long the XML itself may be. What does not: what a
workbook may hold (worksheet_xml). Nothing is kept of what was passed on; the parser fetches no
external entity, and its expat (2.4.1 or later) refuses entities that multiply.
"""

from __future__ import annotations

from typing import IO, Protocol
from xml.parsers import expat

MAX_DEPTH = 256
"""Elements within each other; spreadsheets stay below 20."""

MAX_NAMES = 10_000
"""Different names of elements and attributes; the whole standard has some 3,000. Each is kept."""

MAX_TOKEN = 2**20
"""Bytes of one tag or comment, which the parser takes as a whole; an honest one is a line."""

_READ_BYTES = 1 << 16


class UnsafeXmlError(Exception):
    """The XML is none that a program writes; the message says how, in Chinese."""


class Receiver(Protocol):
    """What is told of each event; names without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        ...

    def end(self, name: str) -> None:
        """An element ends."""
        ...

    def text(self, text: str) -> None:
        """A piece of text between two tags."""
        ...


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def stream_xml(stream: IO[bytes], receiver: Receiver) -> None:
    """Tell a receiver every event of an XML document.

    Raises:
        UnsafeXmlError: it is too deep, has too many names or a tag too long.
        expat.ExpatError: it is no XML.
        Exception: whatever the receiver raises.
    """
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise UnsafeXmlError(f"元素嵌套超过 {MAX_DEPTH} 层")
        receiver.start(name if ":" not in name else local(name), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        receiver.end(name if ":" not in name else local(name))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _READ_BYTES
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = receiver.text
    given = 0
    while chunk := stream.read(_READ_BYTES):
        given += len(chunk)
        parser.Parse(chunk)
        if given - parser.CurrentByteIndex > MAX_TOKEN:
            raise UnsafeXmlError(f"一个标记超过 {MAX_TOKEN // 2**20} MB")
        if len(parser.intern) > MAX_NAMES:
            raise UnsafeXmlError(f"元素和属性的名称超过 {MAX_NAMES:,} 种")
    parser.Parse(b"", True)
