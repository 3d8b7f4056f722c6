"""Pagination: limits, and page tokens that are valid for one list of one owner."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.api.errors import Invalid
from common.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page

LAST = {"placedAt": {"S": "2026-03-01"}, "orderID": {"S": "1"}, "placedBy": {"S": "ada"}}


def test_without_parameters_a_page_has_the_default_limit_and_starts_at_the_first_row() -> None:
    page = Page.from_query({}, "ada")

    assert page.limit == DEFAULT_LIMIT
    assert page.start_key("placedAt", "orderID", placedBy="ada") is None


@pytest.mark.parametrize("limit", ["1", "100", "007"])
def test_a_limit_within_the_bounds_is_accepted(limit: str) -> None:
    assert Page.from_query({"limit": limit}, "ada").limit == int(limit)


@given(st.text())
def test_any_other_limit_is_refused(limit: str) -> None:
    """fault 43"""
    with suppress(Invalid):
        assert 1 <= Page.from_query({"limit": limit}, "ada").limit <= MAX_LIMIT


def test_the_last_page_has_no_next() -> None:
    assert Page("ada").next_token(None, "placedAt", "orderID") is None
    assert Page("ada").next_token({}, "placedAt", "orderID") is None


@given(st.text(), st.text(), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_page_token_continues_after_the_last_row(
    placed_at: str, order_id: str, owner: str
) -> None:
    last = {"placedAt": {"S": placed_at}, "orderID": {"S": order_id}, "placedBy": {"S": owner}}

    token = Page(owner).next_token(last, "placedAt", "orderID")

    assert Page(owner, token=token).start_key("placedAt", "orderID", placedBy=owner) == last


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        ("ben", ("placedAt", "orderID")),
        ("ada", ("createdAt", "imageID")),
        ("ada", ("orderID", "placedAt")),
        ("ada", ("placedAt",)),
        ("ada", ("placedAt", "orderID", "more")),
    ],
    ids=["another owner", "another list", "another order", "fewer names", "more names"],
)
def test_a_page_token_is_valid_for_one_list_of_one_owner(
    owner: str, names: tuple[str, ...]
) -> None:
    """fault 43"""
    token = Page("ada").next_token(LAST, "placedAt", "orderID")

    with pytest.raises(Invalid, match="invalid next"):
        Page(owner, token=token).start_key(*names)


@given(st.text())
def test_a_forged_page_token_is_refused(token: str) -> None:
    """fault 43"""
    with pytest.raises(Invalid):
        Page("ada", token=token).start_key("placedAt", "orderID")
