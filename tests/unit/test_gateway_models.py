"""Request models: the errors of a body, in the words of API Gateway's validator."""

from __future__ import annotations

import pytest

from common.orders import SCHEMA
from local.gateway.models import Model

NOT_ALLOWED = "does not match any allowed primitive type"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ('{"item": "tea", "quantity": 1.5}', []),
        ("", ['object has missing required properties (["item"])']),
        ("[]", [f'instance type (array) {NOT_ALLOWED} (allowed: ["object"])']),
        ('{"item": 1}', [f'instance type (integer) {NOT_ALLOWED} (allowed: ["string"])']),
        ('{"item": ""}', ['string "" is too short (length: 0, required minimum: 1)']),
        ('{"item": "tea", "quantity": 0}',
         ["numeric instance is lower than the required minimum (minimum: 0.000001, found: 0)"]),
        ('{"admin": true, "a\\"b": 1}',
         ['object has missing required properties (["item"])',
          'object instance has properties which are not allowed by the schema: ["a\\"b","admin"]']),
        ('{"item": "tea"', ["the body is not JSON"]),
    ],
)  # fmt: skip
def test_errors_are_sentences_with_what_the_client_sent(body: str, errors: list[str]) -> None:
    """fault 5"""
    assert Model(SCHEMA, {}).validation_errors(body.encode()) == errors


def test_a_long_string_is_quoted_in_full() -> None:
    """fault 5"""
    [error] = Model(SCHEMA, {}).validation_errors(f'{{"item": "{"x" * 1001}"}}'.encode())

    assert error == f'string "{"x" * 1001}" is too long (length: 1001, maximum allowed: 1000)'
