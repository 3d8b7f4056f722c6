"""Requests without a token, made at random: none reaches a 5xx, at the gateway or in a function."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import aws
from local.gateway.definition import ApiDefinition
from project import functions
from project.fake_aws import all_tables
from project.template import ROOT
from tests.harness.edge import Edge, Reply, stack
from tests.harness.openid import openid_provider
from tests.harness.users import clock  # noqa: F401  # used by every test
from tests.template.test_api import PUBLIC
from tests.unit.test_token_matrix import authorize

pytestmark = pytest.mark.slow

METHODS = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "PROPFIND"]
SEGMENTS = [
    "%00",
    "%",
    "%zz",
    "%ff",
    "..",
    "%2e%2e",
    "a%2Fb",
    "$context.path",
    "%7B%7D",
    "x" * 3000,
]
QUERIES = ["", "%", "%ff", "limit=%00", "limit=1&limit=2", "=", "&&&", "a[]=1", "next=%E9", ";"]
JWT_HEADERS: list[Any] = [
    None,
    [],
    {},
    "x",
    {"alg": []},
    {"alg": "RS256", "kid": {}},
    {"alg": "RS256", "kid": 1},
]
TEXTS = ["", " ", "\0", "\x1f", "\ud800", "é", "🧤" * 128, "x" * 129, "x" * 9000, "@", "a@b", "%00"]
VALUES: list[Any] = [*TEXTS, None, True, 0, -1, 0.5, 10**400, [], {}, [[]], {"S": "x"}]


def odd_tokens() -> list[str]:
    """Return what is no token, though some of it looks like one."""
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in JWT_HEADERS]
    made = [f"{header}.{payload}.x" for header in parts for payload in ("e30", parts[1], "_")]
    signed = "AWS4-HMAC-SHA256 Credential=a/20260301/us-east-1/execute-api/aws4_request"
    rest = "SignedHeaders=host, Signature=0"
    return [
        *made,
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        ".",
        "..",
        "é.é.é",
        "AWS4-HMAC-SHA256",
        signed,
        f"{signed}, {rest}",
        f"{signed}, SignedHeaders=;;, Signature=é",
    ]


HEADERS: dict[str, list[str]] = {
    "Authorization": odd_tokens(),
    "Content-Type": ["text/plain", "application/json", "application/x", "/", ";", "é"],
    "Content-Encoding": ["gzip", "br", "identity", "x"],
    "Idempotency-Key": ["", "x" * 256, "é"],
    "X-Amz-Date": ["20260301T000000Z", "x"],
    "X-Amzn-Trace-Id": ["Root=x", "Root=1-00000000-000000000000000000000000"],
    "x-amzn-RequestId": ["x", "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"],
    "X-HTTP-Method-Override": ["DELETE"],
}

bodies = st.one_of(
    st.none(),
    st.binary(max_size=50),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"NaN", b'{"a": 1e400}', b'"\\ud800"']),
    st.dictionaries(st.sampled_from(TEXTS), st.sampled_from(VALUES), max_size=3).map(
        lambda fields: json.dumps(fields).encode()
    ),
)
headers = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in HEADERS.items()}
)
segments = st.sampled_from(SEGMENTS) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
).map(lambda text: quote(text, safe=""))


def paths(resource: str) -> st.SearchStrategy[str]:
    """Return addresses of a resource, with anything as its parameters and query."""
    parts = [
        segments if part.startswith("{") else st.just(part) for part in resource.split("/")[1:]
    ]
    path = st.tuples(*parts).map(lambda found: "/" + "/".join(found))
    query = st.sampled_from(QUERIES).map(lambda found: f"?{found}" if found else "")
    return st.tuples(st.just("/v1"), path, query).map("".join)


DEPLOYED: dict[str, Any] = {
    "Search": "https://search.example",  # so that its route exists
    "ThrottlingBurst": "100000",
}
RESOURCES = sorted({each.resource for each in ApiDefinition.of(stack(**DEPLOYED)).operations})
requests = st.tuples(
    st.sampled_from(METHODS),
    (st.sampled_from(RESOURCES) | st.just("/{any}")).flatmap(paths),
    bodies,
    headers,
)


@pytest.fixture(scope="module", params=["Cognito", "CognitoScopes", "Jwt", "AWS_IAM"])
def send(request: pytest.FixtureRequest) -> Iterator[Callable[..., tuple[Edge, Reply]]]:
    """Send a request to the gateway with one kind of authorizer."""
    with (
        asyncio.Runner() as loop,
        openid_provider() as provider,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("JWT_ISSUER", provider.issuer)
        functions.function("authorizer").verifier.cache_clear()
        edge = Edge(ApiAuthorizer=request.param, **DEPLOYED)
        loop.run(edge.__aenter__())
        edge.backend.authorizer = authorize

        def send_one(method: str, path: str, body: bytes | None, given: Any) -> tuple[Edge, Reply]:
            edge.backend.events.clear()
            sent = {"Authorization": None, "Content-Type": None, **given}
            return edge, loop.run(edge.call(method, path, body, sent))

        yield send_one
        loop.run(edge.__aexit__())
        functions.function("authorizer").verifier.cache_clear()


def test_the_gateway_answers_no_request_without_a_token_with_a_5xx(
    send: Callable[..., tuple[Edge, Reply]],
) -> None:
    """fault 11, fault 64"""

    @settings(max_examples=120)
    @given(requests)
    def check(sent: Any) -> None:
        edge, reply = send(*sent)
        assert reply.status < 500, reply.text
        if not edge.backend.events:  # the fake of a function sends no headers
            assert reply.headers["Access-Control-Allow-Origin"] == "*"
        if reply.status >= 400 and sent[0] != "HEAD":
            assert reply.json.keys() == {"message", "details"}
        for event in edge.backend.events:
            assert (event["httpMethod"].lower(), event["resource"]) in PUBLIC

    check()


def sample_events() -> list[tuple[str, dict[str, Any]]]:
    """Return the sample events that are requests of the API, with their functions."""
    samples = sorted((ROOT / "events").glob("*/*.json"))
    loaded = [(path.parent.name, json.loads(path.read_text())) for path in samples]
    return [(name, event) for name, event in loaded if "httpMethod" in event]


EVENTS = sample_events()


@st.composite
def malformed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw an event that API Gateway could send for a request without a token."""
    function, sample = draw(st.sampled_from(EVENTS))
    event = json.loads(json.dumps(sample))
    event["requestContext"].pop("authorizer", None)
    for name in ("headers", "queryStringParameters"):
        if draw(st.booleans()):
            event[name] = event[f"multiValue{name[0].upper()}{name[1:]}"] = None
    for name in event["pathParameters"] or {}:
        value = draw(segments)
        event["path"] = event["path"].replace(event["pathParameters"][name], value)
        event["pathParameters"][name] = value
    if event["body"] is not None:
        event["body"] = draw(
            st.sampled_from([None, "", "{", "[]", "null", "NaN", "[" * 100_000, '{"a":' * 100_000])
            | changed(json.loads(event["body"]))
        )
    if event["body"] and draw(st.booleans()):
        event["isBase64Encoded"] = True
        raw = draw(st.binary(max_size=20) | st.just(event["body"].encode()))
        event["body"] = base64.b64encode(raw).decode()
    return function, event


def changed(fields: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return the JSON of fields with other values, some of them missing."""
    return st.fixed_dictionaries(
        {},
        optional={name: st.sampled_from([value, *VALUES]) for name, value in fields.items()},
    ).map(json.dumps)


ERRORS = ["InvalidParameterException", "NotAuthorizedException", "UserNotFoundException"]


@pytest.mark.parametrize("error", ERRORS)
def test_no_function_answers_a_request_without_a_token_with_a_5xx(error: str) -> None:
    """fault 64. Cognito refuses all that reaches it; botocore checks what it would be sent."""

    def refuse(**_: Any) -> tuple[Any, dict[str, Any]]:
        class Refused:
            status_code = 400

        return Refused(), {"Error": {"Code": error, "Message": "no"}}

    @settings(max_examples=250)
    @given(malformed())
    def check(sent: tuple[str, dict[str, Any]]) -> None:
        function, event = sent
        response = functions.function(function).handler(event, functions.context(function))
        assert response["statusCode"] < 500, event
        assert json.loads(response["body"] or "{}") is not None

    with all_tables():
        aws.cognito().meta.events.register("before-call.cognito-idp", refuse)  # type: ignore[arg-type]  # it may answer the call
        check()
