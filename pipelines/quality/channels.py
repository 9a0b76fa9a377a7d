"""Channels: hand one message to one Apprise address, and believe only a confirmed delivery.

Belongs here: what Apprise does not do for the robots of DingTalk, WeCom and Feishu. They answer
HTTP 200 with an error code in the body (DingTalk 130101 past 20 messages a minute, WeCom 45009,
Feishu 9499), which Apprise 2.2.0 takes for success; and they count bytes, where Apprise counts
characters. Does not: which messages there are and when to try again (`alerts`).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pipelines.errors import ZhibiaoError

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase

# Where each robot's answer says whether the message was taken; 0 is success.
_ANSWER_CODES = {
    "dingtalk": ("errcode",),
    "wecombot": ("errcode",),
    "feishu": ("code", "StatusCode"),
    "lark": ("code", "StatusCode"),
}
_BYTES_PER_CHARACTER = 3  # of a Chinese character in UTF-8
_REFUSED = 502


class DeliveryError(ZhibiaoError):
    """A message was not delivered; the text names no address and no token."""


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
    if _service(plugin) in _ANSWER_CODES:
        plugin.body_maxlen = type(plugin).body_maxlen // _BYTES_PER_CHARACTER
    return plugin


def send(plugin: NotifyBase, subject: str, body: str) -> None:
    """Send one message and return when its service has confirmed it.

    Raises:
        DeliveryError: it was not delivered; what the service said, where it said anything.
    """
    refusals: list[str] = []
    with _answers_read(plugin, refusals):
        is_sent = plugin.notify(title=subject, body=body, body_format="text")
    if not is_sent or refusals:
        said = "; ".join(refusals) or "no confirmation"
        raise DeliveryError(
            f"alert by {_service(plugin)}: expected a confirmed delivery, got {said}. "
            "It is kept and tried again with the next night."
        )


def _service(plugin: NotifyBase) -> str:
    return type(plugin).__module__.rsplit(".", 1)[-1]


class _ReadingRequests:
    """Stands in for `requests` in one plugin: turns a refusal in the body into a failed status."""

    def __init__(self, requests: ModuleType, codes: tuple[str, ...], refusals: list[str]) -> None:
        self._requests, self._codes, self._refusals = requests, codes, refusals

    def __getattr__(self, name: str) -> object:
        return getattr(self._requests, name)

    def post(self, *arguments: object, **options: object) -> object:
        """Post, and read what the robot answers."""
        response = self._requests.post(*arguments, **options)
        refusal = self._refusal_in(response)
        if refusal is not None:
            self._refusals.append(refusal)
            response.status_code = _REFUSED
        return response

    def _refusal_in(self, response: Any) -> str | None:  # noqa: ANN401 - requests is untyped
        if response.status_code != self._requests.codes.ok:
            return f"HTTP {response.status_code}"
        try:
            answer = response.json()
        except ValueError:
            return "an answer that is not JSON"
        codes = [answer.get(name) for name in self._codes] if isinstance(answer, dict) else []
        given = [code for code in codes if code is not None]
        if not given:
            return "an answer without a code"
        return next((f"code {int(code)}" for code in given if int(code) != 0), None)


@contextmanager
def _answers_read(plugin: NotifyBase, refusals: list[str]) -> Iterator[None]:
    """Read the robots' answers while a message is sent.

    The plugins call `requests.post` themselves and keep only the status, so their module's name for
    `requests` is replaced for the length of the block; nights send one message at a time.
    """
    codes = _ANSWER_CODES.get(_service(plugin))
    if codes is None:
        yield
        return
    module: Any = sys.modules[type(plugin).__module__]
    requests = module.requests
    module.requests = _ReadingRequests(requests, codes, refusals)
    try:
        yield
    finally:
        module.requests = requests
