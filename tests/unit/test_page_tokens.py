"""Page tokens of all lists: whatever a client makes of them, it sees its own list or a 400."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings

from common import aws
from common.groups import Group, groups
from common.image import Image, Status
from common.images import images
from common.orders import Order
from project import functions
from tests.harness import pictures
from tests.harness.api import ApiResponse, answer
from tests.harness.messaging import Messaging, messaging
from tests.harness.page_tokens import ODD_VALUES, encoded, flipped, forged, token

NOON = "2026-03-01T12:00:0{}.000Z"


@dataclass(frozen=True)
class List:
    """A list of the API: the function and the event that read it, and where its rows are."""

    function: str
    case: str
    rows: str
    id: str


LISTS = {
    "orders": List("orders", "list_orders", "orders", "orderID"),
    "images": List("image_upload", "list", "images", "imageID"),
    "images of a group": List("image_upload", "list_of_group", "images", "imageID"),
    "groups": List("groups", "list", "groups", "groupID"),
    "conversations": List("messages", "conversations", "conversations", "withID"),
    "messages": List("messages", "conversation", "messages", "messageID"),
}

every_list = pytest.mark.parametrize("name", LISTS)


class Shop:
    """Three rows for each of two users in each list, and one group of both."""

    def __init__(self, users: Messaging) -> None:
        self.users = users
        self.group = Group.new(users.subs["ada"], "ada", "Lamps", "")
        for number, user in enumerate(("ada", "ben", "ada", "ben", "ada", "ben")):
            self._fill(user, NOON.format(number))
        for _ in range(3):
            users.send("ada", "ben", "hello")
        users.send("ada", "cleo", "hello")
        users.send("ben", "cleo", "hello")

    def _fill(self, user: str, time: str) -> None:
        sub = self.users.subs[user]
        image = Image.new(sub, pictures.JPEG, group_id=self.group.groupID)
        order = Order(image.imageID, {"item": "tea"}, sub, time)
        aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())
        groups().add(Group.new(sub, user, f"{user} {time}", ""))
        images().add(image)
        hidden = Image.new(sub, pictures.JPEG, group_id=self.group.groupID)
        images().add(hidden)
        assert images().finish(_ready(image, time))
        groups().add(self.group)

    def page(self, name: str, user: str = "ada", **query: str) -> ApiResponse:
        """Ask for a page of a list as this user."""
        read = LISTS[name]
        event = functions.event(read.function, read.case)
        identity = {"sub": self.users.subs[user], "cognito:username": user}
        event["requestContext"]["authorizer"]["claims"] |= identity
        if name == "messages":
            query["with"] = "ben" if user == "ada" else "ada"
        if name == "images of a group":
            event["path"] = f"/groups/{self.group.groupID}/images"
            event["pathParameters"] = {"groupID": self.group.groupID}
        event["queryStringParameters"] = query or None
        return answer(read.function, event)

    def shown(self, name: str, user: str = "ada", **query: str) -> set[str]:
        """Return the IDs on a page."""
        return ids(name, self.page(name, user, **query))

    def first_token(self, name: str, user: str = "ada") -> str:
        """Return the token that follows a first page of one row."""
        found: str = self.page(name, user, limit="1").body["next"]
        return found


def ids(name: str, response: ApiResponse) -> set[str]:
    """Return the IDs of the rows in a response."""
    assert response.status == 200, response
    return {row[LISTS[name].id] for row in response.body[LISTS[name].rows]}


def _ready(image: Image, time: str) -> Image:
    return Image(
        imageID=image.imageID,
        owner=image.owner,
        createdAt=time,
        contentType=image.contentType,
        groupID=image.groupID,
        status=Status.READY,
    )


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with messaging("OrdersTable", "ImagesTable", "GroupsTable") as users:
        yield Shop(users)


def check(shop: Shop, name: str) -> Callable[[str], None]:
    """Return a check that a token is refused, or reads the caller's own list."""
    own = shop.shown(name)

    def check_one(made: str) -> None:
        response = shop.page(name, next=made)
        assert response.status in (200, 400), response
        if response.status == 200:
            assert ids(name, response) <= own
        else:
            assert response.body["details"] == ["next: not a page token of this list"]

    return check_one


@pytest.mark.slow
@every_list
def test_a_token_that_the_client_made_reads_only_its_own_list(shop: Shop, name: str) -> None:
    """fault 61"""
    check_one = check(shop, name)

    @settings(max_examples=60)
    @given(forged())
    def for_any_token(made: str) -> None:
        check_one(made)

    for_any_token()


@pytest.mark.slow
@every_list
def test_a_token_of_another_list_or_user_reads_only_the_callers_list(shop: Shop, name: str) -> None:
    """fault 61"""
    check_one = check(shop, name)

    for other in LISTS:
        for user in ("ada", "ben"):
            check_one(shop.first_token(other, user))


@pytest.mark.slow
@every_list
def test_a_token_with_a_changed_bit_reads_only_the_callers_list(shop: Shop, name: str) -> None:
    """fault 61"""
    check_one = check(shop, name)

    for made in flipped(shop.first_token(name))[::7]:  # of every byte, and every bit
        check_one(made)


@pytest.mark.slow
@every_list
def test_a_position_of_any_type_of_value_is_no_server_error(shop: Shop, name: str) -> None:
    """fault 61"""
    check_one = check(shop, name)

    for value in ODD_VALUES:
        check_one(token(value))
        check_one(token(value, value))


@every_list
@pytest.mark.parametrize(
    "made",
    [
        "",
        "!",
        "é",
        "\ud800",
        "A" * 5000,
        encoded(b"\xff\xfe"),
        encoded("NaN"),
        encoded("[1e400, 1]"),
        encoded("[" * 100_000),
        encoded("9" * 5000),
        encoded('["2026", NaN]'),
        token(),
    ],
    ids=lambda made: ascii(made)[:20],
)
def test_what_is_no_position_is_refused(shop: Shop, name: str, made: str) -> None:
    """fault 43, fault 61"""
    response = shop.page(name, next=made)

    assert response.status == 400
    assert response.body["details"] == ["next: not a page token of this list"]


@every_list
def test_a_token_is_the_position_of_the_last_row_that_was_shown(shop: Shop, name: str) -> None:
    """fault 61"""
    first = shop.page(name, limit="1").body

    [row] = first[LISTS[name].rows]
    assert row[LISTS[name].id] in decoded(first["next"])


@every_list
def test_pages_show_every_row_once_and_end(shop: Shop, name: str) -> None:
    shown = [shop.page(name, limit="1").body]
    while following := shown[-1]["next"]:
        shown.append(shop.page(name, limit="1", next=following).body)

    found = [row[LISTS[name].id] for page in shown for row in page[LISTS[name].rows]]
    assert len(found) == len(set(found))
    assert set(found) == shop.shown(name)


def test_the_index_of_a_group_has_only_what_the_group_shows(shop: Shop) -> None:
    """fault 61. So no position in it is that of another user's upload."""
    rows = aws.dynamodb().query(
        TableName="ImagesTable",
        IndexName="groupID",
        KeyConditionExpression="groupID = :group",
        ExpressionAttributeValues={":group": {"S": shop.group.groupID}},
    )["Items"]

    assert {row["imageID"]["S"] for row in rows} == shop.shown("images of a group")
    assert len(rows) == 6


def decoded(made: str) -> str:
    """Return the position in a token."""
    return json.dumps(json.loads(base64.urlsafe_b64decode(made)))
