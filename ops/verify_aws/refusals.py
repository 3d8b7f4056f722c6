"""Refusals: each has the API's error shape, and the CORS headers that web pages need."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

from ops.verify_aws.orders import GLOVES
from ops.verify_aws.probe import probe
from ops.verify_aws.target import Reply, Target

MAX_ORDER_CHARACTERS = 262_144
MAX_REQUEST_BYTES = 10 * 1024 * 1024
"""API Gateway quotas, "Payload size"."""

type Ask = Callable[[Target], Reply]


def described(reply: Reply, target: Target) -> str:
    """Describe a response's status, shape and CORS headers in the words of `expected`."""
    allowed = reply.headers.get("Access-Control-Allow-Origin")
    cors = "CORS" if allowed == target.allowed_origin else f"Access-Control-Allow-Origin {allowed}"
    return f"{reply.status}, {_shape(reply)}, {cors}"


def _shape(reply: Reply) -> str:
    text = reply.content[:200].decode(errors="replace")
    try:
        body = reply.body
    except ValueError:
        return f"not JSON: {text}"
    match body:
        case {"message": str(), "details": list() as details, **more} if not more:
            if all(isinstance(each, str) for each in details):
                return "an error"
    return f"not the shape of errors: {text}"


def _put(target: Target, body: object, content_type: str | None = "application/json") -> Reply:
    path = f"/orders/{target.new_order_id()}"
    return target.ask("PUT", path, body, {"Content-Type": content_type})


def _form_of_another(target: Target) -> Reply:
    return target.ask("POST", "/form", {"userid": target.other.sub, "photo": "AAAA"})


REFUSALS: list[tuple[str, int, Ask]] = [
    ("a body that is not JSON", 400, lambda target: _put(target, b"{no json")),
    ("a body that is not an order", 400, lambda target: _put(target, {"item": 7})),
    ("an unknown field with quotes in its name", 400, lambda target: _put(target, {'a"b\\c': 1})),
    ("an empty body", 400, lambda target: _put(target, b"")),
    (
        "a body that is not an order, without Content-Type",
        400,
        lambda t: _put(t, {"item": 7}, None),
    ),
    ("an orderID that is not a UUID", 400, lambda t: t.ask("PUT", "/orders/my-order", GLOVES)),
    (
        "a character that SQS rejects",
        400,
        lambda target: _put(target, '{"item": "gloves\uffff"}'.encode()),
    ),
    ("a wrong query string", 400, lambda target: target.ask("GET", "/orders?limit=0")),
    ("no token", 401, lambda t: t.ask("POST", "/orders", GLOVES, {"Authorization": None})),
    ("a malformed token", 401, lambda t: t.ask("GET", "/orders", None, {"Authorization": "x"})),
    ("a picture uploaded as another user", 403, _form_of_another),
    ("an order that does not exist", 404, lambda t: t.ask("GET", f"/orders/{uuid.uuid4()}")),
    (
        "a route that does not exist",
        404,
        lambda t: t.ask("GET", "/no-such-route", None, {"Authorization": None}),
    ),
    (
        "a method that a route does not have",
        404,
        lambda t: t.ask("DELETE", "/orders", None, {"Authorization": None}),
    ),
    (
        "an order that is too long",
        413,
        lambda t: _put(t, json.dumps(GLOVES).encode() + b" " * MAX_ORDER_CHARACTERS),
    ),
    (
        "a request that is too large for the API",
        413,
        lambda t: t.ask("POST", "/form", b" " * (MAX_REQUEST_BYTES + 1)),
    ),
    ("an order sent as text/plain", 415, lambda target: _put(target, GLOVES, "text/plain")),
]


def _register(what: str, status: int, ask: Ask) -> None:
    @probe(f"refused: {what}", expected=f"{status}, an error, CORS")
    def look(target: Target) -> str:
        return described(ask(target), target)


for _refusal in REFUSALS:
    _register(*_refusal)


@probe("refused: a route that does not exist, with a token", expected="404 or 403, an error, CORS")
def hides_nothing_by_a_token(target: Target) -> str:
    # Without a matching method, API Gateway expects an AWS signature in the header: 403.
    observed = described(target.ask("GET", "/no-such-route"), target)
    return "404 or 403" + observed[3:] if observed.startswith(("403", "404")) else observed


@probe("SQS's error quotes an unknown action, so the 400 says why", expected="it mentions UUID")
def says_why(target: Target) -> str:
    reply = target.ask("PUT", "/orders/my-order", GLOVES)
    text = reply.content.decode(errors="replace")
    says_uuid = reply.status == 400 and "UUID" in text
    return "it mentions UUID" if says_uuid else f"{reply.status} {text}"


@probe("a body of another media type is validated too (`$default`)", expected="refused, not stored")
def validates_every_type(target: Target) -> str:
    order_id = target.new_order_id()
    headers: dict[str, str | None] = {"Content-Type": "text/plain"}
    reply = target.ask("PUT", f"/orders/{order_id}", {"item": 7}, headers)
    return "refused, not stored" if reply.status in (400, 415) else f"{reply.status}"
