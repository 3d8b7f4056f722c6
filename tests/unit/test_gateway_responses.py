"""Gateway responses: always JSON, always with the status of their type."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.orders import SCHEMA
from local.gateway import gateway_responses
from local.gateway.definition import ApiDefinition
from local.gateway.gateway_responses import GatewayError
from tests.harness.edge import stack

RESPONSES = ApiDefinition.of(stack()).gateway_responses
ORDER: Any = SCHEMA


@given(errors=st.lists(st.text(), min_size=1))
def test_a_gateway_response_is_json_for_any_validation_error(errors: list[str]) -> None:
    """fault 5"""
    response = gateway_responses.render(GatewayError("BAD_REQUEST_BODY", errors), RESPONSES, {})

    assert response.status == 400
    body = json.loads(response.text or "")
    assert body["message"] == "Invalid request body"
    assert len(body["details"]) == 1 + len(ORDER["properties"])


def test_the_details_are_the_rules_of_the_model() -> None:
    """fault 5. The template contains them in words, since API Gateway cannot derive them."""
    response = gateway_responses.render(GatewayError("BAD_REQUEST_BODY"), RESPONSES, {})

    [whole, *fields] = json.loads(response.text or "")["details"]
    assert whole == "the body must be a JSON object with these fields and no others"
    assert fields == [rule(name) for name in ORDER["properties"]]


def rule(name: str) -> str:
    """Return the rule of a field in words."""
    keywords = dict(ORDER["properties"][name])
    required = " (required)" if name in ORDER["required"] else ""
    words = f"{name}{required} must be a {keywords.pop('type')}"
    match keywords:
        case {"minLength": least, "maxLength": most}:
            return f"{words} of {least} to {most} characters"
        case {"maxLength": most}:
            return f"{words} of at most {most} characters"
        case {"minimum": least, "maximum": most}:
            numbers = f"{Decimal(str(least)):f} to {Decimal(str(most))}"
            return f"{words} from {numbers}, with at most 38 digits"
    raise ValueError(f"no words for {keywords}")


def test_variables_are_not_escaped() -> None:
    """As on API Gateway, so a template that relies on escaping fails here too."""
    template = {
        "application/json": "$context.error.validationErrorString $context.error.messageString"
    }
    error = GatewayError("BAD_REQUEST_BODY", ['missing ["item"]', 'string "" is too short'])

    responses = {"BAD_REQUEST_BODY": {"responseTemplates": template}}
    response = gateway_responses.render(error, responses, {})

    assert response.text == '[missing ["item"], string "" is too short] "Invalid request body"'


@pytest.mark.parametrize(
    ("response_type", "status"),
    [
        ("ACCESS_DENIED", 403),
        ("API_CONFIGURATION_ERROR", 500),
        ("AUTHORIZER_CONFIGURATION_ERROR", 500),
        ("BAD_REQUEST_PARAMETERS", 400),
        ("EXPIRED_TOKEN", 403),
        ("INTEGRATION_FAILURE", 504),
        ("INTEGRATION_TIMEOUT", 504),
        ("INVALID_SIGNATURE", 403),
        ("MISSING_AUTHENTICATION_TOKEN", 404),
        ("REQUEST_TOO_LARGE", 413),
        ("THROTTLED", 429),
        ("UNAUTHORIZED", 401),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
    ],
)
def test_every_gateway_response_has_the_error_format_and_cors_headers(
    response_type: str, status: int
) -> None:
    response = gateway_responses.render(GatewayError(response_type), RESPONSES, {})

    assert response.status == status
    assert set(json.loads(response.text or "")) == {"message", "details"}
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_an_api_without_gateway_responses_has_the_defaults_of_api_gateway() -> None:
    response = gateway_responses.render(GatewayError("MISSING_AUTHENTICATION_TOKEN"), {}, {})

    assert response.status == 403
    assert json.loads(response.text or "") == {"message": "Missing Authentication Token"}
