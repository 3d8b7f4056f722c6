"""Search through the API, on the local stack with IAM enforced and a real OpenSearch."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from local.api_user import ApiResponse, ApiUser, upload
from local.stack_probe import wait_for
from tests.conftest import SignIn
from tests.harness import pictures
from tests.harness.deployed import WINDOW_SECONDS

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.usefixtures("engine")]

SECONDS = 3 + WINDOW_SECONDS  # until a change is visible in search results, when all is warm
TRIES = 5  # the machine may be busy during some of them

PICTURE = pictures.jpeg(
    exif=pictures.exif([pictures.ascii_tag(0x010F, "Leica")], gps=pictures.GPS),
    iptc=pictures.iptc((2, 90, b"Reykjavik")),
)


def search(api_user: ApiUser, words: str, **query: str) -> ApiResponse:
    return api_user.request("GET", "/search?" + urlencode({"q": words, **query}))


def found(api_user: ApiUser, words: str) -> list[dict[str, Any]]:
    response = search(api_user, words)
    assert response.status == 200, response
    results: list[dict[str, Any]] = response.body["results"]
    return results


def word() -> str:
    """Return a unique word."""
    return "w" + uuid.uuid4().hex[:15].translate(str.maketrans("0123456789", "ghijklmnop"))


def placed(api_user: ApiUser, item: str) -> str:
    """Place an order. Returns its orderID."""
    return str(api_user.request("POST", "/orders", {"item": item}).body["orderID"])


def grouped(api_user: ApiUser, name: str) -> str:
    """Create a group. Returns its groupID."""
    return str(api_user.request("POST", "/groups", {"name": name}).body["groupID"])


def ready(api_user: ApiUser, title: str, group_id: str) -> str:
    """Upload a picture to a group, and wait until it is READY. Returns its imageID."""
    body = {"contentType": "image/jpeg", "title": title}
    invited = api_user.request("POST", f"/groups/{group_id}/images", body).body
    assert upload(invited["upload"], PICTURE) == 204
    path = f"/images/{invited['imageID']}"
    wait_for("the picture", lambda: api_user.request("GET", path).body["status"] == "READY")
    return str(invited["imageID"])


def name_of(api_user: ApiUser) -> str:
    return str(api_user.request("GET", "/users/me").body["username"])


@pytest.fixture(autouse=True)
def _index(api_user: ApiUser) -> None:
    """Cause the cold starts and the creation of the index, without which nothing is found."""
    name = word()
    placed(api_user, name)
    wait_for("an order", lambda: search(api_user, name).body.get("results"))


def test_a_change_is_visible_soon(
    api_user: ApiUser, record_property: Callable[[str, object], None]
) -> None:
    seconds: list[float] = []
    for _ in range(TRIES):
        item, start = word(), time.monotonic()
        placed(api_user, item)
        wait_for("an order", partial(found, api_user, item))
        seconds.append(time.monotonic() - start)

    record_property("seconds", seconds)
    assert min(seconds) < SECONDS, seconds


def test_only_the_user_who_placed_an_order_finds_it(api_user: ApiUser, other: ApiUser) -> None:
    item = word()
    order_id = placed(api_user, item)

    wait_for("an order", lambda: found(api_user, item))

    [result] = found(api_user, item)
    assert (result["type"], result["data"]["orderID"]) == ("order", order_id)
    order = api_user.request("GET", f"/orders/{order_id}").body
    assert result["data"] == {name: order[name] for name in order.keys() - {"allowed", "history"}}
    assert result["highlights"] == {"order.item": [["", item, ""]]}
    assert found(other, item) == []


def test_all_users_find_a_group_until_it_is_deleted(api_user: ApiUser, other: ApiUser) -> None:
    name, another = word(), word()
    group_id = grouped(api_user, name)
    wait_for("a group", lambda: found(other, name))
    api_user.request("PUT", f"/groups/{group_id}", {"name": another})
    wait_for("a group that was renamed", lambda: found(other, another) and not found(other, name))
    api_user.request("DELETE", f"/groups/{group_id}")

    wait_for("a group that was deleted", lambda: not found(other, another))


def test_sender_and_recipient_find_a_message_until_it_is_deleted(
    api_user: ApiUser, other: ApiUser, sign_in: SignIn
) -> None:
    stranger = sign_in(f"stranger-{uuid.uuid4()}")
    text = word()
    sent = api_user.request("POST", "/messages", {"to": name_of(other), "text": f"{text} & more"})

    wait_for("a message", lambda: found(api_user, text) and found(other, text))
    assert found(stranger, text) == []
    api_user.request("DELETE", f"/messages/{sent.body['messageID']}")

    wait_for("a message that was deleted", lambda: not found(api_user, text) + found(other, text))


def test_all_users_find_a_groups_picture_and_its_owner_finds_it_by_place(
    api_user: ApiUser, other: ApiUser
) -> None:
    title, group_id = word(), grouped(api_user, "Window")
    image_id = ready(api_user, title, group_id)

    wait_for("a picture in a group", lambda: found(other, title))
    [seen_by_other], [own] = found(other, title), found(api_user, f"{title} reykjavik")
    assert (own["data"]["imageID"], seen_by_other["data"]["imageID"]) == (image_id, image_id)
    assert own["data"]["metadata"]["camera"] == "Leica"
    assert own["data"]["place"]["city"] == "Reykjavik"
    assert "latitude" in own["data"]["place"]
    assert own["highlights"]["place.city"] == [["", "Reykjavik", ""]]
    assert not {"place", "metadata"} & seen_by_other["data"].keys()
    assert found(other, f"{title} reykjavik") == found(other, f"{title} leica") == []

    api_user.request("DELETE", f"/groups/{group_id}")
    wait_for("a picture whose group was deleted", lambda: not found(other, title))
    assert len(found(api_user, title)) == 1
    api_user.request("DELETE", f"/images/{image_id}")
    wait_for("a picture that was deleted", lambda: not found(api_user, title))


def test_pages_contain_every_result_once(api_user: ApiUser) -> None:
    name = word()
    for number in range(5):
        grouped(api_user, f"{name} {number}")
    wait_for("five groups", lambda: len(found(api_user, name)) == 5)

    pages = [search(api_user, name, limit="2").body]
    while following := pages[-1]["next"]:
        pages.append(search(api_user, name, limit="2", next=following).body)

    names = [each["data"]["name"] for page in pages for each in page["results"]]
    assert sorted(names) == [f"{name} {number}" for number in range(5)]


@pytest.mark.parametrize(
    "query",
    ["", "q=", "q=%00", "q=***", "q=" + "x" * 8_000, "q=x&type=user", "q=x&next=x", "q=x&limit=0"],
    ids=lambda query: query[:20],
)
def test_an_invalid_query_is_refused(api_user: ApiUser, query: str) -> None:
    """fault 50"""
    refused = api_user.request("GET", f"/search?{query}")

    assert refused.status == 400, refused
    assert set(refused.body) == {"message", "details"}


@pytest.mark.parametrize("words", ["%ED%A0%80", "%FF", "%F0%9F%A7%A4", "a%00b", "%E6%89%8B" * 200])
def test_unusual_bytes_cause_no_server_error(api_user: ApiUser, words: str) -> None:
    """fault 50"""
    assert api_user.request("GET", f"/search?q={words}").status in (200, 400)
