"""Answers: whether a service took a message, by what it answered over HTTP.

What belongs here: the rules, which docs/operate.md tells the operator. What does not: sending
(channels). Nothing of an answer is passed on but a short code: the rest is a stranger's text.

- A redirect is never a delivery: it is not followed, for the digest would go where nobody sent it.
- A robot of DingTalk, WeCom or Feishu took it with HTTP 200 and its code in JSON, and that 0
  (DingTalk answers 130101 past 20 messages a minute, WeCom 45009, Feishu 9499).
- Any other service took it with HTTP 2xx, unless a JSON object there says otherwise: `errcode` a
  number that is not 0; `code` or `StatusCode` a number that is neither 0 nor 200 to 299; `error`
  anything that is not empty and not 0; `ok` or `success` false. A number may stand as text, and
  capital letters make no difference.
"""

from __future__ import annotations

import json
import math
import re
from typing import TypeGuard
from urllib.parse import urlsplit

LONGEST_ANSWER = 64 * 2**10
"""Bytes; a service says in some hundred whether it took a message."""

# Where each robot's answer says whether the message was taken; 0 is success.
ROBOT_CODES = {
    "dingtalk": ("errcode",),
    "wecombot": ("errcode",),
    "feishu": ("code", "statuscode"),
    "lark": ("code", "statuscode"),
}
_OK, _TAKEN, _REDIRECTS = 200, range(200, 300), range(300, 400)
_CODE_DIGITS = 8


def find_refusal(service: str, status: int, content: bytes | None) -> str | None:
    """Why an answer is no confirmed delivery; None where it is one, and for a redirect.

    Args:
        service: Apprise's name of the kind of service.
        status: Of HTTP.
        content: The answer; None where it is longer than LONGEST_ANSWER.
    """
    codes = ROBOT_CODES.get(service)
    if status not in _TAKEN or (codes and status != _OK):
        return f"HTTP {status}"
    if content is None:
        return f"HTTP {status} with an answer of more than {LONGEST_ANSWER // 2**10} KB"
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return "an answer that is not JSON" if codes else None
    said = {name.lower(): value for name, value in answer.items()} if _is_object(answer) else {}
    return _robot_refusal(said, codes) if codes else _refusal(said)


def is_redirect(status: int) -> bool:
    """True for a status that sends the message elsewhere."""
    return status in _REDIRECTS


def describe_redirect(status: int, address: str, location: str) -> str:
    """Where a redirect leads, in general words: both addresses may hold a token."""
    try:
        leads_to = urlsplit(location).hostname
    except ValueError:
        leads_to = None
    elsewhere = leads_to not in (None, urlsplit(address).hostname)
    place = "another host" if elsewhere else "another place on the same host"
    return (
        f"HTTP {status}, a redirect to {place}, which is not followed (write the service's present "
        "address into ZHIBIAO_ALERT_TARGETS)"
    )


def _is_object(answer: object) -> TypeGuard[dict[str, object]]:
    return isinstance(answer, dict)


def _robot_refusal(said: dict[str, object], names: tuple[str, ...]) -> str | None:
    given = [code for name in names if (code := _number(said.get(name))) is not None]
    if not given:
        return "an answer without a code"
    return next((_describe_code(code) for code in given if code != 0), None)


def _refusal(said: dict[str, object]) -> str | None:
    errcode = _number(said.get("errcode"))
    if errcode:
        return _describe_code(errcode)
    for name in ("code", "statuscode"):
        code = _number(said.get(name))
        if code and code not in _TAKEN:
            return _describe_code(code)
    error = said.get("error")
    if error and _number(error) != 0:
        return "an answer that names an error"
    if said.get("ok") is False or said.get("success") is False:
        return "an answer that says no"
    return None


def _number(value: object) -> int | None:
    """A whole number, also as text; None for everything else."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value.strip()):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value)


def _describe_code(code: int) -> str:
    """A code; one longer than any is some other number, and not passed on whole."""
    return f"code {str(code)[:_CODE_DIGITS]}"
