"""The probe reads all dead letters, not only those of one response."""

from __future__ import annotations

from typing import Any

import pytest

from common import aws
from local.stack_probe import StackProbe
from tests.harness.cloud import Cloud

PLENTY = 25
"""More than two responses contain."""


@pytest.fixture
def queue(cloud: Cloud) -> str:
    """A dead-letter queue with the dead letters of `order 0` and the following orders."""
    url: str = aws.sqs().get_queue_url(QueueName="OrdersDeadLetterQueue")["QueueUrl"]
    for number in range(PLENTY):
        attributes: Any = {
            "orderID": {"DataType": "String", "StringValue": f"order {number}"},
            "deadLetterReason": {"DataType": "String", "StringValue": f"reason {number}"},
        }
        aws.sqs().send_message(QueueUrl=url, MessageBody="{}", MessageAttributes=attributes)
    return url


@pytest.fixture
def probe(queue: str) -> StackProbe:
    return StackProbe({"Endpoint": "", "OrdersDeadLetterQueueUrl": queue})


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, PLENTY, 6))
def test_the_reason_of_any_dead_letter_is_found_at_once(probe: StackProbe, number: int) -> None:
    assert probe.dead_letter_reason(f"order {number}") == f"reason {number}"


def test_a_released_dead_letter_is_visible_again(probe: StackProbe, cloud: Cloud) -> None:
    probe.dead_letter_reason("none")
    hidden = cloud.dead_letters()

    probe.release()

    assert hidden == []
    assert len(cloud.dead_letters()) == PLENTY


def test_only_requested_dead_letters_are_discarded(probe: StackProbe, cloud: Cloud) -> None:
    probe.dead_letter_reason("order 7")

    probe.release(discard=True)

    assert len(cloud.dead_letters()) == PLENTY - 1
    assert probe.dead_letter_reason("order 7") is None
