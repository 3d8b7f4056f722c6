"""erasure: the conversations of the user go, for both sides, and those of others stay.

fault 65
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws
from common.messages import Message, User
from project import functions
from project.fake_aws import items
from tests.harness.personal_data import (
    ADA,
    BEN,
    CLEO,
    Person,
    Stores,
    begin,
    personal_data,
    step,
)

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def stores() -> Iterator[Stores]:
    with personal_data() as made:
        yield made


def send(sender: Person, recipient: Person) -> None:
    message = Message.new(
        User(sender.sub, sender.name), User(recipient.sub, recipient.name), sender.word
    )
    functions.module("messages", "conversations").conversations().send(message)


def users() -> set[tuple[str, str]]:
    """The users of the stored messages, and those of the rows of conversations."""
    sent = {(row["senderID"]["S"], row["recipientID"]["S"]) for row in items("MessagesTable")}
    return sent | {(row["userID"]["S"], row["partner"]["S"]) for row in items("ConversationsTable")}


def test_both_sides_of_the_conversations_are_deleted(stores: Stores) -> None:
    send(ADA, BEN)
    send(BEN, ADA)
    send(CLEO, ADA)
    send(BEN, CLEO)
    begin(ADA)

    step("messages", ADA)

    assert users() == {(BEN.sub, CLEO.sub), (CLEO.sub, BEN.sub)}
    assert stores.left(ADA) == []


def test_a_conversation_of_many_messages_takes_many_pages() -> None:
    for _ in range(130):
        send(BEN, ADA)
    begin(ADA)

    step("messages", ADA)

    assert users() == set()


def test_a_message_that_arrives_while_the_rows_are_deleted_is_deleted_too() -> None:
    send(ADA, BEN)
    begin(ADA)
    events = aws.dynamodb().meta.events
    late = iter([True])

    def send_late(params: Any, **_: Any) -> None:
        if params["TableName"] == "ConversationsTable" and next(late, False):
            send(BEN, ADA)

    events.register("before-parameter-build.dynamodb.DeleteItem", send_late)

    step("messages", ADA)

    assert next(late, None) is None, "no message was sent meanwhile"
    assert users() == set()


def test_rows_of_version_0_1_are_deleted_too() -> None:
    send(ADA, BEN)
    for row in items("ConversationsTable"):
        aws.dynamodb().delete_item(
            TableName="ConversationsTable", Key={name: row[name] for name in ("userID", "partner")}
        )
        name = BEN.name if row["userID"]["S"] == ADA.sub else ADA.name
        old: Any = row | {"partner": {"S": name.lower()}}
        aws.dynamodb().put_item(TableName="ConversationsTable", Item=old)
    begin(ADA)

    step("messages", ADA)

    assert users() == set()


def test_a_row_under_the_name_of_another_user_stays() -> None:
    """Of version 0.1: somebody who had the name before."""
    send(ADA, BEN)
    row = {"userID": BEN.sub, "partner": ADA.name, "conversation": "another"}
    item: Any = {name: {"S": value} for name, value in row.items()}
    aws.dynamodb().put_item(TableName="ConversationsTable", Item=item)
    begin(ADA)

    step("messages", ADA)

    assert [json.dumps(row) for row in items("ConversationsTable")] == [json.dumps(item)]
