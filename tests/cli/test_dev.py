"""`zhibiao dev`: Dagster's pages on loopback, for whoever started them and nobody else."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from playwright.sync_api import Page, sync_playwright
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.machine import CHROMIUM, PATIENCE_SECONDS, needs_chromium
from tests.night.bureau import ZHIBIAO, Bureau

QUESTION = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
  location { name } assetNodes { assetKey { path } }
  schedules { name cronSchedule executionTimezone scheduleState { status } } } } } }"""
HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }"
DRIVE = 'mutation { setConcurrencyLimit(concurrencyKey: "%s", limit: 1) }'
DRIVEN = "{ instance { concurrencyLimits { concurrencyKey } } }"
ATTACK = DRIVE % "attack"
OPEN_SOCKET = """address => new Promise(done => {
  const socket = new WebSocket(address, "graphql-ws");
  socket.onopen = () => done("open");
  socket.onerror = () => done("refused");
})"""
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Pages:
    """The pages of one start, and what their owner may ask."""

    process: subprocess.Popen[str]
    port: int
    address: str

    @property
    def home(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return self.address.partition("?token=")[2]

    @property
    def own(self) -> dict[str, str]:
        return {"cookie": f"zhibiao_{self.port}={self.token}"}

    def ask(
        self,
        method: str = "GET",
        path: str = "/",
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body, headers or {})
        return connection.getresponse()

    def query(self, text: str) -> dict[str, Any]:
        """What the owner's own page is answered."""
        own = {"origin": f"http://{self.home}"} | JSON | self.own
        answer = self.ask("POST", "/graphql", own, json.dumps({"query": text}))
        assert answer.status == 200
        said: dict[str, Any] = json.load(answer)
        assert "errors" not in said
        data: dict[str, Any] = said["data"]
        return data

    def nodes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.query(QUESTION)["repositoriesOrError"].get("nodes", [])
        return found

    def driven(self) -> set[str]:
        """What mutations changed, by the word that each left."""
        limits = self.query(DRIVEN)["instance"]["concurrencyLimits"]
        return {limit["concurrencyKey"] for limit in limits}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _start(bureau: Bureau, port: int) -> subprocess.Popen[str]:
    bureau.begin_compiled()
    # A test run in the background ignores the signal, and so would what it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [str(ZHIBIAO), "dev", "--port", str(port)],
            cwd=bureau.root,
            env=bureau.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_for(look: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < end
        time.sleep(0.3)


def _children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
    return found


def _end_session(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def _opened(bureau: Bureau) -> Iterator[Pages]:
    port = _free_port()
    process = _start(bureau, port)
    try:
        assert process.stdout is not None
        printed = next(filter(None, (re.search(r"http://\S+", line) for line in process.stdout)))
        opened = Pages(process, port, printed[0])
        _wait_for(opened.nodes)
        yield opened
    finally:
        _end_session(process)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Iterator[Pages]:
    with _opened(Bureau(tmp_path_factory.mktemp("dev"))) as opened:
        yield opened


@pytest.fixture
def another_bureau(tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Bureau:
    return Bureau(tmp_path_factory.mktemp("another"))


def test_the_owner_is_answered_with_the_graph_and_the_schedule(pages: Pages) -> None:
    (repository,) = pages.nodes()
    assert repository["location"]["name"] == "zhibiao"
    keys = {"/".join(node["assetKey"]["path"]) for node in repository["assetNodes"]}
    assert {"registrations/events", "ledgers/registrations", "release/current"} <= keys
    assert repository["schedules"] == [
        {
            "name": "nightly_schedule",
            "cronSchedule": "0 2 * * *",
            "executionTimezone": "Asia/Shanghai",
            "scheduleState": {"status": "RUNNING"},
        }
    ]


def test_the_daemon_keeps_the_schedule(pages: Pages) -> None:
    def health() -> dict[str, bool]:
        statuses = pages.query(HEALTH)["instance"]["daemonHealth"]["allDaemonStatuses"]
        return {status["daemonType"]: status["healthy"] for status in statuses}

    _wait_for(lambda: health().get("SCHEDULER"))
    assert health()["SCHEDULER"] is True


def test_one_port_is_open_on_loopback_and_no_other_beside_it(pages: Pages) -> None:
    family = [psutil.Process(pages.process.pid), *_children(pages.process)]
    opened = {
        (connection.laddr.ip, connection.laddr.port)
        for process in family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert opened == {("127.0.0.1", pages.port)}
    # Arguments are seen by every user of the machine.
    assert not any(pages.token in word for process in family for word in process.cmdline())


def test_the_printed_address_leaves_the_token_in_a_cookie_and_not_in_the_address(
    pages: Pages,
) -> None:
    assert pages.address.startswith(f"http://{pages.home}/?token=")
    answer = pages.ask(path=f"/?token={pages.token}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/runs"),
        ("GET", "/server_info"),
        ("GET", "/graphql"),
        ("POST", "/graphql"),
        ("POST", "/report_asset_materialization/release"),
        ("GET", "/?token=wrong"),
        ("GET", "/?token="),
    ],
)
def test_without_the_token_nothing_is_answered_but_what_to_do(
    pages: Pages, method: str, path: str
) -> None:
    answer = pages.ask(method, path, JSON, "{}")
    assert answer.status == 401
    said = answer.read().decode()
    assert "请用启动时打印的地址打开" in said
    assert "Copy the whole address" in said
    assert pages.token not in said


def test_a_wrong_cookie_opens_nothing(pages: Pages) -> None:
    almost = pages.token[:-1] + ("a" if pages.token[-1] != "a" else "b")
    for cookie in (
        f"zhibiao_{pages.port}={almost}",
        f"zhibiao_{pages.port}=é",
        f"zhibiao={pages.token}",
    ):
        assert pages.ask(headers={"cookie": cookie}).status == 401


@pytest.mark.parametrize("host", ["localhost:{}", "127.0.0.1:{}", "[::1]:{}", "LOCALHOST:{}"])
def test_every_name_of_the_machine_itself_is_answered(pages: Pages, host: str) -> None:
    named = {"host": host.format(pages.port)} | pages.own
    assert pages.ask(path="/server_info", headers=named).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example:{}", "localhost", "127.0.0.1:1", "localhost.evil.example:{}", ""]
)
def test_a_foreign_name_that_leads_here_is_refused(pages: Pages, host: str) -> None:
    """As of a page whose name is pointed at this machine once a browser has it open."""
    named = {"host": host.format(pages.port)} | pages.own
    for path in ("/server_info", f"/?token={pages.token}"):
        assert pages.ask(path=path, headers=named).status == 403


@pytest.mark.parametrize(
    ("method", "is_in_address", "headers", "status"),
    [
        ("POST", False, {"content-type": "text/plain"}, 415),
        ("POST", False, {"content-type": "text/plain; application/json"}, 415),
        ("POST", False, {}, 415),
        ("POST", True, {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", False, JSON | {"origin": "http://elsewhere.example"}, 403),
        ("POST", False, JSON | {"origin": "null"}, 403),
        ("POST", False, JSON | {"origin": "http://127.0.0.1"}, 403),
        ("POST", False, JSON | {"sec-fetch-site": "same-site"}, 403),
        ("GET", True, {}, 415),
        ("GET", True, {"accept": "text/html"}, 415),
        ("HEAD", True, {}, 415),
        ("GET", False, {"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_what_another_site_can_send_is_refused_even_with_the_cookie(
    pages: Pages, method: str, is_in_address: bool, headers: dict[str, str], status: int
) -> None:
    path = f"/graphql?query={quote(ATTACK)}" if is_in_address else "/graphql"
    body = None if is_in_address else json.dumps({"query": ATTACK})
    assert pages.ask(method, path, headers | pages.own, body).status == status
    assert "attack" not in pages.driven()


def test_a_websocket_opens_for_the_owner_alone(pages: Pages) -> None:
    address, protocol = f"ws://{pages.home}/graphql", [Subprotocol("graphql-ws")]
    home, away = Origin(f"http://{pages.home}"), Origin("http://elsewhere.example")
    with connect(
        address, subprotocols=protocol, origin=home, additional_headers=pages.own
    ) as opened:
        opened.send(json.dumps({"type": "connection_init"}))
        assert json.loads(opened.recv()) == {"type": "connection_ack"}
    wrong = {"cookie": f"zhibiao_{pages.port}=x"}
    for origin, headers in ((away, pages.own), (home, {}), (home, wrong)):
        with pytest.raises(InvalidStatus, match="403"):
            connect(address, subprotocols=protocol, origin=origin, additional_headers=headers)


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """Another site's port; on the same machine, where cookies are shared: none is nearer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def page(pages: Pages) -> Iterator[Page]:
    """A browser whose owner has opened the printed address."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_context().new_page()
        opened.set_default_timeout(PATIENCE_SECONDS * 1000)
        opened.goto(pages.address)
        yield opened
        browser.close()


@needs_chromium
def test_the_page_works_in_a_browser(pages: Pages, page: Page) -> None:
    assert page.url.startswith(f"http://{pages.home}/")
    assert "token" not in page.url
    answered: list[int] = []
    page.on("response", lambda a: answered.append(a.status) if "/graphql" in a.url else None)
    page.goto(f"http://{pages.home}/automation")
    page.get_by_text("nightly_schedule").first.wait_for()
    assert set(answered) == {200}
    assert page.evaluate(OPEN_SOCKET, f"ws://{pages.home}/graphql") == "open"


@needs_chromium
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_foreign_page_in_the_owners_browser_drives_nothing(
    pages: Pages, page: Page, elsewhere: int, name: str
) -> None:
    answered: list[int] = []
    foreign = page.context.new_page()
    foreign.on("response", lambda a: answered.append(a.status) if "/graphql" in a.url else None)
    foreign.goto(f"http://{name}:{elsewhere}/")
    foreign.evaluate(
        """async ([home, drive]) => {
            const asked = home + "/graphql?query=" + encodeURIComponent(drive);
            const body = JSON.stringify({query: drive});
            for (const type of ["text/plain", "text/plain; application/json"])
                await fetch(home + "/graphql", {method: "POST", mode: "no-cors", body,
                    credentials: "include", headers: {"content-type": type}}).catch(() => 0);
            await fetch(asked, {mode: "no-cors", credentials: "include"}).catch(() => 0);
            await new Promise(done => {
                const image = new Image();
                image.onload = image.onerror = done;
                image.src = asked;
            });
        }""",
        [f"http://{pages.home}", ATTACK],
    )
    assert foreign.evaluate(OPEN_SOCKET, f"ws://{pages.home}/graphql") == "refused"
    foreign.evaluate(
        """([home, drive]) => {
            const form = document.createElement("form");
            form.method = "post";
            form.enctype = "text/plain";
            form.action = home + "/graphql";
            const field = document.createElement("input");
            field.name = '{"query": ' + JSON.stringify(drive) + ', "x": "';
            field.value = '"}';
            form.append(field);
            document.body.append(form);
            form.submit();
        }""",
        [f"http://{pages.home}", ATTACK],
    )
    foreign.get_by_text("请求来自别处").wait_for()
    assert len(answered) >= 4
    assert set(answered) == {403}
    assert "attack" not in pages.driven()
    foreign.close()


def test_what_the_attacks_tried_works_for_the_owner(pages: Pages) -> None:
    """Else they would have proved nothing."""
    pages.query(DRIVE % "own")
    assert pages.driven() == {"own"}


def test_a_port_that_is_taken_is_refused_before_anything_starts(
    pages: Pages, another_bureau: Bureau
) -> None:
    refused = another_bureau.run("dev", "--port", str(pages.port))
    assert refused.returncode == 64
    assert f"port {pages.port}: expected to be free" in refused.stderr


def test_ctrl_c_ends_the_pages_the_daemon_and_every_child(another_bureau: Bureau) -> None:
    """Pages of its own: a test process that takes over another's tests runs them after this."""
    with _opened(another_bureau) as pages:
        children = _children(pages.process)
        assert len(children) >= 3
        pages.process.send_signal(signal.SIGINT)
        assert pages.process.wait(PATIENCE_SECONDS) == 0
        assert [child for child in children if child.is_running()] == []


def test_a_termination_while_they_open_leaves_no_process(another_bureau: Bureau) -> None:
    process = _start(another_bureau, _free_port())
    try:
        _wait_for(lambda: _children(process))
        children = _children(process)
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 128 + signal.SIGTERM
        assert [child for child in children if child.is_running()] == []
    finally:
        _end_session(process)
