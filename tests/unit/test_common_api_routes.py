"""API routes: the shape of errors, and the caller of a request."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

from common.api import routes
from common.api.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthenticated,
)
from project import functions


@pytest.fixture(autouse=True)
def documented_answers() -> None:
    """Nothing is documented: the route of these tests is not a route of the API."""


router = Router()  # type: ignore[no-untyped-call]


@router.get("/orders")
def fail() -> dict[str, Any]:
    raise ERRORS[router.current_event["queryStringParameters"]["limit"]]


class Undecided(ApiError):
    """An error class without a status of its own."""


ERRORS: dict[str, Exception] = {
    "details": Invalid("item is wrong", ["item: a string"]),
    "no details": Invalid("no order"),
    "nobody": Unauthenticated("no verified token"),
    "forbidden": Forbidden("not yours", ["user: disabled"]),
    "not found": NotFound("no such order"),
    "conflict": Conflict("taken"),
    "too many": TooManyRequests("later", retry_after=1200),
    "no status": Undecided("undecided"),
    "unexpected": ValueError("internals"),
}


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        ("details", 400, {"message": "item is wrong", "details": ["item: a string"]}),
        ("no details", 400, {"message": "no order", "details": []}),
        ("nobody", 401, {"message": "no verified token", "details": []}),
        ("forbidden", 403, {"message": "not yours", "details": ["user: disabled"]}),
        ("not found", 404, {"message": "no such order", "details": []}),
        ("conflict", 409, {"message": "taken", "details": []}),
        ("too many", 429, {"message": "later", "details": []}),
        ("no status", 500, {"message": "undecided", "details": []}),
        ("unexpected", 500, {"message": "something went wrong here; try again", "details": []}),
    ],
)
def test_every_error_has_one_shape_and_the_cors_header(
    error: str, status: int, body: dict[str, Any]
) -> None:
    event = functions.event("orders", "list_orders_page")
    event["queryStringParameters"]["limit"] = error

    response = routes.serve(router, event, functions.context())

    assert response["statusCode"] == status
    assert json.loads(response["body"]) == body
    assert response["multiValueHeaders"]["Access-Control-Allow-Origin"] == ["*"]
    assert response["multiValueHeaders"]["Content-Type"] == ["application/json"]


def test_a_limit_says_when_to_try_again_and_browsers_may_read_it() -> None:
    """fault 73"""
    event = functions.event("orders", "list_orders_page")
    event["queryStringParameters"]["limit"] = "too many"

    headers = routes.serve(router, event, functions.context())["multiValueHeaders"]

    assert headers["Retry-After"] == ["1200"]
    assert headers["Access-Control-Expose-Headers"] == ["Retry-After"]


def test_other_errors_do_not_say_when_to_try_again() -> None:
    event = functions.event("orders", "list_orders_page")
    event["queryStringParameters"]["limit"] = "conflict"

    headers = routes.serve(router, event, functions.context())["multiValueHeaders"]

    assert "Retry-After" not in headers


def test_a_response_to_a_foreign_origin_has_no_cors_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGIN", "https://ours.example")
    event = functions.event("orders", "list_orders_page")
    event["queryStringParameters"]["limit"] = "not found"
    own = Router()  # type: ignore[no-untyped-call]

    response = routes.serve(own, event, functions.context())

    assert "https://shop.example" not in str(response["multiValueHeaders"])


def test_numbers_are_sent_exactly() -> None:
    assert routes.to_json({"quantity": Decimal("0.10")}) == '{"quantity":0.10}'


@pytest.mark.parametrize(
    ("authorizer", "groups"),
    [
        ({"claims": {"sub": "ada"}}, []),
        ({"claims": {"sub": "ada", "cognito:groups": "staff"}}, ["staff"]),
        ({"claims": {"sub": "ada", "cognito:groups": "customers,staff"}}, ["customers", "staff"]),
        ({"claims": {"sub": "ada", "cognito:groups": "[customers staff]"}}, ["customers", "staff"]),
        ({"sub": "ada", "groups": "customers,staff", "principalId": "ada"}, ["customers", "staff"]),
        ({"sub": "ada", "groups": ""}, []),
    ],
)
def test_the_caller_comes_from_either_authorizer(
    authorizer: dict[str, Any], groups: list[str]
) -> None:
    event = DictWrapper({"requestContext": {"authorizer": authorizer}})

    assert routes.caller(event) == "ada"
    assert routes.groups(event) == groups


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"cognito:username": "Ada", "token_use": "id"}, "Ada"),
        ({"username": "Ada", "token_use": "access"}, "Ada"),
        ({"token_use": "id"}, "3c8a4e5e"),
    ],
)
def test_the_name_comes_from_either_token(claims: dict[str, str], name: str) -> None:
    authorizer = {"claims": {"sub": "3c8a4e5e", **claims}}
    event = DictWrapper({"requestContext": {"authorizer": authorizer}})

    assert routes.username(event) == name
    assert routes.names(event) == {"3c8a4e5e", name.lower()}


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer ", "BEARER ", "bEaReR "])
def test_the_token_may_follow_the_word_bearer_in_any_case(prefix: str) -> None:
    event = APIGatewayProxyEvent({"headers": {"authorization": f"{prefix}a.b.c"}})

    assert routes.token(event) == "a.b.c"


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer Bearer a.b.c", "Basic a.b.c", "a.b.c d"])
def test_another_header_has_no_token(header: str) -> None:
    event = APIGatewayProxyEvent({"headers": {"Authorization": header}})

    with pytest.raises(Unauthenticated):
        routes.token(event)


@pytest.mark.parametrize(
    ("identity", "sub", "name"),
    [
        (
            {"user": "AIDAEXAMPLE", "userArn": "arn:aws:iam::123456789012:user/robots/importer"},
            "AIDAEXAMPLE",
            "importer",
        ),
        (
            {
                "user": "AROAEXAMPLE:nightly@import",
                "userArn": "arn:aws:sts::123456789012:assumed-role/Importer/nightly@import",
            },
            "AROAEXAMPLE:nightly@import",
            "nightly@import",
        ),
        (
            {
                "user": "AROAEXAMPLE:CognitoIdentityCredentials",
                "userArn": "arn:aws:sts::1:assumed-role/Shop/CognitoIdentityCredentials",
                "cognitoIdentityId": "us-east-1:7a8b",
            },
            "us-east-1:7a8b",
            "CognitoIdentityCredentials",
        ),
        (
            {"user": "123456789012", "userArn": "arn:aws:iam::123456789012:root"},
            "123456789012",
            "root",
        ),
    ],
    ids=["user", "role", "identity pool", "root"],
)
def test_the_caller_of_a_signed_request_is_its_signer(
    identity: dict[str, Any], sub: str, name: str
) -> None:
    event = DictWrapper({"requestContext": {"identity": identity}})

    assert (routes.caller(event), routes.username(event)) == (sub, name)
    assert routes.groups(event) == []


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"authorizer": None},
        {"authorizer": {"claims": {}}},
        {"identity": {"user": None, "userArn": None, "cognitoIdentityId": None}},
        {"identity": {"sourceIp": "203.0.113.10"}},
    ],
)
def test_a_request_without_an_authorizer_has_no_caller(context: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        routes.caller(DictWrapper({"requestContext": context}))
