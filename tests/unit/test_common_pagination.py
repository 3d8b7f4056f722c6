"""Pagination: limits, and page tokens that are positions."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.api.errors import Invalid
from common.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, token_after
from tests.harness.page_tokens import forged

LAST = {"placedAt": {"S": "2026-03-01"}, "orderID": {"S": "1"}, "placedBy": {"S": "ada"}}


def test_without_parameters_a_page_has_the_default_limit_and_starts_at_the_first_row() -> None:
    page = Page.from_query({})

    assert page.limit == DEFAULT_LIMIT
    assert page.start_key("placedAt", "orderID", placedBy="ada") is None


@pytest.mark.parametrize("limit", ["1", "100", "007"])
def test_a_limit_within_the_bounds_is_accepted(limit: str) -> None:
    assert Page.from_query({"limit": limit}).limit == int(limit)


@pytest.mark.slow
@given(st.text())
def test_any_other_limit_is_refused(limit: str) -> None:
    """fault 43"""
    with suppress(Invalid):
        assert 1 <= Page.from_query({"limit": limit}).limit <= MAX_LIMIT


def test_the_last_page_has_no_next() -> None:
    assert Page().next_token(None, "placedAt", "orderID") is None
    assert Page().next_token({}, "placedAt", "orderID") is None


keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256)


@pytest.mark.slow
@given(keys, keys, keys)
def test_a_page_token_continues_after_the_last_row(
    placed_at: str, order_id: str, owner: str
) -> None:
    last = {"placedAt": {"S": placed_at}, "orderID": {"S": order_id}, "placedBy": {"S": owner}}

    token = Page().next_token(last, "placedAt", "orderID")

    assert Page(token=token).start_key("placedAt", "orderID", placedBy=owner) == last


def test_a_page_token_never_contains_the_partition() -> None:
    """fault 61. So no token reaches the list of somebody else."""
    token = Page().next_token(LAST, "placedAt", "orderID")

    key = Page(token=token).start_key("placedAt", "orderID", placedBy="ben")

    assert key == LAST | {"placedBy": {"S": "ben"}}


@given(forged())
def test_a_start_key_is_one_that_dynamodb_accepts(token: str) -> None:
    """fault 61"""
    with suppress(Invalid):
        key = Page(token=token).start_key("placedAt", "orderID", placedBy="ada")

        assert key is not None
        assert key.keys() == LAST.keys()
        assert all(0 < len(value["S"].encode()) <= 1024 for value in key.values())


def test_a_position_has_as_many_values_as_the_list_has_rules() -> None:
    """fault 61"""
    for token in (token_after(["x"]), token_after(["x", "y", "z"])):
        with pytest.raises(Invalid, match="invalid next"):
            Page(token=token).start_key("placedAt", "orderID", placedBy="ada")
