"""Single faults between API and email, with simulated event sources."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from project import functions
from tests.harness.event_sources import event_source
from tests.harness.simulator.faults import Fault
from tests.harness.simulator.pipeline import CALLER, Pipeline, pipeline

LAMP = '{"item": "lamp"}'
CHAIR = '{"item": "chair"}'

EMAILS_PER_SECOND = 10
"""SNS suspends an email subscription above this (SNS guide, "Amazon SNS endpoints and quotas")."""


@pytest.fixture
def simulated() -> Iterator[Pipeline]:
    with pipeline() as one:
        yield one


def order_id(number: int) -> str:
    return f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0000"


def test_an_order_with_another_callers_id_does_not_change_the_first_one(
    simulated: Pipeline,
) -> None:
    """fault 9"""
    simulated.place(order_id(1), LAMP, "ada")
    simulated.write()
    before = dict(simulated.stored)

    simulated.place(order_id(1), LAMP, "mallory")
    simulated.drain()

    assert simulated.stored == before
    assert simulated.is_refused(order_id(1), "mallory")
    assert not simulated.is_refused(order_id(1), "ada")
    assert [event["data"]["placedBy"] for event in simulated.topics.events()] == ["ada"]


@pytest.mark.parametrize("most", [1, 10], ids=["in two batches", "in one batch"])
def test_a_redelivered_message_is_one_order_and_one_notification(
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


def test_a_second_content_for_the_same_id_is_refused(simulated: Pipeline) -> None:
    """fault 17"""
    simulated.place(order_id(1), LAMP)
    simulated.write()
    simulated.place(order_id(1), CHAIR)
    simulated.drain()

    assert simulated.stored[order_id(1)]["order"]["M"]["item"] == {"S": "lamp"}
    assert simulated.is_refused(order_id(1), CALLER)
    assert simulated.dead_letters.messages == []


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TIMED_OUT])
def test_orders_stay_in_the_queue_while_the_table_is_unavailable(
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
def test_a_writer_that_dies_during_a_batch_stores_each_order_once(
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


def test_a_redriven_order_is_stored_unchanged(simulated: Pipeline) -> None:
    """fault 21"""
    simulated.place(order_id(1), LAMP, "ada")
    [placed] = simulated.queue.messages
    attempts = functions.resource("OrdersQueue")["RedrivePolicy"]["maxReceiveCount"]
    simulated.faults.script("BatchExecuteStatement", [Fault.THROTTLED] * attempts)
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
def test_a_failing_record_does_not_affect_notifications_of_the_others(
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

    all_once = {order_id(number): 1 for number in range(30)}
    assert first == {i: 1 for i in all_once if i not in (order_id(11), order_id(12))}
    assert published(simulated) == all_once
    assert mailed(simulated) == all_once


@pytest.mark.parametrize("halves_on_first", [True, False])
def test_an_order_that_sns_always_rejects_ends_in_the_failure_destination(
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


def test_an_invalid_record_is_isolated_by_bisecting_and_the_others_are_published(
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


def test_replaying_a_failed_batch_does_not_repeat_notifications(
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


def test_records_that_are_too_old_end_in_the_failure_destination(simulated: Pipeline) -> None:
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


def test_a_publisher_that_dies_before_saving_progress_repeats_events_with_the_same_id(
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
def test_orders_stay_in_the_stream_while_sns_is_unavailable(
    simulated: Pipeline, operation: str
) -> None:
    """fault 27"""
    write(simulated, range(25))
    simulated.faults.script(operation, [Fault.THROTTLED] * 12)

    simulated.drain()

    all_once = {order_id(number): 1 for number in range(25)}
    assert published(simulated) == all_once
    assert mailed(simulated) == all_once
    assert simulated.publisher.destination == []


@pytest.mark.ci
def test_many_orders_do_not_exceed_the_email_rate_of_sns() -> None:
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
    assert max(emails.values()) < EMAILS_PER_SECOND
    assert requests_of_the_publisher(simulated) <= 0.15 * orders


def write(simulated: Pipeline, numbers: range) -> None:
    """Store orders with these numbers, in this order."""
    for number in numbers:
        simulated.place(order_id(number), LAMP)
    simulated.write()


def published(simulated: Pipeline) -> dict[str, int]:
    return dict(Counter(event["data"]["orderID"] for event in simulated.topics.events()))


def mailed(simulated: Pipeline) -> dict[str, int]:
    texts = [text for _, text in simulated.topics.emails()]
    return dict(Counter(i for text in texts for i in sorted(simulated.stored) if i in text))


def failed(simulated: Pipeline) -> list[dict[str, Any]]:
    """Return the records in the failure destination."""
    payloads = [json.loads(one["payload"]) for one in simulated.publisher.destination]
    return [record for payload in payloads for record in payload["Records"]]


def key(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["Keys"]["orderID"]["S"])


def requests_of_the_publisher(simulated: Pipeline) -> int:
    counted = simulated.faults.requests
    return sum(counted[name] for name in ("BatchGetItem", "PublishBatch", "Publish"))
