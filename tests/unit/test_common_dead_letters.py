"""Dead letters: the message as it came, and the reason."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from common import aws
from common.dead_letters import DeadLetterQueue
from common.orders import OrderConflict, UnreadableOrder
from project import functions
from tests.harness.cloud import Cloud


def dead_lettered(cloud: Cloud, error: Exception, **attributes: dict[str, Any]) -> dict[str, Any]:
    """The letter of a message that has these attributes too."""
    [raw] = functions.event("orders_writer", "one_order")["Records"]
    raw["messageAttributes"] |= attributes

    DeadLetterQueue("OrdersDeadLetterQueue", aws.sqs()).send(raw, error)

    [letter] = cloud.dead_letters()
    return letter


def test_a_letter_is_the_message_with_its_reason(cloud: Cloud) -> None:
    letter = dead_lettered(cloud, OrderConflict("another order stands"))

    [record] = functions.event("orders_writer", "one_order")["Records"]
    values = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert letter["Body"] == record["body"]
    assert letter["Attributes"]["AWSTraceHeader"] == record["attributes"]["AWSTraceHeader"]
    assert values == {
        "orderID": "00000001-c6af-4cdb-9ab1-3b5c2e0f0001",
        "placedBy": "7d8ca528-4931-4254-9273-ea5ee853f271",
        "placedAt": "1772366400123",
        "deadLetterError": "OrderConflict",
        "deadLetterReason": "another order stands",
    }
    assert letter["MessageAttributes"]["placedAt"]["DataType"] == "Number"


@pytest.mark.parametrize("reason", ["", "\x00\ud800", "🛋" * 5000])
def test_a_reason_is_what_sqs_takes_whatever_it_quotes(cloud: Cloud, reason: str) -> None:
    letter = dead_lettered(cloud, UnreadableOrder(reason))

    text = letter["MessageAttributes"]["deadLetterReason"]["StringValue"]
    assert text.isascii()
    assert text.isprintable()
    assert 0 < len(text) <= 1000


def test_binary_attributes_stay_as_they_are(cloud: Cloud) -> None:
    content = bytes(range(256))
    attribute = {"dataType": "Binary", "binaryValue": base64.b64encode(content).decode()}

    letter = dead_lettered(cloud, UnreadableOrder("no order"), picture=attribute)

    assert letter["MessageAttributes"]["picture"] == {"DataType": "Binary", "BinaryValue": content}


@pytest.mark.parametrize(("more", "reasoned"), [(5, True), (6, False), (7, False)])
def test_the_senders_attributes_come_before_the_reason(
    cloud: Cloud,
    more: int,
    reasoned: bool,  # noqa: FBT001
) -> None:
    extra = {f"a{n}": {"dataType": "String", "stringValue": "1"} for n in range(more)}

    letter = dead_lettered(cloud, UnreadableOrder("no order"), **extra)

    assert extra.keys() < letter["MessageAttributes"].keys()
    assert ("deadLetterReason" in letter["MessageAttributes"]) == reasoned


def test_a_redriven_letter_that_fails_again_has_the_new_reason(cloud: Cloud) -> None:
    old = {"dataType": "String", "stringValue": "old"}

    letter = dead_lettered(cloud, OrderConflict("new"), deadLetterReason=old, deadLetterError=old)

    assert letter["MessageAttributes"]["deadLetterReason"]["StringValue"] == "new"
