"""make seed fills a stack with a shop, through the API, once."""

from __future__ import annotations

from collections import Counter

import pytest

from local.api_user import ApiUser
from local.emulator_clients import Outputs
from local.seed import catalogue
from local.seed.__main__ import main
from local.seed.pictures import PICTURES
from tests.e2e.conftest import SecondStack

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("second stack"),
    pytest.mark.local_only("fills the stack"),
]


@pytest.fixture(scope="module")
def seeded(second_stack: SecondStack) -> Outputs:
    """A stack that has been filled."""
    outputs = second_stack(ApiAuthorizer="Cognito")  # an earlier test may have set another one
    assert main(outputs, say=lambda _: None) == 0
    return outputs


def everything(user: ApiUser, path: str, field: str) -> list[dict[str, object]]:
    """All pages of a list."""
    found, token = [], ""
    while token is not None:
        page = user.request("GET", f"{path}?limit=100{f'&next={token}' if token else ''}").body
        found += page[field]
        token = page["next"]
    return found


@pytest.mark.timeout(300)
def test_the_shop_has_orders_in_every_state_and_pictures_and_conversations(
    seeded: Outputs,
) -> None:
    users = [ApiUser.sign_in(seeded, name) for name in catalogue.USERS]
    by_name = dict(zip(catalogue.USERS, users, strict=True))

    orders = sum(len(everything(user, "/orders", "orders")) for user in users)
    refused = [each for each in catalogue.orders() if each.second]
    taken = [each for each in catalogue.orders() if each.taken_by]
    first = by_name[refused[0].user].request("GET", f"/orders/{refused[0].id}")
    other = by_name[taken[0].taken_by].request("GET", f"/orders/{taken[0].id}")
    images = Counter(
        image["status"] for user in users for image in everything(user, "/images", "images")
    )
    groups = users[0].request("GET", "/groups").body["groups"]
    talks = users[0].request("GET", "/messages").body

    assert orders == catalogue.ORDERS
    assert (first.status, first.body["order"]) == (200, refused[0].body)
    assert first.body["refused"]
    assert other.status == 409
    assert images == {"READY": PICTURES, "FAILED": 1, "PENDING": 1}
    assert {group["name"] for group in groups} == set(catalogue.GROUPS)
    assert talks["conversations"]


def test_a_second_run_adds_nothing_and_says_so(seeded: Outputs) -> None:
    said: list[str] = []

    assert main(seeded, said.append) == 0

    assert said == ["the shop has been filled already; make down empties it"]
