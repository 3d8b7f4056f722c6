"""Items as DynamoDB writes them, which boto3 knows as well, and functions do without it."""

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


@given(value=values)
def test_values_are_written_and_read_as_boto3_does(value: Any) -> None:
    """fault 13"""
    theirs: Any = outcome(TypeSerializer().serialize, value)

    assert outcome(lambda each: items.serialize({"field": each})["field"], value) == theirs

    if not isinstance(theirs, type):
        assert items.deserialize({"field": theirs}, ["field"]) == {
            "field": TypeDeserializer().deserialize(theirs)
        }


@pytest.mark.parametrize("value", [0.1, {"a"}, object()], ids=["float", "set", "object"])
def test_what_no_item_of_ours_holds_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        items.serialize({"field": value})


def test_a_kind_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(TypeError):
        items.deserialize({"field": {"B": b""}}, ["field"])


def test_fields_that_an_item_does_not_have_are_left_out() -> None:
    assert items.deserialize({"a": {"N": "1.50"}, "b": {"S": ""}}, ["a", "c"]) == {
        "a": Decimal("1.50")
    }
