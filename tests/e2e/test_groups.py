"""Groups through the API of the local stack, with IAM enforced."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.api_user import Answer, Shopper
from tests.harness.idempotency import post

pytestmark = pytest.mark.xdist_group("stack")


def test_a_group_is_its_owners_to_change_and_anybodys_to_read(
    shopper: Shopper, other: Shopper
) -> None:
    """fault 42"""
    ada, ben = shopper, other
    made = ada.request("POST", "/groups", {"name": "Lamps"}).body
    path = f"/groups/{made['groupID']}"

    assert ben.request("GET", path) == Answer(200, made)
    assert made in ben.request("GET", "/groups").body["groups"]
    assert ben.request("PUT", path, {"name": "Mine"}).status == 404
    assert ben.request("DELETE", path).status == 404
    assert ada.request("PUT", path, {"name": "Old lamps"}).body["name"] == "Old lamps"
    assert ada.request("DELETE", path).status == 204
    assert ben.request("GET", path).status == 404


def test_a_group_made_twice_at_once_by_one_key_is_one(shopper: Shopper) -> None:
    """fault 33"""
    key = str(uuid.uuid4())

    with ThreadPoolExecutor(4) as clients:
        made = list(clients.map(lambda _: post(shopper, "/groups", {"name": key}, key), range(4)))

    assert {answer.status for answer in made} == {201}
    assert len({answer.body["groupID"] for answer in made}) == 1


@pytest.mark.parametrize("page", ["limit=0", "limit=-1", "limit=1000000000", "next=x"])
def test_a_wrong_page_is_refused(shopper: Shopper, page: str) -> None:
    """fault 43"""
    assert shopper.request("GET", f"/groups?{page}").status == 400
