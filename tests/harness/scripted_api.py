"""The web client in a browser without a stack: a test scripts what the API answers.

Answers are the examples of docs/openapi.yaml unless the test gives others, and each one must be as
that document says. So a test can have 500 orders, a wrong clock or an error within milliseconds.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Route, WebSocketRoute

from local.gateway.web_client import WebClient
from project.contract.check import Contract, Exchange, committed_document
from project.contract.openapi import operations, resolved
from project.template import ROOT
from project.web_client import served_files, settings

ORIGIN = "http://localhost"
"""No request leaves the browser. Browsers trust this host as they trust HTTPS."""

SERVICES = "http://127.0.0.1:4566"
_WEB = ROOT / "web"
_SETTINGS = settings("", search=True, scopes=False, password_length=12)
_HEADERS = WebClient(_WEB, SERVICES, _SETTINGS).headers
_JSON = "application/json"
_BUCKET = re.compile(r"https://storefront-\w+\.s3\.[\w.-]+\.amazonaws\.com")


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `GET /orders/{orderID}`, the values in its path, its query, body and key."""

    route: str
    path: dict[str, str]
    query: dict[str, str]
    body: Any
    key: str | None


type Answer = tuple[int, Any] | None
type Script = Callable[[Call], Answer]


@dataclass
class ScriptedApi:
    """What the API answers, and what it was asked. `now` is the time of its clock.

    `config` has more settings of the client, and `files` answers of others than the API, by path.
    """

    now: float
    calls: list[Call] = field(default_factory=list)
    sockets: list[WebSocketRoute] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    scripts: dict[str, Script] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)

    def install(self, context: BrowserContext) -> None:
        """Answer all requests of the pages of this context."""
        context.route(f"{ORIGIN}/**", self._serve)
        context.route(f"{SERVICES}/**", lambda route: route.fulfill(status=204))
        context.route_web_socket(re.compile("ticket="), self._connect)

    def answers(self, route: str, script: Script | Any) -> None:
        """Answer `GET /orders` with this body from now on, or with what a function returns.

        A function that returns None does not answer at all.
        """
        self.scripts[route] = script if callable(script) else lambda _: (200, script)

    def push(self, kind: str, data: Any) -> None:
        """Send a live event over every connection."""
        for socket in self.sockets:
            socket.send(json.dumps({"type": kind, "data": data}))

    def asked(self, route: str) -> list[Call]:
        """The requests of this route so far."""
        return [call for call in self.calls if call.route == route]

    def _connect(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)

    def _serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        path = url.path.removeprefix("/") or "index.html"
        if path == "config.json":
            route.fulfill(status=200, headers=_HEADERS, json={**_SETTINGS, **self.config})
        elif path in self.files:
            route.fulfill(status=200, headers=_HEADERS, json=self.files[path])
        elif content := _files().get(path):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(status=200, headers={**_HEADERS, "Content-Type": kind}, body=content)
        else:
            self._answer(route, url.path, url.query)

    def _answer(self, route: Route, path: str, query: str) -> None:
        request = route.request
        found = _route(request.method, path)
        if found is None:
            route.fulfill(status=404, json={"message": "not found", "details": []})
            return
        template, values = found
        sent = request.post_data or ""
        call = Call(
            f"{request.method} {template}",
            values,
            {name: each[0] for name, each in parse_qs(query).items()},
            json.loads(sent) if sent else None,
            request.headers.get("idempotency-key"),
        )
        self.calls.append(call)
        script = self.scripts.get(call.route) or self._by_default
        answer = script(call)
        if answer is None:
            route.abort()
            return
        status, body = answer
        text = "" if body is None else json.dumps(body)
        self.problems += Contract.problems(
            _contract(), Exchange(request.method, template, status, text, sent=sent)
        )
        route.fulfill(status=status, content_type=_JSON, body=text)

    def _by_default(self, call: Call) -> Answer:
        if call.route == "GET /messages" and "withID" in call.query:
            return 200, {
                "with": "bob",
                "withID": call.query["withID"],
                "messages": [],
                "next": None,
            }
        status, body = _example(call.route)
        if call.route == "POST /live":
            return status, {**body, "url": f"{SERVICES.replace('http', 'ws')}?ticket=1"}
        if body and "idToken" in body:
            return status, {**body, "idToken": self.token()}
        return status, body

    def token(self) -> str:
        """A token that was issued now."""
        claims = json.dumps({"iat": int(self.now)}).encode()
        return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


@cache
def _files() -> dict[str, bytes]:
    return served_files(_WEB, _SETTINGS)


@cache
def _contract() -> Contract:
    return Contract.committed()


@cache
def _routes() -> list[tuple[str, str, re.Pattern[str]]]:
    return [
        (method.upper(), path, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)))
        for method, path, _ in operations(committed_document())
    ]


def _route(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    for known, template, pattern in sorted(_routes(), key=lambda each: each[1].count("{")):
        if known == method and (match := pattern.fullmatch(path)):
            return template, match.groupdict()
    return None


def _example(route: str) -> tuple[int, Any]:
    """The first answer of a route that is a success, as the document has it."""
    document = committed_document()
    method, path = route.split()
    responses = document["paths"][path][method.lower()]["responses"]
    status = min(each for each in responses if each.startswith("2"))
    content = resolved(document, responses[status]).get("content")
    if content is None:
        return int(status), None
    example = content[_JSON].get("example")
    return int(status), json.loads(_BUCKET.sub(SERVICES, json.dumps(example)))
