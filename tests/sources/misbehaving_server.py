"""A PostgreSQL server that goes wrong at a chosen message: a proxy before a real one.

What the real server says is passed on message by message; from the chosen one on, the proxy does
something else. Nothing of the protocol is imitated but the frame of a message.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from urllib.parse import parse_qs, urlsplit

NOTICE = b"SWARNING\0VWARNING\0C01000\0M%b\0\0" % (b"x" * 1000)
Fault = Callable[[socket.socket, bytes, threading.Event], None]


def fall_silent(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """Say nothing more, and keep the link."""
    over.wait()


def hang_up(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """Close in the middle of a message."""
    client.sendall(message[: len(message) // 2])
    client.shutdown(socket.SHUT_RDWR)


def talk_nonsense(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """Noise where a message should begin, and then silence."""
    client.sendall(Random(len(message)).randbytes(4096))  # noqa: S311 the same noise every time
    over.wait()


def drip(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """One byte at a time, never to the end."""
    while not over.wait(0.05):
        client.sendall(message[:1])
        message = message[1:] or b"\0"


def flood_with_notices(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """Messages that mean nothing, without end."""
    flood = b"N" + struct.pack(">I", len(NOTICE) + 4) + NOTICE
    while not over.is_set():
        client.sendall(flood * 100)


def flood_with_repeats(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """The same message again and again: rows without end."""
    while not over.is_set():
        client.sendall(message * 100)


def flood_with_one_message(client: socket.socket, message: bytes, over: threading.Event) -> None:
    """A message that claims to be as long as can be, and is."""
    client.sendall(message[:1] + struct.pack(">I", 2**31 - 1))
    while not over.is_set():
        client.sendall(bytes(1 << 20))


FAULTS: dict[str, Fault] = {
    "silence": fall_silent,
    "hang up": hang_up,
    "nonsense": talk_nonsense,
    "drip": drip,
    "notices": flood_with_notices,
    "repeats": flood_with_repeats,
    "one message": flood_with_one_message,
}


@contextmanager
def misbehaving(uri: str, fault: str, at: int | bytes) -> Iterator[str]:
    """The address of a proxy before a real server that goes wrong at a message.

    Args:
        uri: Of the real server, on a socket of this machine.
        fault: One of FAULTS.
        at: Which of a connection's messages, from 0; or the first of a kind, like b"d" for a row.
    """
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(
            target=_accept, args=(listener, uri, FAULTS[fault], at, over), daemon=True
        ).start()
        port = listener.getsockname()[1]
        yield f"postgresql://postgres:geheim123@127.0.0.1:{port}/postgres?sslmode=disable"
        over.set()


def _accept(
    listener: socket.socket, uri: str, fault: Fault, at: int | bytes, over: threading.Event
) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(
                target=_serve, args=(client, uri, fault, at, over), daemon=True
            ).start()


def _serve(
    client: socket.socket, uri: str, fault: Fault, at: int | bytes, over: threading.Event
) -> None:
    folder = parse_qs(urlsplit(uri).query)["host"][0]
    with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
        server.connect(f"{folder}/.s.PGSQL.5432")
        threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
        with server.makefile("rb") as said:
            number = 0
            while message := _next_message(said.read):
                if at in (number, message[:1]):
                    fault(client, message, over)
                    return
                client.sendall(message)
                number += 1


def _next_message(read: Callable[[int], bytes]) -> bytes:
    """A kind, a length that counts itself, and as much as it says."""
    head = read(5)
    return head + read(struct.unpack(">I", head[1:])[0] - 4) if len(head) == 5 else b""


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    # A client that was killed with something unread resets its link: that is its end as well.
    with suppress(OSError):
        while heard := client.recv(1 << 16):
            server.sendall(heard)
    with suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
