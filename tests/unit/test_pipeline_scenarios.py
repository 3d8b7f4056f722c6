"""The faults between edge and email one by one, in AWS's event sources as simulated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from project import functions
from tests.harness.event_sources import event_source
from tests.harness.simulator.faults import Fault
from tests.harness.simulator.pipeline import Pipeline, pipeline

LAMP = '{"item": "lamp"}'
CHAIR = '{"item": "chair"}'

EMAILS_A_SECOND = 10
"""SNS suspends an email subscription above it (SNS guide, "Amazon SNS endpoints and quotas")."""


@pytest.fixture
def simulated() -> Iterator[Pipeline]:
    with pipeline() as one:
        yield one


def order_id(number: int) -> str:
    return f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0000"


def test_a_forged_order_id_leaves_the_order_under_it_alone(simulated: Pipeline) -> None:
    """fault 9"""
    simulated.place(order_id(1), LAMP, "ada")
    simulated.write()
    standing = dict(simulated.stored)

    simulated.place(order_id(1), LAMP, "mallory")
    simulated.drain()

    assert simulated.stored == standing
    assert reasons(simulated) == ["OrderConflict"]
    assert [event["data"]["placedBy"] for event in simulated.topics.events()] == ["ada"]


@pytest.mark.parametrize("most", [1, 10], ids=["in two batches", "in one batch"])
def test_a_message_delivered_twice_is_one_order_and_one_notification(
    simulated: Pipeline, most: int
) -> None:
    """fault 16"""
    simulated.place(order_id(1), LAMP)
    simulated.queue.duplicate(simulated.queue.messages[0])

    simulated.write(most=most)
    simulated.drain()

    assert list(simulated.stored) == [order_id(1)]
    assert published(simulated) == {order_id(1): 1}
    assert len(simulated.topics.emails()) == 1


def test_of_two_contents_the_first_stands_and_the_second_is_dead_lettered(
    simulated: Pipeline,
) -> None:
    """fault 17"""
    simulated.place(order_id(1), LAMP)
    simulated.write()
    simulated.place(order_id(1), CHAIR)
    simulated.drain()

    assert simulated.stored[order_id(1)]["order"]["M"]["item"] == {"S": "lamp"}
    [letter] = simulated.dead_letters.messages
    assert letter.body == CHAIR
    assert reasons(simulated) == ["OrderConflict"]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TIMED_OUT])
def test_orders_wait_in_the_queue_while_the_table_is_away(
    simulated: Pipeline, fault: Fault
) -> None:
    """fault 19"""
    for number in range(10):
        simulated.place(order_id(number), LAMP)
    simulated.faults.script("BatchExecuteStatement", [fault])

    simulated.write()
    waiting = len(simulated.queue.messages)
    simulated.drain()

    assert waiting == 10
    assert len(simulated.stored) == 10
    assert simulated.dead_letters.messages == []


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER])
def test_a_writer_that_dies_in_the_middle_of_a_batch_leaves_one_item_of_each(
    simulated: Pipeline, fault: Fault
) -> None:
    """fault 20"""
    for number in range(100):
        simulated.place(order_id(number), LAMP)
    simulated.faults.script("BatchExecuteStatement", [None, fault])

    simulated.write()
    simulated.drain()

    assert [name for name, _ in simulated.changes] == ["INSERT"] * 100
    assert published(simulated) == {order_id(number): 1 for number in range(100)}


def test_a_redriven_order_is_the_one_the_client_was_promised(simulated: Pipeline) -> None:
    """fault 21"""
    simulated.place(order_id(1), LAMP, "ada")
    [placed] = simulated.queue.messages
    tries = functions.resource("OrdersQueue")["RedrivePolicy"]["maxReceiveCount"]
    simulated.faults.script("BatchExecuteStatement", [Fault.THROTTLED] * tries)
    simulated.drain()
    assert len(simulated.dead_letters.messages) == 1

    simulated.dead_letters.redrive_to(simulated.queue)
    [redriven] = simulated.queue.messages
    simulated.drain()

    assert redriven.id != placed.id
    item = simulated.stored[order_id(1)]
    assert item["placedBy"] == {"S": "ada"}
    assert item["placedAt"] == {"S": "2026-03-01T12:00:00.000Z"}


@pytest.mark.parametrize("halves_on_first", [True, False])
def test_a_failed_record_in_the_middle_keeps_no_other_from_being_notified_once(
    *,
    halves_on_first: bool,
) -> None:
    """faults 23, 27"""
    with pipeline(halves_on_first=halves_on_first) as simulated:
        write(simulated, range(30))
        simulated.topics.hopeless = {order_id(11), order_id(12)}

        simulated.publish()
        first = published(simulated)
        simulated.publish()
        simulated.topics.hopeless = set()
        simulated.drain()

    everyone = {order_id(number): 1 for number in range(30)}
    assert first == {i: 1 for i in everyone if i not in (order_id(11), order_id(12))}
    assert published(simulated) == everyone
    assert mailed(simulated) == everyone


@pytest.mark.parametrize("halves_on_first", [True, False])
def test_an_order_that_sns_never_takes_ends_in_the_failure_destination_whole(
    *,
    halves_on_first: bool,
) -> None:
    """fault 24"""
    with pipeline(halves_on_first=halves_on_first) as simulated:
        write(simulated, range(20))
        simulated.topics.hopeless = {order_id(7)}

        simulated.drain()

    assert published(simulated) == {order_id(number): 1 for number in range(20) if number != 7}
    assert mailed(simulated) == published(simulated)
    [record] = [one for one in failed(simulated) if key(one) == order_id(7)]
    assert record["dynamodb"]["NewImage"] == simulated.stored[order_id(7)]


def test_a_record_that_is_no_order_is_bisected_out_and_the_rest_flows(
    simulated: Pipeline,
) -> None:
    """fault 24"""
    write(simulated, range(10))
    simulated.table.put("OrdersTable", {"orderID": {"S": "by hand"}, "note": {"S": "no order"}})
    write(simulated, range(10, 20))

    simulated.drain()

    assert published(simulated) == {order_id(number): 1 for number in range(20)}
    [discarded] = simulated.publisher.destination
    assert discarded["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert [key(record) for record in failed(simulated)] == ["by hand"]


def test_what_was_notified_of_a_failed_batch_is_not_notified_again_by_its_replay(
    simulated: Pipeline,
) -> None:
    """faults 24, 26"""
    write(simulated, range(20))
    simulated.topics.hopeless = {order_id(7)}
    simulated.drain()
    simulated.topics.hopeless = set()

    for discarded in simulated.publisher.destination:
        functions.function("orders_publisher").handler(
            json.loads(discarded["payload"]), functions.context()
        )

    assert published(simulated) == {order_id(number): 1 for number in range(20)}
    assert mailed(simulated) == published(simulated)


def test_records_that_grow_too_old_end_in_the_failure_destination(simulated: Pipeline) -> None:
    """fault 24"""
    write(simulated, range(3))
    simulated.wait(event_source("orders_publisher")["MaximumRecordAgeInSeconds"] + 1)

    simulated.drain()

    [discarded] = simulated.publisher.destination
    assert discarded["requestContext"]["condition"] == "RecordAgeExceeded"
    assert len(failed(simulated)) == 3


def test_only_new_orders_reach_the_publisher(simulated: Pipeline) -> None:
    """fault 25"""
    write(simulated, range(1))
    item = simulated.stored[order_id(0)]
    simulated.table.put("OrdersTable", item)
    simulated.table.put("OrdersTable", item | {"note": {"S": "changed by hand"}})
    simulated.table.delete("OrdersTable", order_id(0))

    simulated.drain()

    assert [name for name, _ in simulated.changes] == ["INSERT", "MODIFY", "REMOVE"]
    assert published(simulated) == {order_id(0): 1}
    assert simulated.faults.requests["Publish"] == 1


def test_a_publisher_that_dies_before_its_bookkeeping_repeats_with_the_same_event_id(
    simulated: Pipeline,
) -> None:
    """fault 26"""
    write(simulated, range(4))
    simulated.faults.script("Publish", [Fault.KILLED_AFTER])

    simulated.drain()

    assert published(simulated) == {order_id(number): 2 for number in range(4)}
    events = [(event["data"]["orderID"], event["eventID"]) for event in simulated.topics.events()]
    assert len(set(events)) == 4


@pytest.mark.parametrize("operation", ["PublishBatch", "Publish"])
def test_orders_wait_in_the_stream_while_sns_is_away(simulated: Pipeline, operation: str) -> None:
    """fault 27"""
    write(simulated, range(25))
    simulated.faults.script(operation, [Fault.THROTTLED] * 12)

    simulated.drain()

    everyone = {order_id(number): 1 for number in range(25)}
    assert published(simulated) == everyone
    assert mailed(simulated) == everyone
    assert simulated.publisher.destination == []


def test_a_rush_mails_no_faster_than_sns_allows() -> None:
    """fault 28"""
    orders, seconds, shards = 10_000, 60, 4
    with pipeline(shards=shards) as simulated:
        for second in range(seconds):
            for number in range(orders * second // seconds, orders * (second + 1) // seconds):
                simulated.place(order_id(number), LAMP)
            while simulated.write():
                pass
            for shard in range(shards):
                if simulated.publisher.ready(shard):
                    simulated.publisher.poll(shard)
            simulated.wait(1)
        simulated.drain()

    emails = Counter(int(at) for at, _ in simulated.topics.emails())
    assert published(simulated) == {order_id(number): 1 for number in range(orders)}
    assert max(emails.values()) < EMAILS_A_SECOND
    assert requests_of_the_publisher(simulated) <= 0.15 * orders


def write(simulated: Pipeline, numbers: range) -> None:
    """Store the orders of these numbers, in their order."""
    for number in numbers:
        simulated.place(order_id(number), LAMP)
    simulated.write()


def published(simulated: Pipeline) -> dict[str, int]:
    return dict(Counter(event["data"]["orderID"] for event in simulated.topics.events()))


def mailed(simulated: Pipeline) -> dict[str, int]:
    texts = [text for _, text in simulated.topics.emails()]
    return dict(Counter(i for text in texts for i in sorted(simulated.stored) if i in text))


def reasons(simulated: Pipeline) -> list[str]:
    letters = simulated.dead_letters.messages
    return [letter.attributes["deadLetterError"]["StringValue"] for letter in letters]


def failed(simulated: Pipeline) -> list[dict[str, Any]]:
    """The records in the failure destination."""
    payloads = [json.loads(one["payload"]) for one in simulated.publisher.destination]
    return [record for payload in payloads for record in payload["Records"]]


def key(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["Keys"]["orderID"]["S"])


def requests_of_the_publisher(simulated: Pipeline) -> int:
    counted = simulated.faults.requests
    return sum(counted[name] for name in ("BatchGetItem", "PublishBatch", "Publish"))
