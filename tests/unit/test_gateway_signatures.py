"""The gateway with IAM authorization: which signed requests it accepts, on every route."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from typing import Any

import pytest
import pytest_asyncio
from multidict import CIMultiDict, CIMultiDictProxy

from local.gateway import sigv4
from local.gateway.definition import ApiDefinition
from local.gateway.sigv4 import SentRequest
from project.template import ROOT
from tests.harness import iam
from tests.harness.edge import Edge, Keys, Reply, stack
from tests.harness.iam import Principal

ORDER = b'{"item": "tea"}'
DIGEST = hashlib.sha256(ORDER).hexdigest()
ROUTES = [
    (each.method, re.sub(r"\{\w+\}", lambda _: str(uuid.UUID(int=1)), each.resource))
    for each in ApiDefinition.of(stack(ApiAuthorizer="AWS_IAM", Search="domain")).operations
    if each.security == ("AWS_IAM", [])
]
DIRECT = {"POST /orders", f"PUT /orders/{uuid.UUID(int=1)}"}
SESSION = Principal(
    access_key="ASIAEXAMPLE",
    token="session/token+of=it",
    identity={
        "user": "AROAEXAMPLE:nightly@import",
        "userArn": "arn:aws:sts::123456789012:assumed-role/Importer/nightly@import",
    },
)
POOL_USER = Principal(
    access_key="ASIAPOOL",
    token="token",
    identity={
        "user": "AROAEXAMPLE:CognitoIdentityCredentials",
        "userArn": "arn:aws:sts::123456789012:assumed-role/Shop/CognitoIdentityCredentials",
        "cognitoIdentityId": "us-east-1:7a8b",
    },
)
READS = {"Effect": "Allow", "Action": "execute-api:*", "Resource": "*/v1/HEAD/*"}
DENIED = {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*"}

UNSIGNED = "the request is not signed, or there is no such route"
INVALID = "the signature is invalid"
UNKNOWN = "The security token included in the request is invalid."
OTHER_ALGORITHM = "the request must be signed with AWS4-HMAC-SHA256"


@pytest_asyncio.fixture
async def edge() -> AsyncIterator[Edge]:
    async with Edge(ApiAuthorizer="AWS_IAM", Search="domain") as edge:
        for principal in (SESSION, POOL_USER):
            edge.backend.iam.principals[principal.access_key] = principal
        yield edge


@dataclass
class Sent:
    """A request as it is sent."""

    method: str
    path: str
    body: bytes = ORDER
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    def header(self, name: str, change: Callable[[str], str]) -> Sent:
        return replace(self, headers=self.headers | {name: change(self.headers[name])})


type Kind = Callable[[Edge, str, str], Sent]
"""Makes a request for a route, given as method and path."""


def by_signature(
    edge: Edge,
    method: str,
    path: str,
    *,
    more: dict[str, str] | None = None,
    query: str = "",
    body: bytes = ORDER,
    **how: Any,
) -> Sent:
    """Return a request that is signed for this route. `query` is sent, and signed as well."""
    url = str(edge.server.make_url("")).rstrip("/")
    if how.get("presigned"):
        body = b""  # botocore would move it into the query
    usual = {"Content-Type": "application/json", **(more or {})}
    request = iam.signed(method, f"{url}{path}{query}", body, usual, **how)
    return Sent(method, str(request.url).removeprefix(url), body, dict(request.headers.items()))


def by_token(edge: Edge, method: str, path: str, *, prefix: str = "", **claims: Any) -> Sent:
    sent = Sent(method, path)
    sent.headers["Authorization"] = prefix + edge.keys.token(**claims)
    return sent


@cache
def other_keys() -> Keys:
    """Return the keys of another issuer."""
    return Keys("other")


def by_other_keys(_: Edge, method: str, path: str) -> Sent:
    sent = Sent(method, path)
    sent.headers["Authorization"] = other_keys().token(iss="https://other.example")
    return sent


def with_header(_: Edge, method: str, path: str, *, value: str) -> Sent:
    sent = Sent(method, path)
    sent.headers["Authorization"] = value
    return sent


def changed(change: Callable[[Sent], Sent], **how: Any) -> Kind:
    """Return the kind of request that is changed after it was signed."""
    return lambda edge, method, path: change(by_signature(edge, method, path, **how))


def authorization(pattern: str, replacement: str) -> Kind:
    """Return the kind with a changed Authorization header."""
    return changed(
        lambda sent: sent.header(
            "Authorization", lambda header: re.sub(pattern, replacement, header)
        )
    )


def without(*names: str, **how: Any) -> Kind:
    """Return the kind that lacks headers which were signed."""
    return changed(
        lambda sent: replace(
            sent, headers={n: v for n, v in sent.headers.items() if n not in names}
        ),
        **how,
    )


def for_route(method: str, path: str) -> Kind:
    """Return the kind that was signed for another route, and is replayed."""
    return lambda edge, to_method, to_path: replace(
        by_signature(edge, method, path), method=to_method, path=to_path
    )


def unsigned_host(edge: Edge, method: str, path: str) -> Sent:
    """Return a request whose signature is right but leaves the host out."""
    sent = by_signature(edge, method, path)
    header = re.sub("=content-type;host;", "=content-type;", sent.headers["Authorization"])
    headers = CIMultiDictProxy(CIMultiDict(sent.headers | {"Authorization": header}))
    request = SentRequest(method, path, "", headers, sent.body)
    read = sigv4.signature(request)
    assert read is not None
    scope = (read.date, read.region, read.service)
    value = iam.signature(Principal().secret, *scope, read.string_to_sign(request))
    return replace(
        sent, headers={**headers, "Authorization": re.sub("[0-9a-f]{64}$", value, header)}
    )


ACCEPTED: dict[str, Kind] = {
    "header": by_signature,
    "header with spaces": partial(by_signature, more={"X-Note": "  a   b "}),
    "session": partial(by_signature, principal=SESSION),
    "four minutes old": partial(by_signature, age=timedelta(minutes=4)),
    "four minutes early": partial(by_signature, age=-timedelta(minutes=4)),
    "with a query": partial(by_signature, query="?b=%C3%A9%20~&a=&a-b=%2F&flag"),
    "a digest of the body": partial(by_signature, more={"X-Amz-Content-SHA256": DIGEST}),
    "an unsigned header more": changed(
        lambda sent: replace(sent, headers=sent.headers | {"X-More": "1"})
    ),
}

REFUSED: dict[str, tuple[Kind, str]] = {
    "nothing": (lambda _, method, path: Sent(method, path), UNSIGNED),
    "an empty header": (partial(with_header, value=""), UNSIGNED),
    "an access token of the pool": (by_token, OTHER_ALGORITHM),
    "an ID token of the pool": (partial(by_token, token_use="id", scope=None), OTHER_ALGORITHM),
    "a token after Bearer": (partial(by_token, prefix="Bearer "), OTHER_ALGORITHM),
    "a token of another issuer": (by_other_keys, OTHER_ALGORITHM),
    "a password": (partial(with_header, value="Basic YWRhOmFkYQ=="), OTHER_ALGORITHM),
    "the algorithm only": (partial(with_header, value="AWS4-HMAC-SHA256"), "no Credential"),
    "another algorithm": (authorization("^AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "must be"),
    "no signature": (authorization(", Signature=.*", ""), "the signature has no Signature"),
    "no list of signed headers": (authorization("SignedHeaders=[^,]*, ", ""), "no SignedHeaders"),
    "a short credential": (authorization("/us-east-1/", "/"), "Credential must be"),
    "another terminator": (authorization("/aws4_request", "/aws5_request"), "Credential must be"),
    "characters that are not ASCII": (authorization("Signature=.", "Signature=é"), "not ASCII"),
    "no date": (without("X-Amz-Date"), "the signature has no X-Amz-Date"),
    "a wrong secret": (partial(by_signature, principal=Principal(secret="guess")), INVALID),
    "a wrong secret in the query": (
        partial(by_signature, principal=Principal(secret="guess"), presigned=True),
        INVALID,
    ),
    "an unknown key": (partial(by_signature, principal=Principal(access_key="AKIANONE")), UNKNOWN),
    "no key": (authorization("Credential=[^/]*", "Credential="), UNKNOWN),
    "another signature": (authorization("Signature=.", "Signature=_"), INVALID),
    "six minutes old": (partial(by_signature, age=timedelta(minutes=6)), INVALID),
    "six minutes early": (partial(by_signature, age=-timedelta(minutes=6)), INVALID),
    "six minutes old in the query": (
        partial(by_signature, age=timedelta(minutes=6), presigned=True),
        INVALID,
    ),
    "the date of another day": (authorization(r"/\d{8}/", "/20200101/"), INVALID),
    "a date that is none": (
        changed(lambda sent: sent.header("X-Amz-Date", lambda value: f"{value[:9]}999999Z")),
        INVALID,
    ),
    "another region": (partial(by_signature, region="eu-central-1"), INVALID),
    "another service": (partial(by_signature, service="apigateway"), INVALID),
    "another body": (changed(lambda sent: replace(sent, body=b'{"item": "two"}')), INVALID),
    "another body with the signed digest": (
        changed(
            lambda sent: replace(sent, body=b'{"item": "two"}'),
            more={"X-Amz-Content-SHA256": DIGEST},
        ),
        INVALID,
    ),
    "an unsigned body": (
        partial(by_signature, more={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}),
        INVALID,
    ),
    "another path": (for_route("GET", "/other"), INVALID),
    "another method": (
        lambda edge, method, path: for_route("PATCH", path)(edge, method, path),
        INVALID,
    ),
    "a parameter more": (changed(lambda sent: replace(sent, path=f"{sent.path}?a=2")), INVALID),
    "another parameter": (
        changed(lambda sent: replace(sent, path=f"{sent.path}&limit=2"), presigned=True),
        INVALID,
    ),
    "another signed header": (
        changed(lambda sent: sent.header("X-Note", lambda _: "2"), more={"X-Note": "1"}),
        INVALID,
    ),
    "a signed header less": (without("X-Note", more={"X-Note": "1"}), INVALID),
    "another host": (
        changed(lambda sent: replace(sent, headers=sent.headers | {"Host": "localhost"})),
        INVALID,
    ),
    "an unsigned host": (unsigned_host, INVALID),
    "another token": (partial(by_signature, principal=replace(SESSION, token="guess")), UNKNOWN),
    "no token of a session": (
        partial(by_signature, principal=replace(SESSION, token=None)),
        UNKNOWN,
    ),
    "a token of a user": (partial(by_signature, principal=Principal(token="any")), UNKNOWN),
    "header and query": (
        lambda edge, method, path: replace(
            by_signature(edge, method, path, presigned=True),
            headers=by_signature(edge, method, path).headers,
        ),
        "in its header or in its query",
    ),
    "a token and a signed query": (
        lambda edge, method, path: replace(
            by_signature(edge, method, path, presigned=True),
            headers=by_token(edge, method, path).headers,
        ),
        "in its header or in its query",
    ),
}


async def send(edge: Edge, sent: Sent) -> Reply:
    unsent = {"Authorization": None, "Content-Type": None}
    return await edge.call(sent.method, sent.path, sent.body, {**unsent, **sent.headers})


async def on_routes(
    routes: list[tuple[str, str]], edge: Edge, kind: Kind
) -> AsyncIterator[tuple[str, Reply]]:
    """Send such a request to each of the routes."""
    for method, path in routes:
        yield f"{method} {path}", await send(edge, kind(edge, method, path))


def test_there_are_routes() -> None:
    assert len(ROUTES) > 20


on_every_route = pytest.mark.parametrize(
    "routes",
    [
        pytest.param([("POST", "/orders"), ("GET", "/orders")], id="two routes"),
        pytest.param(ROUTES, id="every route", marks=pytest.mark.slow),
    ],
)


@pytest.mark.slow
@pytest.mark.asyncio
@on_every_route
@pytest.mark.parametrize("kind", ACCEPTED.values(), ids=ACCEPTED)
async def test_a_signed_request_opens_every_route(
    edge: Edge, routes: list[tuple[str, str]], kind: Kind
) -> None:
    async for route, reply in on_routes(routes, edge, kind):
        assert reply.status == (202 if route in DIRECT else 200), route

    assert len(edge.backend.queued) == len(DIRECT & {" ".join(each) for each in routes})


@pytest.mark.asyncio
@on_every_route
@pytest.mark.parametrize("principal", [Principal(), SESSION], ids=["user", "session"])
async def test_a_presigned_url_opens_every_route(
    edge: Edge, routes: list[tuple[str, str]], principal: Principal
) -> None:
    kind = partial(by_signature, presigned=True, principal=principal)

    async for route, reply in on_routes(routes, edge, kind):
        # botocore presigns no body, so an order is invalid.
        assert reply.status == (400 if route in DIRECT else 200), route


@pytest.mark.slow
@pytest.mark.asyncio
@on_every_route
@pytest.mark.parametrize(("kind", "message"), REFUSED.values(), ids=REFUSED)
async def test_any_other_request_opens_no_route(
    edge: Edge, routes: list[tuple[str, str]], kind: Kind, message: str
) -> None:
    """fault 11"""
    async for route, reply in on_routes(routes, edge, kind):
        assert reply.status == 403, route
        assert message in reply.json["message"], route
        assert reply.json.keys() == {"message", "details"}
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert edge.backend.events == []
    assert edge.backend.forms == []


@pytest.mark.asyncio
@on_every_route
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"statements": ()}, "the caller may not use this route"),
        ({"statements": (READS,)}, "the caller may not use this route"),
        ({"statements": (iam.EVERYTHING, DENIED)}, "the caller may not use this route"),
        ({"has_expired": True}, "The security token included in the request is expired"),
    ],
    ids=["no policy", "another method", "an explicit deny", "an expired session"],
)
async def test_a_caller_without_permission_opens_no_route(
    edge: Edge, routes: list[tuple[str, str]], changes: dict[str, Any], message: str
) -> None:
    edge.backend.iam.principals[SESSION.access_key] = replace(SESSION, **changes)

    async for _, reply in on_routes(routes, edge, partial(by_signature, principal=SESSION)):
        assert (reply.status, reply.json) == (403, {"message": message, "details": []})

    assert edge.backend.events == []
    assert edge.backend.forms == []


@pytest.mark.asyncio
async def test_a_permission_names_the_method_and_the_path(edge: Edge) -> None:
    one = {**iam.EVERYTHING, "Resource": "arn:aws:execute-api:us-east-1:123456789012:Api/v1/GET/*"}
    edge.backend.iam.principals["AKIAEXAMPLE"] = Principal(statements=(one,))

    statuses = [
        (await send(edge, by_signature(edge, method, "/images"))).status
        for method in ("GET", "POST")
    ]

    assert statuses == [200, 403]


@pytest.mark.asyncio
async def test_the_path_is_signed_as_it_is_sent(edge: Edge) -> None:
    paths = ["/v1/orders", "/v1/orders/", "/orders/a%2Fb%20c", "/orders/%C3%A9~+"]

    replies = [await send(edge, by_signature(edge, "GET", path)) for path in paths]

    assert [reply.status for reply in replies] == [200] * 4


@pytest.mark.asyncio
async def test_an_unknown_route_is_reported_like_a_missing_signature(edge: Edge) -> None:
    """API Gateway has one gateway response for both."""
    reply = await send(edge, by_signature(edge, "GET", "/no-such-route"))

    assert (reply.status, reply.json["message"]) == (403, UNSIGNED)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("principal", "caller"),
    [
        (Principal(), "AIDAEXAMPLE"),
        (SESSION, "AROAEXAMPLE:nightly@import"),
        (POOL_USER, "us-east-1:7a8b"),
    ],
    ids=["user", "role", "identity pool"],
)
async def test_an_order_is_placed_by_the_caller(
    edge: Edge, principal: Principal, caller: str
) -> None:
    sent = by_signature(edge, "POST", "/orders", principal=principal)

    await send(edge, sent)

    [message] = edge.backend.queued
    assert message["MessageAttribute.3.Value.StringValue"] == caller


@pytest.mark.asyncio
async def test_a_function_gets_the_caller_as_on_aws(edge: Edge) -> None:
    await send(edge, by_signature(edge, "GET", "/orders", principal=SESSION))

    [event] = edge.backend.events
    context = event["requestContext"]
    assert "authorizer" not in context
    assert context["identity"]["user"] == "AROAEXAMPLE:nightly@import"
    assert context["identity"]["cognitoIdentityId"] is None
    assert context["identity"]["sourceIp"] == "127.0.0.1"


@pytest.mark.asyncio
async def test_public_routes_need_no_signature(edge: Edge) -> None:
    reply = await send(edge, Sent("POST", "/users/login", b"{}"))

    assert reply.status == 200


@pytest.mark.asyncio
async def test_a_gateway_that_the_emulator_does_not_know_lets_nobody_in(edge: Edge) -> None:
    edge.backend.iam.secret = "of another stack"

    reply = await send(edge, by_signature(edge, "GET", "/orders"))

    assert (reply.status, reply.json["message"]) == (500, "Internal server error")
    assert edge.backend.events == []


@pytest.mark.asyncio
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("caller", [Principal(), SESSION], ids=["user", "session"])
async def test_the_command_of_the_guide_calls_the_api(edge: Edge, caller: Principal) -> None:
    page = (ROOT / "docs" / "users.md").read_text()
    [command] = re.findall(r"(?ms)^curl --aws-sigv4 .*?[^\\]$", page)
    environment = {
        "PATH": os.environ["PATH"],
        "API_URL": str(edge.server.make_url("")).rstrip("/"),
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": caller.access_key,
        "AWS_SECRET_ACCESS_KEY": caller.secret,
        "AWS_SESSION_TOKEN": caller.token or "",
    }

    curl = await asyncio.create_subprocess_exec("bash", "-c", command, env=environment)
    await curl.wait()

    [event] = edge.backend.events
    assert (event["function"], event["httpMethod"]) == ("OrdersFunction", "GET")
    assert event["requestContext"]["identity"]["user"] == caller.identity["user"]


RECORDED = [
    ("GET", "/", "", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("GET", "/./", "", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("GET", "//", "", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (
        *("GET", "/example/..", "", []),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    (
        *("GET", "//example//", "", []),
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
    ),
    (
        *("GET", "/example space/", "", []),
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    ("GET", "/ሴ", "", [], "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    ("GET", "/", "ሴ=bar", [], "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    (
        *("GET", "/", "Param2=value2&Param1=value1", []),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        *("GET", "/", "Param1=value2&Param1=value1", []),
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
    ),
    (
        *("GET", "/", "", [("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')]),
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    (
        *("GET", "/", "", [("My-Header1", each) for each in ("value2", "value2", "value1")]),
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    ("POST", "/", "", [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        *("POST", "/", "Param1=value1", []),
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
]
"""Signatures of the Signature Version 4 test suite of AWS, with its example key."""


@pytest.mark.parametrize(("method", "path", "query", "more", "expected"), RECORDED)
def test_the_signed_text_is_that_of_the_test_suite_of_aws(
    method: str, path: str, query: str, more: list[tuple[str, str]], expected: str
) -> None:
    headers = CIMultiDict(
        [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z"), *more]
    )
    names = ";".join(sorted({name.lower() for name in headers}))
    scope = ("20150830", "us-east-1", "service")
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{'/'.join(scope)}/aws4_request,"
        f"SignedHeaders={names},Signature={expected}"
    )
    request = SentRequest(method, path, query, CIMultiDictProxy(headers), b"")

    read = sigv4.signature(request)

    assert read is not None
    assert read.value == expected
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    assert iam.signature(secret, *scope, read.string_to_sign(request)) == expected
