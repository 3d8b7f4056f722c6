"""A user is deleted, and somebody else registers the name: nothing of the old user is theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from common import aws
from common.connections import connections
from common.groups import Group, groups
from common.image import Image, Status
from common.images import images
from common.orders import Order
from common.sessions import Session
from project import functions
from project.fake_aws import items
from tests.harness.api import ApiResponse, answer
from tests.harness.messaging import Messaging, messaging, query, texts
from tests.harness.observability import metrics
from tests.harness.simulator.opensearch import served

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

TABLES = ("OrdersTable", "ImagesTable", "GroupsTable", "ConnectionsTable")

ORDER_ID = "00000001-c6af-4cdb-9ab1-3b5c2e0f0001"


@dataclass
class Story:
    """Two users who have the name ada, one after the other, and what belonged to the first."""

    users: Messaging
    old: str
    new: str
    group: Group
    image: Image
    message: dict[str, Any]

    def ask(self, function: str, case: str, **changes: Any) -> ApiResponse:
        """Send the event of a case as the new user."""
        event = functions.event(function, case)
        identity = {"sub": self.new, "username": "ada", "cognito:username": "ada"}
        event["requestContext"]["authorizer"]["claims"] = identity
        event.update(changes)
        return answer(function, event)


@pytest.fixture
def story() -> Iterator[Story]:
    with messaging(*TABLES) as users:
        aws.s3().create_bucket(Bucket="ImagesBucket")
        old = users.subs["ada"]
        order = Order(ORDER_ID, {"item": "lamp", "quantity": Decimal(1)}, old, "2026-03-01T12:00Z")
        aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())
        group, image = Group.new(old, "ada", "Lamps", ""), Image.new(old, "image/png", "A lamp")
        groups().add(group)
        images().add(image)
        message = users.send("ben", "ada", "for old Ada")
        users.delete("ada")
        yield Story(users, old, users.register("ada"), group, image, message)


def path(name: str, value: str) -> dict[str, Any]:
    return {"pathParameters": {name: value}, "path": f"/{name.removesuffix('ID')}s/{value}"}


def test_the_new_user_has_no_order(story: Story) -> None:
    """fault 59"""
    assert story.ask("orders", "list_orders").body["orders"] == []
    assert story.ask("orders", "show_order", **path("orderID", ORDER_ID)).status == 404


def test_the_new_user_has_no_picture(story: Story) -> None:
    """fault 59"""
    image = path("imageID", story.image.imageID)

    assert story.ask("image_upload", "list").body["images"] == []
    assert story.ask("image_upload", "show", **image).status == 404
    assert story.ask("image_upload", "delete", **image).status == 404


def test_the_new_user_does_not_own_the_group(story: Story) -> None:
    """fault 59"""
    group = path("groupID", story.group.groupID)

    shown = story.ask("groups", "show", **group).body

    assert (shown["owner"], shown["ownerID"]) == ("ada", story.old)
    assert story.ask("groups", "rename", **group).status == 404
    assert story.ask("groups", "delete", **group).status == 404


def test_the_new_user_cannot_delete_a_picture_in_the_group(story: Story) -> None:
    """fault 59"""
    other = Image.new(story.users.subs["ben"], "image/png", group_id=story.group.groupID)
    images().add(other)

    deleted = story.ask("image_upload", "delete", **path("imageID", other.imageID))

    assert deleted.status == 404
    assert images().find(other.imageID).status == Status.PENDING


def test_the_new_user_has_no_message_and_none_to_read(story: Story) -> None:
    """fault 59"""
    assert story.ask("messages", "conversations").body["conversations"] == []
    for partner in ({"with": "ben"}, {"withID": story.users.subs["ben"]}, {"withID": story.old}):
        response = story.ask("messages", "conversation", **query(**partner))
        assert response.body.get("messages", []) == []


def test_a_reply_to_the_old_user_does_not_reach_the_new_one(story: Story) -> None:
    """fault 59"""
    reply = json.dumps({"toID": story.message["toID"], "text": "are you there?"})

    refused = story.users.ask("ben", "send", body=reply)
    written = story.users.send("ben", "ada", "hello, new Ada")

    assert refused.status == 404
    read = story.ask("messages", "conversation", **query(**{"with": "ben"}))
    assert read.body["messages"] == [written]
    read_by_ben = story.users.ask("ben", "conversation", **query(withID=story.old))
    assert texts(read_by_ben) == ["for old Ada"]


def test_an_event_for_the_old_user_is_not_sent_to_the_new_one(
    story: Story, requests: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 59"""
    connections().add(Session(story.new), "connection-of-new-ada")
    event = functions.event("live_push", "one_message")
    [stored] = items("MessagesTable")
    event["Records"][0]["dynamodb"]["NewImage"] = stored

    functions.function("live_push").handler(event, functions.context())

    assert "PostToConnection" not in requests
    assert metrics(capsys.readouterr().out)["EventsPushed"] == 0


def test_an_old_ticket_does_not_connect_the_new_user(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 59"""
    monkeypatch.setenv("LIVE_STAGE", "w1x2y3z4a5/v1")
    tickets = functions.module("live", "tickets").tickets()
    event = functions.event("live", "connect")
    event["queryStringParameters"] = {"ticket": tickets.issue(Session(story.old), "w1x2y3z4a5/v1")}

    functions.function("live").handler(event, functions.context())

    assert list(connections().of_user(story.new)) == []


def test_the_new_user_finds_only_what_everybody_finds(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 59"""
    with served() as (_, url):
        monkeypatch.setenv("SEARCH_URL", url)
        index = functions.module("search_indexer", "index")
        for table in functions.module("search_indexer", "tables").tables():
            changes, _ = table.scan(None)
            index.write(changes)

        found = story.ask("search", "everything", **query(q="lamp ada")).body["results"]

    assert [(each["type"], each["data"]["ownerID"]) for each in found] == [("group", story.old)]
