"""The `export_writer` function and live events: who is told, and which devices are exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws
from common.connections import connections
from common.exports import exports
from common.sessions import Session
from tests.harness.exporting import BUCKET, Exporting, contents, exporting

pytestmark = pytest.mark.slow


@pytest.fixture
def shop() -> Iterator[Exporting]:
    with exporting() as made:
        yield made


def events() -> list[Any]:
    """The live events since the last call."""
    found = []
    while received := aws.sqs().receive_message(QueueUrl="LiveQueue").get("Messages"):
        for message in received:
            found.append(json.loads(message["Body"]))
            aws.sqs().delete_message(QueueUrl="LiveQueue", ReceiptHandle=message["ReceiptHandle"])
    return found


def test_the_user_is_told_when_the_export_is_ready(shop: Exporting) -> None:
    shop.export("ada")

    [event] = events()

    assert event["type"] == "export.ready"
    assert event["userID"] == shop.subs["ada"]
    assert event["data"]["status"] == "READY"
    assert set(event["data"]) == {"exportID", "status"}


def test_the_user_is_told_once_for_all_zips(shop: Exporting) -> None:
    for number in range(11):
        shop.picture("ada", f"n. {number}")

    assert len(shop.export("ada", milliseconds=1000)) > 1

    assert [event["type"] for event in events()] == ["export.ready"]


def test_the_user_is_told_when_the_export_has_failed(shop: Exporting) -> None:
    shop.ask("ada")
    aws.s3().delete_bucket(Bucket=BUCKET)
    shop.work(attempts=4)
    before = events()

    shop.work(attempts=1)

    assert before == []
    assert [event["type"] for event in events()] == ["export.failed"]


def test_a_repeated_message_of_a_ready_export_only_tells_the_user_again(
    shop: Exporting, requests: list[str]
) -> None:
    shop.export("ada")
    export = exports().find(shop.subs["ada"])
    assert export is not None
    requests.clear()

    shop.handle(json.dumps({"userID": export.userID, "exportID": export.exportID}))

    assert requests == ["GetItem", "SendMessage"]
    assert len(events()) == 2


def test_the_devices_of_the_user_are_exported(shop: Exporting) -> None:
    for user, device in (("ada", "phone="), ("ada", "laptop="), ("ben", "other=")):
        connections().add(Session(shop.subs[user], user, 0), device)

    found = contents(*shop.export("ada"))["connections.json"]

    assert {each["connectionID"] for each in found} == {"phone=", "laptop="}
    assert all(each["connectedAt"] < each["receivesEventsUntil"] for each in found)
