"""The gateway with a Lambda authorizer: the event it sends, and how it uses the response."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from local.emulator_clients import new_credentials
from local.gateway import policies
from local.gateway.authorizers import Caller, LambdaAuthorizer, authorizers
from local.gateway.definition import ApiDefinition
from local.gateway.policies import Decision
from local.gateway.services import ServiceResponse, Services
from tests.harness.edge import Edge, stack

ORDER = '{"item": "tea"}'
STAGE = "arn:aws:execute-api:us-east-1:123456789012:Api/v1"
METHOD = f"{STAGE}/GET/orders"


def policy(effect: str = "Allow", resource: Any = f"{STAGE}/*") -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allowed(**changes: Any) -> dict[str, Any]:
    """Return an authorizer's response that allows the user Ada."""
    context = {"sub": "ada", "username": "ada", "groups": "staff"}
    return {"principalId": "ada", "policyDocument": policy(), "context": context, **changes}


@pytest_asyncio.fixture
async def edge() -> AsyncIterator[Edge]:
    async with Edge(ApiAuthorizer="Jwt") as edge:
        edge.backend.authorizer_response = allowed()
        yield edge


@pytest.mark.asyncio
class TestLambdaAuthorizer:
    async def test_it_gets_the_token_and_the_method(self, edge: Edge) -> None:
        await edge.call("GET", "/orders/a%2Fb?x=1", headers={"Authorization": "Bearer a.b.c"})

        [event] = edge.backend.authorizer_events
        assert event == {
            "type": "TOKEN",
            "methodArn": f"{STAGE}/GET/orders/a%2Fb",
            "authorizationToken": "Bearer a.b.c",
        }

    async def test_its_context_reaches_the_mapping_template(self, edge: Edge) -> None:
        reply = await edge.call("POST", "/orders", ORDER)

        [message] = edge.backend.queued
        assert reply.status == 202
        assert "ada" in message.values()

    async def test_its_context_reaches_the_function_as_text(self, edge: Edge) -> None:
        edge.backend.authorizer_response = allowed(context={"sub": "ada", "age": 36, "staff": True})

        await edge.call("GET", "/orders")

        [event] = edge.backend.events
        assert event["requestContext"]["authorizer"] == {
            "principalId": "ada",
            "sub": "ada",
            "age": "36",
            "staff": "true",
        }

    @pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
    async def test_the_token_may_follow_the_word_bearer_in_any_case(
        self, edge: Edge, word: str
    ) -> None:
        reply = await edge.call("GET", "/orders", headers={"Authorization": f"{word} a.b.c"})

        assert reply.status == 200

    @pytest.mark.parametrize(
        "token",
        [
            *(None, "", "Bearer", "a.b", "a.b.c.d", "Bearer a.b.c\td"),
            *("Bearer Bearer a.b.c", "Basic a.b.c"),
        ],
    )
    async def test_a_malformed_token_is_refused_without_invoking_it(
        self, edge: Edge, token: str | None
    ) -> None:
        """fault 11"""
        reply = await edge.call("POST", "/orders", ORDER, {"Authorization": token})

        assert (reply.status, reply.json["message"]) == (401, "Unauthorized")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert edge.backend.authorizer_events == []
        assert edge.backend.forms == []

    @pytest.mark.parametrize(
        ("error", "status", "message"),
        [
            ("Unauthorized", 401, "Unauthorized"),
            ("unauthorized", 500, "Internal server error"),
            ("Task timed out after 3.00 seconds", 500, "Internal server error"),
        ],
    )
    async def test_its_errors_refuse_the_caller(
        self, edge: Edge, error: str, status: int, message: str
    ) -> None:
        """fault 11"""
        edge.backend.authorizer_response = {"errorMessage": error, "errorType": "Exception"}

        reply = await edge.call("POST", "/orders", ORDER)

        assert (reply.status, reply.json["message"]) == (status, message)
        assert edge.backend.forms == []

    @pytest.mark.parametrize(
        "response",
        [
            None,
            "yes",
            [],
            {},
            allowed(policyDocument=None),
            allowed(policyDocument={}),
            allowed(policyDocument=policy("allow")),
            allowed(policyDocument={"Statement": [policy()["Statement"][0] | {"Condition": {}}]}),
            allowed(context={"groups": ["staff"]}),
            allowed(context="ada"),
            {"policyDocument": policy()},
        ],
    )
    async def test_an_invalid_response_refuses_the_caller(self, edge: Edge, response: Any) -> None:
        edge.backend.authorizer_response = response

        reply = await edge.call("POST", "/orders", ORDER)

        assert reply.status == 500
        assert edge.backend.forms == []

    @pytest.mark.parametrize("document", [policy("Deny"), policy(resource=f"{STAGE}/GET/*")])
    async def test_a_policy_that_denies_is_a_403(
        self, edge: Edge, document: dict[str, Any]
    ) -> None:
        edge.backend.authorizer_response = allowed(policyDocument=document)

        reply = await edge.call("POST", "/orders", ORDER)

        assert reply.status == 403
        assert reply.json["message"] == "the caller may not use this route"
        assert edge.backend.forms == []

    async def test_a_response_is_cached_for_its_token_only(self, edge: Edge) -> None:
        for token in ("a.b.c", "a.b.c", "a.b.d"):
            await edge.call("GET", "/orders", headers={"Authorization": token})

        tokens = [each["authorizationToken"] for each in edge.backend.authorizer_events]
        assert tokens == ["a.b.c", "a.b.d"]

    async def test_the_policy_of_a_cached_response_is_evaluated_for_each_method(
        self, edge: Edge
    ) -> None:
        edge.backend.authorizer_response = allowed(
            policyDocument=policy(resource=f"{STAGE}/GET/orders")
        )

        statuses = [
            (await edge.call(method, "/orders", ORDER)).status for method in ("GET", "POST")
        ]

        assert statuses == [200, 403]
        assert len(edge.backend.authorizer_events) == 1

    async def test_a_refusal_is_not_cached(self, edge: Edge) -> None:
        edge.backend.authorizer_response = {
            "errorMessage": "Unauthorized",
            "errorType": "Exception",
        }
        await edge.call("GET", "/orders")
        edge.backend.authorizer_response = allowed()

        reply = await edge.call("GET", "/orders")

        assert reply.status == 200


class Functions(Services):
    """An authorizer that always returns the same response, and counts its invocations."""

    def __init__(self) -> None:
        self.invocations = 0

    async def post(self, *_: Any, **__: Any) -> ServiceResponse:
        self.invocations += 1
        return ServiceResponse(200, {}, json.dumps(allowed()).encode())


@pytest.mark.asyncio
@pytest.mark.parametrize(("ttl", "expected"), [(60, [1, 1, 2]), (0, [1, 2, 3])])
async def test_a_response_is_cached_for_the_time_in_the_template(
    ttl: int, expected: list[int]
) -> None:
    scheme = ApiDefinition.of(stack()).authorizers["Jwt"]["x-amazon-apigateway-authorizer"]
    settings = {**scheme, "authorizerResultTtlInSeconds": ttl}
    times, functions = [0.0], Functions()
    context = {"accountId": "123456789012", "apiId": "Api", "stage": "v1", "xrayTraceId": "1-2-3"}
    caller = Caller(
        {"Authorization": "a.b.c"}, [], {**context, "httpMethod": "GET", "path": "/v1/orders"}
    )
    authorizer = LambdaAuthorizer(
        "Authorization", settings, "us-east-1", functions, clock=lambda: times[-1]
    )

    counts = []
    for now in (0.0, 59.9, 60.1):
        times.append(now)
        await authorizer.authorize(caller)
        counts.append(functions.invocations)

    assert counts == expected


@pytest.mark.parametrize(
    ("effects", "decision"),
    [
        ([("Allow", METHOD)], Decision.ALLOW),
        ([("Allow", "*")], Decision.ALLOW),
        ([("Allow", [f"{STAGE}/POST/*", f"{STAGE}/*/orders"])], Decision.ALLOW),
        ([("Allow", f"{STAGE}/GET/order?")], Decision.ALLOW),
        ([("Allow", f"{STAGE}/GET/order")], Decision.IMPLICIT_DENY),
        ([("Allow", METHOD.replace("v1", "V1"))], Decision.IMPLICIT_DENY),
        ([("Allow", METHOD.replace(":Api/", ":Other/"))], Decision.IMPLICIT_DENY),
        ([("Allow", f"{STAGE}/GET/orders.*")], Decision.IMPLICIT_DENY),
        ([("Allow", "*"), ("Deny", METHOD)], Decision.EXPLICIT_DENY),
        ([("Allow", "*"), ("Deny", f"{STAGE}/POST/*")], Decision.ALLOW),
        ([], Decision.IMPLICIT_DENY),
    ],
)
def test_a_deny_overrides_an_allow_and_the_default_is_to_deny(
    effects: list[tuple[str, Any]], decision: Decision
) -> None:
    statements = [policy(effect, resource)["Statement"][0] for effect, resource in effects]

    assert policies.decision({"Statement": statements}, METHOD) is decision


@pytest.mark.parametrize(
    ("action", "decision"),
    [
        ("execute-api:*", Decision.ALLOW),
        (["Execute-Api:invoke"], Decision.ALLOW),
        ("*", Decision.ALLOW),
        ("execute-api:ManageConnections", Decision.IMPLICIT_DENY),
    ],
)
def test_an_action_matches_in_upper_and_lower_case(action: Any, decision: Decision) -> None:
    [statement] = policy()["Statement"]

    assert policies.decision({"Statement": statement | {"Action": action}}, METHOD) is decision


@pytest.mark.slow
@pytest.mark.parametrize("authorizer", ["Cognito", "CognitoScopes", "Jwt", "AWS_IAM"])
def test_the_parameter_selects_the_authorizer(authorizer: str) -> None:
    api = ApiDefinition.of(stack(ApiAuthorizer=authorizer))

    schemes = {each.security[0] for each in api.operations if each.security}

    assert schemes == {authorizer, "CognitoScopes"}  # account routes always take access tokens


def test_an_authorizer_of_another_type_is_an_error() -> None:
    request = {"name": "Authorization", "x-amazon-apigateway-authorizer": {"type": "request"}}
    api = replace(ApiDefinition.of(stack()), authorizers={"Other": request})
    outputs = {"Endpoint": "http://127.0.0.1", **new_credentials()}
    services = Services(outputs, "us-east-1", http=None)  # type: ignore[arg-type]

    with pytest.raises(LookupError):
        authorizers(api, stack(), services, services)
