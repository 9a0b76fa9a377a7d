"""The door before Dagster's pages: who may speak to them, and in which form.

Dagster answers whoever reaches its port: a page of any other site, through the browser of whoever
opened it, under any name that leads to this machine; and every other user of the machine. Belongs
here: what is let through to its application. Does not: starting that application (served_pages).
"""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_NAMES = (LOOPBACK, "localhost", "[::1]")
_PORT_OF_HTTP = 80
_FROM_OURSELVES = {"same-origin", "none"}
"""What a browser says of a request by one of our own pages, or by the person before it."""
_POLICY_VIOLATION = 1008

_REFUSED = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>指标 · Zhibiao</title>
<body style="font: 16px/1.7 sans-serif; max-width: 42em; margin: 4em auto; padding: 0 1em">
<h1 style="font-size: 1.3em">{title}</h1>
<p>{chinese}</p>
<p lang="en">{english}</p>
</body></html>
"""


class Door:
    """Lets through what the holder of the token asks from the pages themselves.

    The address that is printed at the start carries the token, and leaves it in a cookie that no
    script reads and no other site sends.
    """

    def __init__(self, application: ASGIApp, port: int, token: str) -> None:
        self._application = application
        self._token = token.encode()
        # Cookies know no port: two warehouses' pages may be open side by side.
        self._cookie = f"zhibiao_{port}"
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        if port == _PORT_OF_HTTP:
            self._hosts.update(_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer in the application's place."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        answer = self._answer(HTTPConnection(scope))
        if answer is None:
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await answer(scope, receive, send)

    def _answer(self, connection: HTTPConnection) -> Response | None:
        """What is said in the application's place; None when the application is to answer."""
        is_socket = connection.scope["type"] == "websocket"
        method = "GET" if is_socket else connection.scope["method"]
        path, given = connection.scope["path"], connection.query_params.get("token")
        if not self._is_at_home(connection.headers):
            return _refuse_place()
        if method == "GET" and path == "/" and given and self._is_token(given):
            return self._let_in(given)
        if not _is_from_ourselves(connection.headers):
            return _refuse_place()
        if not self._is_token(connection.cookies.get(self._cookie, "")):
            return _refuse_stranger()
        if method not in {"GET", "HEAD"}:
            # A form or a plain text is what other sites can send without asking.
            return None if _is_json(connection.headers) else _refuse_form()
        # Reading changes nothing, and so carries no question that might.
        asks = path.rstrip("/") == "/graphql" and not is_socket and connection.url.query
        return _refuse_form() if asks else None

    def _is_at_home(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        return len(hosts) == 1 and hosts[0].lower() in self._hosts

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token)

    def _let_in(self, token: str) -> Response:
        """The token goes into the cookie, and out of the address."""
        answer = RedirectResponse(
            "/", 303, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"}
        )
        answer.set_cookie(self._cookie, token, httponly=True, samesite="strict")
        return answer


def _is_from_ourselves(headers: Headers) -> bool:
    origins = {f"http://{headers['host'].lower()}"}
    return origins.issuperset(
        origin.lower() for origin in headers.getlist("origin")
    ) and _FROM_OURSELVES.issuperset(headers.getlist("sec-fetch-site"))


def _is_json(headers: Headers) -> bool:
    # The whole media type: `text/plain; application/json` is a plain text that Dagster would take.
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _refuse_stranger() -> Response:
    return _refusal(
        401,
        "请用启动时打印的地址打开",
        "本页需要口令。请在运行 make dev 的终端里找到“http://127.0.0.1:端口/?token=…”这一行，"
        "把整个地址复制到浏览器打开；每次重新启动，地址都会改变。",
        "These pages need a token. Copy the whole address http://127.0.0.1:PORT/?token=… from the "
        "terminal in which make dev runs; each start has a new one.",
    )


def _refuse_place() -> Response:
    return _refusal(
        403,
        "请求来自别处，未予处理",
        "只接受本机地址（127.0.0.1、localhost）加启动时的端口，并且只接受从这些页面自身发出的请求。"
        "请直接打开 make dev 打印的地址。",
        "Only 127.0.0.1 and localhost with the port of the start are answered, and only what these "
        "pages ask themselves. Open the address that make dev printed.",
    )


def _refuse_form() -> Response:
    return _refusal(
        415,
        "请求的形式不被接受",
        "改变状态的请求须以 application/json 用 POST 发送。",
        "Expected a question as application/json in a POST, got another form.",
    )


def _refusal(status: int, title: str, chinese: str, english: str) -> Response:
    page = _REFUSED.format(title=title, chinese=chinese, english=english)
    return HTMLResponse(page, status, headers={"cache-control": "no-store"})
