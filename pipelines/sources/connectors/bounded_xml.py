"""A stranger's XML as events, in a memory that does not grow with it.

What belongs here: how deep, how manifold and how long the XML itself may be. What does not: what a
workbook may hold (worksheet_xml). Nothing is kept of what was passed on; the parser fetches no
external entity, and its expat (2.4.1 or later) refuses entities that multiply.

Events cost more than anything else in reading a workbook. So where the parser has just left an
element of which many follow each other, a run of them is offered to the receiver as it stands;
the parser is given what the receiver leaves.
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
_DEEPEST_RUN = MAX_DEPTH // 2
"""What is taken as a run is never itself deep."""


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

    run: str
    """The element that is offered in runs; "" for none."""

    def take(self, run: str) -> bool:
        """Take a run that ends with such an element as if its events were told; False leaves it.

        The run need not be well-formed: what is taken must be known to be. What is left must
        leave no trace.
        """
        ...


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def stream_xml(stream: IO[bytes], receiver: Receiver) -> None:
    """Tell a receiver every event of an XML document, or offer it runs of elements.

    Raises:
        UnsafeXmlError: it is too deep, has too many names or a tag too long.
        expat.ExpatError: it is no XML.
        Exception: whatever the receiver raises.
    """
    parser = _Parser(receiver)
    end = f"</{receiver.run}>".encode()
    left = b""
    while chunk := stream.read(_READ_BYTES):
        before, found, left = (left + chunk).rpartition(end)
        if not found:
            parser.feed(left)
            left = b""
        elif not (parser.is_between and _takes(receiver, before + found)):
            parser.feed(before + found)
    parser.feed(left)
    parser.finish()


def _takes(receiver: Receiver, run: bytes) -> bool:
    try:
        return receiver.take(run.decode())
    except UnicodeDecodeError:
        return False


class _Parser:
    """The parser of one document, and whether it stands where a run may begin."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._run_end = f"</{receiver.run}>".encode()
        self._depth = self._given = 0
        self._ended_at = -1
        # Entities and attributes of a document's own, or other characters for its bytes.
        self._has_ways_of_its_own = False
        self.is_between = False
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = _READ_BYTES
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = receiver.text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declaration

    def feed(self, piece: bytes) -> None:
        """Parse the next bytes."""
        parser = self._parser
        self._given += len(piece)
        parser.Parse(piece)
        if self._given - parser.CurrentByteIndex > MAX_TOKEN:
            raise UnsafeXmlError(f"一个标记超过 {MAX_TOKEN // 2**20} MB")
        if len(parser.intern) > MAX_NAMES:
            raise UnsafeXmlError(f"元素和属性的名称超过 {MAX_NAMES:,} 种")
        # The last tag was read as one if the parser saw it where the bytes have it.
        self.is_between = (
            piece.endswith(self._run_end)
            and self._ended_at == self._given - len(self._run_end)
            and 0 < self._depth < _DEEPEST_RUN
            and not self._has_ways_of_its_own
        )

    def finish(self) -> None:
        """Parse the end."""
        self._parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnsafeXmlError(f"元素嵌套超过 {MAX_DEPTH} 层")
        self._receiver.start(name if ":" not in name else local(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == self._receiver.run:
            self._ended_at = self._parser.CurrentByteIndex
        self._receiver.end(name if ":" not in name else local(name))

    def _doctype(self, *_: object) -> None:
        self._has_ways_of_its_own = True

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._has_ways_of_its_own |= encoding is not None and encoding.lower() != "utf-8"
