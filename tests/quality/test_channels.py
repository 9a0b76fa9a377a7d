"""Channels against real servers on loopback: an answer is read, not only its status."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.quality.channels import DeliveryError, open_channel, send

TOKEN = "a" * 32


class Robot(ThreadingHTTPServer):
    """Answers every post with what the test sets, and keeps what it was sent."""

    answer: Any
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.received: list[Any] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/send"


class _Answer(BaseHTTPRequestHandler):
    server: Robot

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.received.append(json.loads(self.rfile.read(length)))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def robot() -> Iterator[Robot]:
    with Robot() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def channel_to(robot: Robot, service: str) -> Any:
    """The real plugin of a service, its host replaced by the loopback server."""
    plugin: Any = open_channel(f"{service}://{TOKEN}/")
    place = {"wecombot": "api_url", "lark": "webhook_url"}.get(service, "notify_url")
    setattr(plugin, place, robot.address)
    plugin.request_rate_per_sec = 0
    return plugin


SERVICES = ["dingtalk", "wecombot", "feishu", "lark"]


@pytest.mark.parametrize(
    ("service", "answer", "code"),
    [
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, "130101"),
        ("wecombot", {"errcode": 45009, "errmsg": "api freq out of limit"}, "45009"),
        ("feishu", {"code": 9499, "msg": "too many request"}, "9499"),
        ("feishu", {"StatusCode": 9499, "StatusMessage": "x"}, "9499"),
        ("lark", {"code": 9499, "msg": "too many request"}, "9499"),
    ],
)
def test_a_refusal_inside_http_200_is_not_a_delivery(
    robot: Robot, service: str, answer: dict[str, object], code: str
) -> None:
    robot.answer = answer
    with pytest.raises(DeliveryError, match=f"code {code}") as caught:
        send(channel_to(robot, service), "标题", "正文")
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("service", SERVICES)
def test_a_confirmed_message_is_a_delivery(robot: Robot, service: str) -> None:
    robot.answer = {"errcode": 0, "code": 0, "errmsg": "ok"}
    send(channel_to(robot, service), "标题", "正文")
    assert "正文" in json.dumps(robot.received, ensure_ascii=False)


@pytest.mark.parametrize("answer", ["<html>", {}, {"ok": True}])
def test_an_answer_that_confirms_nothing_is_not_a_delivery(robot: Robot, answer: object) -> None:
    robot.answer = answer
    with pytest.raises(DeliveryError):
        send(channel_to(robot, "dingtalk"), "标题", "正文")


def test_a_server_error_is_not_a_delivery(robot: Robot) -> None:
    robot.answer, robot.status = {"errcode": 0}, 500
    with pytest.raises(DeliveryError, match="HTTP 500"):
        send(channel_to(robot, "wecombot"), "标题", "正文")


def test_a_service_that_is_not_there_is_not_a_delivery(robot: Robot) -> None:
    plugin = channel_to(robot, "dingtalk")
    plugin.notify_url = "http://127.0.0.1:1/send"
    with pytest.raises(DeliveryError):
        send(plugin, "标题", "正文")


def test_requests_is_itself_again_after_a_message(robot: Robot) -> None:
    module: Any = sys.modules[type(open_channel(f"dingtalk://{TOKEN}/")).__module__]
    requests = module.requests
    robot.answer = {"errcode": 130101}
    with pytest.raises(DeliveryError):
        send(channel_to(robot, "dingtalk"), "标题", "正文")
    assert module.requests is requests


def test_a_long_chinese_digest_reaches_wecom_in_pieces_of_at_most_2048_bytes(robot: Robot) -> None:
    robot.answer = {"errcode": 0}
    body = "\n".join(f"第{n}行：统一社会信用代码校验位不符" for n in range(200))
    send(channel_to(robot, "wecombot"), "标题", body)
    pieces = [message["text"]["content"] for message in robot.received]
    assert max(len(piece.encode()) for piece in pieces) <= 2048
    assert "第199行" in pieces[-1]


def test_an_address_that_apprise_does_not_know_is_refused_without_showing_it() -> None:
    with pytest.raises(DeliveryError) as caught:
        open_channel("nonsense://secret-token")
    assert "secret-token" not in str(caught.value)
