"""Servers on loopback that take messages, and servers that misbehave."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook(ThreadingHTTPServer):
    """Answers every post with what the test sets, and keeps what it was sent."""

    answer: Any = None
    """As JSON; bytes as they are."""
    status = 200
    location: str | None = None
    endless = False
    """Goes on answering until nobody listens, or a gigabyte is sent."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Handler)
        self.received: list[Any] = []
        self.targets: list[str] = []
        self.sent = 0

    @property
    def place(self) -> str:
        """Host and port."""
        host = self.server_address[0]
        name = host if isinstance(host, str) else host.decode()
        return f"[{name}]:{self.server_port}" if ":" in name else f"{name}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self._answer(json.loads(self.rfile.read(length)))

    def _answer(self, given: Any) -> None:
        self.server.received.append(given)
        self.server.targets.append(self.path)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        answer = self.server.answer
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
        with suppress(OSError):
            while self.server.endless and self.server.sent < 2**30:
                self.server.sent += self.wfile.write(b"x" * 2**16)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: Webhook) -> Iterator[Webhook]:
    """Serve for the length of the block."""
    with server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def speaking(script: Any) -> Iterator[tuple[str, list[bytes]]]:
    """A server that runs a script on each connection: its place, and the lines that it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=[connection], daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                script(connection, heard)

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}", heard
        finally:
            # Closed alone, it would go on waiting for the next connection.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def smtp_script(replies: Mapping[str, str]) -> Any:
    """A mail server that takes everything but what `replies` answers otherwise, by command.

    `greeting` and `content` stand for what no command asks for; an empty reply is none at all.
    """
    usual = {
        "greeting": "220 here",
        "AUTH": "235 known",
        "DATA": "354 go on",
        "content": "250 taken",
        "QUIT": "221 bye",
    }
    told = {**usual, **replies}

    def say(connection: socket.socket, what: str) -> None:
        if reply := told.get(what, "250 fine"):
            connection.sendall(reply.encode() + b"\r\n")
        else:
            threading.Event().wait(600)

    def script(connection: socket.socket, heard: list[bytes]) -> None:
        say(connection, "greeting")
        lines = connection.makefile("rb")
        while line := lines.readline():
            heard.append(line)
            command = line.split(b" ")[0].strip().decode().upper()
            if command == "EHLO" and "EHLO" not in told:
                connection.sendall(b"250-here\r\n250 AUTH PLAIN\r\n")
                continue
            say(connection, command)
            if command == "DATA" and told["DATA"].startswith("354"):
                while lines.readline() != b".\r\n":
                    pass
                heard.append(b"content\r\n")
                say(connection, "content")

    return script


def drip(connection: socket.socket, heard: list[bytes]) -> None:
    """Send a header a byte at a time: each read of a client ends in time, and all of them never."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    pause = threading.Event()
    for _ in range(60):
        connection.sendall(b"x")
        pause.wait(0.5)
    connection.sendall(b"\r\nContent-Length: 2\r\n\r\nok")


def drip_greeting(connection: socket.socket, heard: list[bytes]) -> None:
    """The same, by mail."""
    pause = threading.Event()
    for _ in range(60):
        connection.sendall(b"220-x\r\n")
        pause.wait(0.5)
    connection.sendall(b"220 here\r\n")
