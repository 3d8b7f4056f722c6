"""The serializer for DynamoDB items, which gives the same results as the one in boto3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from common.dynamodb import items

numbers = st.integers(-(10**37), 10**37) | st.decimals(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def outcome(serialize: Any, value: Any) -> Any:
    try:
        return serialize(value)
    except ArithmeticError as error:
        return type(error)


@pytest.mark.slow
@given(value=values)
def test_values_are_serialized_and_deserialized_as_in_boto3(value: Any) -> None:
    """fault 13"""
    expected: Any = outcome(TypeSerializer().serialize, value)

    assert outcome(lambda each: items.serialize({"field": each})["field"], value) == expected

    if not isinstance(expected, type):
        assert items.deserialize({"field": expected}, ["field"]) == {
            "field": TypeDeserializer().deserialize(expected)
        }


@pytest.mark.parametrize("value", [0.1, {"a"}, object()], ids=["float", "set", "object"])
def test_unsupported_python_types_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        items.serialize({"field": value})


def test_unsupported_dynamodb_types_are_refused() -> None:
    with pytest.raises(TypeError):
        items.deserialize({"field": {"B": b""}}, ["field"])


def test_missing_fields_are_left_out() -> None:
    assert items.deserialize({"a": {"N": "1.50"}, "b": {"S": ""}}, ["a", "c"]) == {
        "a": Decimal("1.50")
    }
