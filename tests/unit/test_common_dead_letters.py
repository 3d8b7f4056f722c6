"""Dead letters: the unchanged message, and the reason."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from common import aws
from common.dead_letters import DeadLetterQueue
from common.orders import UnreadableOrder
from project import functions
from tests.harness.cloud import Cloud


def dead_lettered(cloud: Cloud, error: Exception, **attributes: dict[str, Any]) -> dict[str, Any]:
    """Send a message with these additional attributes to the dead-letter queue, and read it."""
    [raw] = functions.event("orders_writer", "one_order")["Records"]
    raw["messageAttributes"] |= attributes

    DeadLetterQueue("OrdersDeadLetterQueue", aws.sqs()).send(raw, error)

    [dead_letter] = cloud.dead_letters()
    return dead_letter


def test_a_dead_letter_is_the_message_with_its_reason(cloud: Cloud) -> None:
    dead_letter = dead_lettered(cloud, UnreadableOrder("no order"))

    [record] = functions.event("orders_writer", "one_order")["Records"]
    values = {name: one["StringValue"] for name, one in dead_letter["MessageAttributes"].items()}
    assert dead_letter["Body"] == record["body"]
    for name in ("AWSTraceHeader", "MessageGroupId"):
        assert dead_letter["Attributes"][name] == record["attributes"][name]
    assert values == {
        "orderID": "00000001-c6af-4cdb-9ab1-3b5c2e0f0001",
        "placedBy": "7d8ca528-4931-4254-9273-ea5ee853f271",
        "placedAt": "1772366400123",
        "deadLetterError": "UnreadableOrder",
        "deadLetterReason": "no order",
    }
    assert dead_letter["MessageAttributes"]["placedAt"]["DataType"] == "Number"


@pytest.mark.parametrize("reason", ["", "\x00\ud800", "🛋" * 5000])
def test_a_reason_contains_only_characters_that_sqs_accepts(cloud: Cloud, reason: str) -> None:
    dead_letter = dead_lettered(cloud, UnreadableOrder(reason))

    text = dead_letter["MessageAttributes"]["deadLetterReason"]["StringValue"]
    assert text.isascii()
    assert text.isprintable()
    assert 0 < len(text) <= 1000


def test_binary_attributes_are_kept(cloud: Cloud) -> None:
    content = bytes(range(256))
    attribute = {"dataType": "Binary", "binaryValue": base64.b64encode(content).decode()}

    dead_letter = dead_lettered(cloud, UnreadableOrder("no order"), picture=attribute)

    assert dead_letter["MessageAttributes"]["picture"] == {
        "DataType": "Binary",
        "BinaryValue": content,
    }


@pytest.mark.parametrize(("more", "has_reason"), [(5, True), (6, False), (7, False)])
def test_the_senders_attributes_have_priority_over_the_reason(
    cloud: Cloud,
    more: int,
    has_reason: bool,  # noqa: FBT001
) -> None:
    extra = {f"a{n}": {"dataType": "String", "stringValue": "1"} for n in range(more)}

    dead_letter = dead_lettered(cloud, UnreadableOrder("no order"), **extra)

    assert extra.keys() < dead_letter["MessageAttributes"].keys()
    assert ("deadLetterReason" in dead_letter["MessageAttributes"]) == has_reason


def test_a_redriven_message_that_fails_again_has_the_new_reason(cloud: Cloud) -> None:
    old = {"dataType": "String", "stringValue": "old"}

    dead_letter = dead_lettered(
        cloud, UnreadableOrder("new"), deadLetterReason=old, deadLetterError=old
    )

    assert dead_letter["MessageAttributes"]["deadLetterReason"]["StringValue"] == "new"
