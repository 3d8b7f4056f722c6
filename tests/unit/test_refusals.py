"""Gateway responses: always JSON, always of the type's status."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.gateway import refusals
from local.gateway.definition import Definition
from local.gateway.refusals import Refusal
from tests.unit.edge import stack

RESPONSES = Definition.of(stack()).gateway_responses


@given(faults=st.lists(st.text(), min_size=1))
def test_a_refusal_is_json_whatever_is_at_fault(faults: list[str]) -> None:
    response = refusals.response(Refusal("BAD_REQUEST_BODY", faults), RESPONSES, {})

    assert response.status == 400
    assert json.loads(response.text or "") == {
        "message": "Invalid request body",
        "details": ["; ".join(faults)],
    }


@pytest.mark.parametrize(
    ("response_type", "status"),
    [
        ("API_CONFIGURATION_ERROR", 500),
        ("AUTHORIZER_CONFIGURATION_ERROR", 500),
        ("BAD_REQUEST_PARAMETERS", 400),
        ("INTEGRATION_FAILURE", 504),
        ("INTEGRATION_TIMEOUT", 504),
        ("MISSING_AUTHENTICATION_TOKEN", 404),
        ("REQUEST_TOO_LARGE", 413),
        ("THROTTLED", 429),
        ("UNAUTHORIZED", 401),
        ("UNSUPPORTED_MEDIA_TYPE", 415),
    ],
)
def test_every_refusal_has_our_shape_and_may_be_read_by_a_browser(
    response_type: str, status: int
) -> None:
    response = refusals.response(Refusal(response_type), RESPONSES, {})

    assert response.status == status
    assert set(json.loads(response.text or "")) == {"message", "details"}
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_an_api_without_gateway_responses_has_the_defaults_of_api_gateway() -> None:
    response = refusals.response(Refusal("MISSING_AUTHENTICATION_TOKEN"), {}, {})

    assert response.status == 403
    assert json.loads(response.text or "") == {"message": "Missing Authentication Token"}
