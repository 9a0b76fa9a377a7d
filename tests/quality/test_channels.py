"""Channels against real servers on loopback: an answer is read, not only its status."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipelines.errors import DeliveryError
from pipelines.quality.channels import open_channel, send, send_bounded
from tests.quality.alert_servers import (
    Webhook,
    drip,
    drip_greeting,
    serving,
    smtp_script,
    speaking,
)

TOKEN = "a" * 32
SECRET = "s3cret-token"
ENOUGH = 120.0
"""Seconds for one message on a slow machine."""


@pytest.fixture
def robot() -> Iterator[Webhook]:
    with serving(Webhook()) as server:
        yield server


def channel_to(robot: Webhook, service: str) -> Any:
    """The real plugin of a service, its host replaced by the loopback server."""
    if service == "json":
        return open_channel(f"json://{robot.place}/send")
    plugin: Any = open_channel(f"{service}://{TOKEN}/")
    place = {"wecombot": "api_url", "lark": "webhook_url"}.get(service, "notify_url")
    setattr(plugin, place, f"http://{robot.place}/send")
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
        ("json", {"errcode": 40001}, "40001"),
        ("json", {"errcode": "40001"}, "40001"),
        ("json", {"ErrCode": -1}, "-1"),
        ("json", {"code": 500, "msg": "no"}, "500"),
        ("json", {"StatusCode": 19001}, "19001"),
        ("json", {"errcode": 13912345678}, "13912345\\."),
    ],
)
def test_a_refusal_inside_http_200_is_not_a_delivery(
    robot: Webhook, service: str, answer: dict[str, object], code: str
) -> None:
    robot.answer = answer
    with pytest.raises(DeliveryError, match=f"code {code}") as caught:
        send(channel_to(robot, service), "标题", "正文")
    assert TOKEN not in str(caught.value)
    assert not caught.value.is_silent


@pytest.mark.parametrize(
    "answer", [{"error": "no such room"}, {"error": {"id": 3}}, {"ok": False}, {"success": False}]
)
def test_what_says_no_in_words_is_not_a_delivery_and_is_not_quoted(
    robot: Webhook, answer: dict[str, object]
) -> None:
    robot.answer = answer
    with pytest.raises(DeliveryError, match="an answer that") as caught:
        send(channel_to(robot, "json"), "标题", "正文")
    assert "room" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 0, "error": ""},
        {"code": 200, "message": "success"},
        {"code": "0", "error": None},
        {"code": "OK"},
        {"error": 0},
        {"ok": True},
        [],
        b"",
        b"ok",
        b"{",
        b"[" * 60_000,
    ],
)
def test_a_target_of_no_known_kind_takes_a_message_by_any_answer_that_does_not_say_no(
    robot: Webhook, answer: object
) -> None:
    robot.answer = answer
    send(channel_to(robot, "json"), "标题", "正文")
    assert len(robot.received) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_confirmed_message_is_a_delivery(robot: Webhook, service: str) -> None:
    robot.answer = {"errcode": 0, "code": 0, "errmsg": "ok"}
    send(channel_to(robot, service), "标题", "正文")
    assert "正文" in json.dumps(robot.received, ensure_ascii=False)


@pytest.mark.parametrize(
    "answer", [b"<html>", {}, {"ok": True}, [], {"errcode": None}, {"errcode": "x"}]
)
def test_an_answer_that_confirms_nothing_is_not_a_delivery(robot: Webhook, answer: object) -> None:
    robot.answer = answer
    with pytest.raises(DeliveryError):
        send(channel_to(robot, "dingtalk"), "标题", "正文")


def test_a_server_error_is_not_a_delivery(robot: Webhook) -> None:
    robot.answer, robot.status = {"errcode": 0}, 500
    with pytest.raises(DeliveryError, match="HTTP 500"):
        send(channel_to(robot, "wecombot"), "标题", "正文")


@pytest.mark.parametrize("service", ["json", "dingtalk"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_not_a_delivery(
    robot: Webhook, service: str, status: int
) -> None:
    """A 302 is followed as GET and nothing arrives; a 307 posts the digest somewhere else."""
    robot.status = status
    with serving(Webhook()) as other:
        robot.location = f"http://localhost:{other.server_port}/{SECRET}"
        other.answer = {"errcode": 0}
        with pytest.raises(DeliveryError, match=f"HTTP {status}, a redirect to another h") as told:
            send(channel_to(robot, service), "标题", "正文")
        assert other.received == []
    assert SECRET not in str(told.value)
    assert not told.value.is_silent


def test_a_redirect_is_not_followed_where_the_address_asks_for_it(robot: Webhook) -> None:
    robot.status, robot.location = 302, "/elsewhere"
    with pytest.raises(DeliveryError, match="another place on the same host"):
        send(open_channel(f"json://{robot.place}/send?redirect=yes"), "标题", "正文")
    assert robot.targets == ["/send"]


def test_a_service_that_is_not_there_is_not_a_delivery(robot: Webhook) -> None:
    plugin = channel_to(robot, "dingtalk")
    plugin.notify_url = "http://127.0.0.1:1/send"
    with pytest.raises(DeliveryError) as caught:
        send(plugin, "标题", "正文")
    assert caught.value.is_silent


@pytest.mark.parametrize("service", ["json", "dingtalk"])
def test_an_answer_of_a_gigabyte_is_read_no_further_than_needed(
    robot: Webhook, service: str
) -> None:
    robot.answer, robot.endless = {"errcode": 0}, True
    with pytest.raises(DeliveryError, match="more than 64 KB"):
        send(channel_to(robot, service), "标题", "正文")
    assert robot.sent < 2**27


def test_what_is_watched_is_itself_again_after_a_message(robot: Webhook) -> None:
    before = requests.Session.request, smtplib.SMTP.getreply
    robot.answer = {"errcode": 130101}
    with pytest.raises(DeliveryError):
        send(channel_to(robot, "dingtalk"), "标题", "正文")
    assert (requests.Session.request, smtplib.SMTP.getreply) == before


def test_a_long_chinese_digest_reaches_wecom_in_pieces_of_at_most_2048_bytes(
    robot: Webhook,
) -> None:
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


def test_a_child_sends_and_brings_back_what_was_said(robot: Webhook) -> None:
    robot.answer = {}
    send_bounded(f"json://{robot.place}/send", "标题", "正文", ENOUGH)
    assert robot.received[0]["message"] == "正文"
    robot.answer = {"errcode": 40001}
    with pytest.raises(DeliveryError, match="code 40001") as caught:
        send_bounded(f"json://{robot.place}/send", "标题", "正文", ENOUGH)
    assert not caught.value.is_silent
    with pytest.raises(DeliveryError, match="that Apprise knows"):
        send_bounded(f"nonsense://{SECRET}", "标题", "正文", ENOUGH)


@pytest.mark.parametrize(("kind", "script"), [("json", drip), ("mailto", drip_greeting)])
def test_a_server_that_drips_is_left_after_the_given_time(kind: str, script: Any) -> None:
    """It would end after half a minute, and go on dripping past that for whom it likes."""
    with speaking(script) as (place, _):
        address = f"{kind}://{place}/?mode=insecure&from=a@b.test&to=c@d.test"
        began = time.monotonic()
        with pytest.raises(DeliveryError, match="none within 5 s") as caught:
            send_bounded(address, "标题", "正文", 5)
        assert time.monotonic() - began < 25
    assert caught.value.is_silent


@pytest.mark.parametrize(
    ("command", "reply", "said"),
    [
        ("greeting", "554 no", "SMTP 554"),
        ("AUTH", "535 who are you", "SMTP 535"),
        ("MAIL", "550 not you", "SMTP 550"),
        ("RCPT", "551 not here", "SMTP 551"),
        ("DATA", "554 not now", "SMTP 554"),
        ("content", "452 full", "SMTP 452"),
    ],
)
def test_a_mail_that_is_refused_at_any_stage_is_no_delivery(
    command: str, reply: str, said: str
) -> None:
    with speaking(smtp_script({command: reply})) as (place, _):
        address = f"mailto://u:{SECRET}@{place}?mode=insecure&from=a@b.test&to=c@d.test"
        with pytest.raises(DeliveryError, match=said) as caught:
            send(open_channel(address), "标题", "正文")
    assert SECRET not in str(caught.value)
    assert not caught.value.is_silent


@pytest.mark.parametrize("command", ["greeting", "MAIL", "content"])
def test_a_mail_server_that_falls_silent_is_left_after_the_given_time(command: str) -> None:
    """After the content, nobody knows whether the mail was taken: it is sent again."""
    with speaking(smtp_script({command: ""})) as (place, _):
        address = f"mailto://{place}?mode=insecure&from=a@b.test&to=c@d.test"
        with pytest.raises(DeliveryError, match="none within 6 s") as caught:
            send_bounded(address, "标题", "正文", 6)
    assert caught.value.is_silent


def test_a_mail_server_that_refuses_one_greeting_of_two_still_takes_the_mail() -> None:
    with speaking(smtp_script({"EHLO": "502 what"})) as (place, heard):
        send(open_channel(f"mailto://{place}?mode=insecure&from=a@b.test&to=c@d.test"), "题", "文")
    assert b"content\r\n" in heard


def test_a_proxy_of_the_environment_serves_what_lies_outside_and_nothing_inside(
    robot: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot.answer = {}
    with serving(Webhook()) as proxy:
        proxy.answer = {}
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.place}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        send(channel_to(robot, "json"), "标题", "正文")
        send(open_channel(f"json://localhost:{robot.server_port}/send"), "标题", "正文")
        assert (len(robot.received), proxy.received) == (2, [])
        send(open_channel("json://alerts.bureau.test/hook"), "标题", "正文")
        assert proxy.targets == ["http://alerts.bureau.test/hook"]


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="needs IPv6 on loopback")
def test_an_address_of_ipv6_is_served() -> None:
    with serving(Webhook("::1")) as server:
        server.answer = {}
        send(open_channel(f"json://{server.place}/send"), "标题", "正文")
        assert len(server.received) == 1


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_certificate_that_nobody_vouches_for_gets_no_digest(
    robot: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that REQUESTS_CA_BUNDLE names does."""
    pem = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    robot.socket = context.wrap_socket(robot.socket, server_side=True)
    robot.answer = {}
    with pytest.raises(DeliveryError):
        send(open_channel(f"jsons://{robot.place}/send"), "标题", "正文")
    assert robot.received == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    send(open_channel(f"jsons://{robot.place}/send"), "标题", "正文")
    assert len(robot.received) == 1
