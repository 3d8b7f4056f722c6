"""The `export_writer` function and messages: both sides of the user's conversations only."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from common import aws
from common.messages import Conversation, Message, User
from tests.harness.exporting import Exporting, contents, exporting

pytestmark = pytest.mark.slow

LITTLE = 1000  # milliseconds, in which one page of rows is written


@pytest.fixture
def shop() -> Iterator[Exporting]:
    with exporting() as made:
        yield made


def send(shop: Exporting, sender: str, recipient: str, *texts: str) -> None:
    """Store messages, and the rows of both users."""
    users = User(shop.subs[sender], sender), User(shop.subs[recipient], recipient)
    for text in texts:
        message = Message.new(*users, text)
        aws.dynamodb().put_item(TableName="MessagesTable", Item=message.to_item())
    for user in users:
        other = message.partner_of(user.userID)
        row = Conversation(
            user.userID, other.userID, other.name, message.conversation, message, unread=1
        )
        aws.dynamodb().put_item(TableName="ConversationsTable", Item=row.to_item())


def test_a_conversation_has_the_messages_of_both_sides(shop: Exporting) -> None:
    send(shop, "ada", "ben", "Is the lamp still there? 💡")
    send(shop, "ben", "ada", "It is.")

    found = contents(*shop.export("ada"))

    [listed] = found["conversations.json"]
    assert (listed["with"], listed["withID"]) == ("ben", shop.subs["ben"])
    messages = [(each["from"], each["text"]) for each in found[f"{listed['file']}.json"]]
    assert messages == [("ada", "Is the lamp still there? 💡"), ("ben", "It is.")]


def test_conversations_of_others_are_not_exported(shop: Exporting) -> None:
    """fault 42"""
    send(shop, "ada", "ben", "to ben")
    send(shop, "ben", "cleo", "to cleo")

    text = json.dumps(contents(*shop.export("ada")))

    assert "to ben" in text
    assert "to cleo" not in text


def test_every_conversation_is_exported_once_if_there_is_little_time(shop: Exporting) -> None:
    for name in ("ben", "cleo"):
        send(shop, "ada", name, f"to {name}")

    parts = shop.export("ada", milliseconds=LITTLE)

    found = contents(*parts)
    files = sorted(name for part in parts for name in part.namelist() if "/" in name)
    assert len(files) == len(set(files)) == 2
    assert sorted(each["text"] for name in files for each in found[name]) == ["to ben", "to cleo"]


def test_a_long_conversation_continues_in_the_next_zip(shop: Exporting) -> None:
    texts = [f"{number:04}" + "€" * 3996 for number in range(100)]  # 1.2 MB, more than one page
    send(shop, "ada", "ben", *texts)

    parts = shop.export("ada", milliseconds=LITTLE)

    files = [name for part in parts for name in part.namelist() if "/" in name]
    assert len(files) == 2
    assert all(name.startswith("conversations/0001 ben") for name in files)
    found = contents(*parts)
    assert [each["text"] for name in files for each in found[name]] == texts


def test_a_conversation_that_is_deleted_meanwhile_does_not_stop_the_export(
    shop: Exporting,
) -> None:
    texts = ["€" * 4000] * 100
    for name in ("ben", "cleo"):
        send(shop, "ada", name, *texts)
    shop.ask("ada")
    while not any("conversations/" in name for name in begun(shop)):
        shop.work(LITTLE, attempts=1)
    partner = min(shop.subs["ben"], shop.subs["cleo"])
    key = {"userID": {"S": shop.subs["ada"]}, "partner": {"S": partner}}

    aws.dynamodb().delete_item(TableName="ConversationsTable", Key=key)
    shop.work()

    listed = {
        each["withID"]
        for archive in shop.zips("ada")
        for name, rows in contents(archive).items()
        if name.startswith("conversations") and "/" not in name
        for each in rows
    }
    assert listed == {shop.subs["ben"], shop.subs["cleo"]}


def begun(shop: Exporting) -> list[str]:
    """The names of all files so far."""
    return [name for archive in shop.zips("ada", is_ready=False) for name in archive.namelist()]
