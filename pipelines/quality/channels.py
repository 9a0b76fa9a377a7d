"""Channels: hand one message to one Apprise address, and believe only a confirmed delivery.

Belongs here: what Apprise leaves open. It follows redirects, takes an error code in an HTTP 200 for
success, reads an answer of any length and waits for as long as a server drips; it counts characters
where robots count bytes. Does not: what an answer says (`answers`), which messages there are and
when to try again (`alerts`, `letters`).
"""

from __future__ import annotations

import ipaddress
import logging
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.bounded import BoundExceededError, Bounds, run_bounded
from pipelines.errors import DeliveryError
from pipelines.quality.answers import (
    LONGEST_ANSWER,
    ROBOT_CODES,
    describe_redirect,
    find_refusal,
    is_redirect,
)

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase
    from requests import Response

_BYTES_PER_CHARACTER = 3  # of a Chinese character in UTF-8
_ROBOT_PAUSE = 3.1
"""Seconds between two pieces of one message: robots take 20 a minute."""
_REFUSED = 502
_SMTP_REFUSALS = 400
_MEMORY, _LONGEST_RETURN = 400 * 2**20, 2**20
KEPT = "It is kept and tried again with the next night."


def send_bounded(address: str, subject: str, body: str, seconds: float) -> None:
    """Send one message in a child process that is ended after so many seconds, whatever it does.

    Raises:
        DeliveryError: it was not delivered, or nobody knows: a child that was ended may have handed
            its message over, and that is then sent again.
    """
    bounds = Bounds(seconds, _MEMORY, _LONGEST_RETURN)
    try:
        run_bounded(bounds, _send_as_child, address, subject, body)
    except BoundExceededError as error:
        got = {
            "seconds": f"none within {seconds:.0f} s",
            "memory": f"an answer that takes more than {_MEMORY // 2**20} MB",
        }.get(error.limit, "the end of the process that sent it")
        raise DeliveryError(
            f"alert: expected a confirmed delivery, got {got}. See that the service answers. "
            f"{KEPT}",
            is_silent=True,
        ) from None


def _send_as_child(address: str, subject: str, body: str) -> None:
    logging.disable(logging.CRITICAL)  # libraries log addresses, which hold tokens and passwords
    try:
        send(open_channel(address), subject, body)
    except DeliveryError:
        raise
    except Exception as error:
        # Its message may quote the address.
        raise DeliveryError(
            f"alert: expected a confirmed delivery, got {type(error).__name__}. {KEPT}"
        ) from None


def open_channel(address: str) -> NotifyBase:
    """The Apprise plugin of an address.

    Raises:
        DeliveryError: Apprise does not know the form of the address.
    """
    import apprise
    from apprise.common import OverflowMode

    # It logs addresses, which hold tokens and passwords.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    plugin = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if plugin is None:
        raise DeliveryError(
            "alert target: expected an address that Apprise knows, got another. "
            "Mend ZHIBIAO_ALERT_TARGETS; the address is not shown here, since it holds a secret."
        )
    plugin.overflow_mode = OverflowMode.SPLIT
    if _service(plugin) in ROBOT_CODES:
        plugin.body_maxlen = type(plugin).body_maxlen // _BYTES_PER_CHARACTER
        plugin.request_rate_per_sec = _ROBOT_PAUSE
    return plugin


def send(plugin: NotifyBase, subject: str, body: str) -> None:
    """Send one message and return when its service has confirmed it.

    Raises:
        DeliveryError: it was not delivered; what the service said, where it said anything.
    """
    wire = _Wire(_service(plugin))
    with wire.watched():
        is_sent = plugin.notify(title=subject, body=body, body_format="text")
    if not is_sent or wire.refusals:
        said = list(dict.fromkeys(wire.refusals or wire.replies))
        raise DeliveryError(
            f"alert by {wire.service}: expected a confirmed delivery, got "
            f"{'; '.join(said) or 'no answer'}. {KEPT}",
            is_silent=not said,
        )


def _service(plugin: NotifyBase) -> str:
    return type(plugin).__module__.removeprefix("apprise.plugins.").partition(".")[0]


@dataclass
class _Wire:
    """What goes over the wire while one message is sent, and what comes back."""

    service: str
    refusals: list[str] = field(default_factory=list)
    """HTTP answers that say no."""
    replies: list[str] = field(default_factory=list)
    """SMTP replies that say no; after some a sender goes on, like that to EHLO."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch every request and every SMTP reply of this process for the length of the block.

        The plugins call `requests` and `smtplib` themselves and keep only whether it went well.
        """
        from requests import Session

        request, getreply = Session.request, smtplib.SMTP.getreply

        def watched_request(
            session: Session,
            method: str,
            url: str,
            **options: Any,  # noqa: ANN401 as requests takes them
        ) -> Response:
            response = request(session, method, url, **options | _options_for(url))
            refusal = self._read(response)
            if refusal is not None:
                self.refusals.append(refusal)
                response.status_code = _REFUSED
            return response

        def watched_reply(server: smtplib.SMTP) -> tuple[int, bytes]:
            code, said = getreply(server)
            if code >= _SMTP_REFUSALS:
                self.replies.append(f"SMTP {code}")
            return code, said

        Session.request = watched_request  # type: ignore[method-assign, assignment]
        smtplib.SMTP.getreply = watched_reply  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            Session.request = request  # type: ignore[method-assign]
            smtplib.SMTP.getreply = getreply  # type: ignore[method-assign]

    def _read(self, response: Response) -> str | None:
        if is_redirect(response.status_code):
            location = response.headers.get("Location", "")
            return describe_redirect(response.status_code, response.url, location)
        content = _read_answer(response)
        # Read already, for the plugins that look into it.
        response._content = content or b""
        return find_refusal(self.service, response.status_code, content)


def _options_for(url: str) -> dict[str, Any]:
    """How every request is made: no redirect, no answer read unbounded, no proxy within the house.

    Proxies of the environment lead outwards; NO_PROXY says what else they do not serve.
    """
    host = urlsplit(url).hostname or ""
    direct = {"proxies": {"no_proxy": host}} if _is_internal(host) else {}
    return {"allow_redirects": False, "stream": True, **direct}


def _is_internal(host: str) -> bool:
    """True for an address that is not the internet's, and for a name without a domain."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host


def _read_answer(response: Response) -> bytes | None:
    content = bytearray()
    for piece in response.iter_content(8192):
        content += piece
        if len(content) > LONGEST_ANSWER:
            response.close()
            return None
    return bytes(content)
