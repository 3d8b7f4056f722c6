"""Groups through the API of the local stack, with IAM enforced."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from common.quotas import GROUPS
from local.api_user import ApiResponse, ApiUser
from local.emulator_clients import Outputs
from tests.harness.idempotency import post
from tests.harness.page_tokens import ID, ODD_VALUES, token
from tests.harness.quotas import refused, used_up

pytestmark = pytest.mark.xdist_group("stack")


def test_every_user_reads_a_group_and_only_its_owner_changes_it(
    api_user: ApiUser, other: ApiUser
) -> None:
    """fault 42"""
    ada, ben = api_user, other
    made = ada.request("POST", "/groups", {"name": "Lamps"}).body
    path = f"/groups/{made['groupID']}"

    assert ben.request("GET", path) == ApiResponse(200, made)
    assert made in ben.request("GET", "/groups").body["groups"]
    assert ben.request("PUT", path, {"name": "Mine"}).status == 404
    assert ben.request("DELETE", path).status == 404
    assert ada.request("PUT", path, {"name": "Old lamps"}).body["name"] == "Old lamps"
    assert ada.request("DELETE", path).status == 204
    assert ben.request("GET", path).status == 404


def test_concurrent_retries_create_one_group(api_user: ApiUser) -> None:
    """fault 33"""
    key = str(uuid.uuid4())

    with ThreadPoolExecutor(4) as clients:
        made = list(clients.map(lambda _: post(api_user, "/groups", {"name": key}, key), range(4)))

    assert {response.status for response in made} == {201}
    assert len({response.body["groupID"] for response in made}) == 1


def test_a_token_made_by_hand_is_refused_or_shows_the_list(
    api_user: ApiUser, other: ApiUser
) -> None:
    """fault 61. The positions are of types that DynamoDB has, and of rows that do not exist."""
    for ben_writes in ("one", "two"):
        other.request("POST", "/messages", {"toID": api_user.sub, "text": ben_writes})

    lists = {
        **{path: [ID] for path in ("/groups?", "/images?", "/orders?", "/messages?")},
        f"/messages?withID={other.sub}&": [],
    }
    for path, rest in lists.items():
        for made in (token(value, *rest) for value in ODD_VALUES):
            status = api_user.request("GET", f"{path}limit=1&next={quote(made)}").status
            assert status in (200, 400), (path, made)


@pytest.mark.parametrize("page", ["limit=0", "limit=-1", "limit=1000000000", "next=x"])
def test_an_invalid_limit_or_page_token_is_refused(api_user: ApiUser, page: str) -> None:
    """fault 43"""
    assert api_user.request("GET", f"/groups?{page}").status == 400


def test_a_user_who_creates_many_groups_has_to_wait_and_others_have_not(
    outputs: Outputs, api_user: ApiUser, other: ApiUser
) -> None:
    """fault 73"""
    with used_up(outputs, GROUPS, api_user.sub):
        assert 1 <= refused(api_user, "/groups", {"name": "Lamps"}) <= GROUPS.seconds
        assert other.request("POST", "/groups", {"name": "Lamps"}).status == 201
    assert api_user.request("POST", "/groups", {"name": "Lamps"}).status == 201
