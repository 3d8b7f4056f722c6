"""`make dlq` lists and shows dead letters without hiding or changing them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from common.dead_letters import DeadLetterQueue
from common.orders import UnreadableOrder
from ops.dead_letters.queues import SharedDeadLetterQueue, queue_sources
from project import functions
from tests.unit.ops.deployment import Deployment

pytestmark = pytest.mark.slow

type Capture = pytest.CaptureFixture[str]


def test_list_prints_the_order_and_the_reason_without_personal_data(
    deployed: Deployment, capsys: Capture
) -> None:
    [record] = functions.event("orders_writer", "conflict")["Records"]
    order_id = record["messageAttributes"]["orderID"]["stringValue"]
    conflict = UnreadableOrder("data.item must be string")
    DeadLetterQueue(deployed.dead_letter_queue, deployed.sqs).send(record, conflict)

    status = deployed.dlq("list")

    output = capsys.readouterr().out
    assert status == 0
    assert "OrdersDeadLetterQueue, of OrdersQueue: 1 dead letter\n" in output
    assert re.search(
        f"[0-9a-f]{{8}}  {order_id}  UnreadableOrder .* data.item must be string\n", output
    )
    assert "Desk lamp" not in output


def test_list_leaves_every_message_visible(deployed: Deployment) -> None:
    ids = {deployed.add_dead_letter() for _ in range(25)}

    deployed.dlq("list")

    assert set(deployed.dead_letter_ids()) == ids


def test_list_prints_more_than_one_batch_once_each(deployed: Deployment, capsys: Capture) -> None:
    ids = {deployed.add_dead_letter() for _ in range(25)}

    deployed.dlq("list")

    rows = re.findall(r"^  ([0-9a-f]{8})  ", capsys.readouterr().out, re.MULTILINE)
    assert sorted(rows) == sorted(message_id[:8] for message_id in ids)


def test_a_message_that_sqs_delivers_twice_is_listed_once(
    deployed: Deployment, capsys: Capture
) -> None:
    deployed.add_dead_letter()

    def deliver_twice(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Messages"] = parsed.get("Messages", []) * 2

    deployed.on("after-call.sqs.ReceiveMessage", deliver_twice)

    deployed.dlq("list")

    assert ": 1 dead letter\n" in capsys.readouterr().out


def test_list_says_that_a_queue_is_empty(deployed: Deployment, capsys: Capture) -> None:
    status = deployed.dlq("list")

    assert status == 0
    assert "OrdersDeadLetterQueue, of OrdersQueue: no dead letters\n" in capsys.readouterr().out


def test_an_interrupted_list_makes_the_messages_visible_again(deployed: Deployment) -> None:
    ids = {deployed.add_dead_letter() for _ in range(25)}
    calls = iter([None, KeyboardInterrupt()])

    def interrupt(**_: Any) -> None:
        if error := next(calls):
            raise error

    deployed.on("before-call.sqs.ReceiveMessage", interrupt)

    with pytest.raises(KeyboardInterrupt):
        deployed.dlq("list")

    assert set(deployed.dead_letter_ids()) == ids


def test_a_message_that_the_redrive_policy_moved_was_received_too_often(
    deployed: Deployment, capsys: Capture
) -> None:
    deployed.sqs.send_message(QueueUrl=deployed.orders_queue, MessageBody="{}")
    for _ in range(deployed.max_receives + 1):
        deployed.sqs.receive_message(QueueUrl=deployed.orders_queue, VisibilityTimeout=0)

    deployed.dlq("list")

    output = capsys.readouterr().out
    assert "ReceivedTooOften" in output
    assert f"received {deployed.max_receives} times from OrdersQueue without success" in output


def test_show_prints_the_whole_message(deployed: Deployment, capsys: Capture) -> None:
    message_id = deployed.add_dead_letter(MessageBody='{"item": "Chair"}')

    status = deployed.dlq("show", message_id[:8])

    output = capsys.readouterr().out
    assert status == 0
    assert '{"item": "Chair"}' in output
    assert "ApproximateReceiveCount" in output


def test_show_escapes_control_characters(deployed: Deployment, capsys: Capture) -> None:
    attributes = {"orderID": {"DataType": "String", "StringValue": "\u202e7"}}
    message_id = deployed.add_dead_letter(MessageAttributes=attributes)

    deployed.dlq("show", message_id)

    output = capsys.readouterr().out
    assert r"\u202e7" in output
    assert "\u202e" not in output


def test_show_fails_if_nothing_matches(deployed: Deployment, capsys: Capture) -> None:
    status = deployed.dlq("show", "00000000")

    assert status == 1
    assert capsys.readouterr().err == "no dead letter matches 00000000\n"


def test_reading_stops_in_time_if_a_queue_fills_as_fast_as_it_is_read(
    deployed: Deployment,
) -> None:
    [queue] = queue_sources(deployed.stack)
    deployed.add_dead_letter()
    deployed.on("after-call.sqs.ReceiveMessage", lambda **_: deployed.add_dead_letter())

    with queue.hold(1) as dead_letters:
        read = len(dead_letters)

    assert read > 1
    assert queue.has_more


def test_a_dead_letter_queue_of_two_queues_is_refused(deployed: Deployment) -> None:
    deployed.resources["OtherQueue"] = deployed.resources["OrdersQueue"]

    with pytest.raises(SharedDeadLetterQueue, match="both OrdersQueue and OtherQueue"):
        deployed.dlq("list")
