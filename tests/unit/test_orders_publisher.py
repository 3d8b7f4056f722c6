"""The `orders_publisher` function: one event per new order, one email per batch."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.session import Session

from common.orders import RESTORE, SCHEMA, Order
from project import functions
from tests.harness.cloud import Cloud
from tests.harness.observability import Log, measured, metrics
from tests.harness.simulator.event_bus import BUS, EventBus
from tests.harness.simulator.faults import Clock, Fault, Faults
from tests.harness.simulator.table import DynamoDB
from tests.harness.simulator.topic import MESSAGE_BYTES, Sns
from tests.harness.xray import Daemon

EMAIL_BYTES = 64 * 1024
LONGEST = {name: field.get("maxLength", 0) for name, field in SCHEMA["properties"].items()}  # type: ignore[attr-defined]


def publish(event: dict[str, Any]) -> list[str]:
    """Return the sequence numbers that the function reports as failed."""
    function = functions.function("orders_publisher")
    response = function.handler(event, functions.context("orders_publisher"))
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def orders(number: int, **fields: str) -> dict[str, Any]:
    """Return a stream batch with this number of new orders."""
    [record] = functions.event("orders_publisher", "one_order")["Records"]
    records = [copy.deepcopy(record) for _ in range(number)]
    for n, one in enumerate(records):
        one["eventID"] = f"{n:032x}"
        one["dynamodb"]["SequenceNumber"] = f"{n:021d}"
        one["dynamodb"]["NewImage"]["orderID"]["S"] = f"{n:08x}-c6af-4cdb-9ab1-3b5c2e0f0000"
        content = one["dynamodb"]["NewImage"]["order"]["M"]
        content |= {name: {"S": value} for name, value in fields.items()}
    return {"Records": records}


def sequence_numbers(event: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]


class Services:
    """The services that the publisher calls, with scripted faults."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.table = DynamoDB(self.faults, on_change=lambda *_: None)
        self.sns = Sns(Clock(), self.faults)
        self.bus = EventBus(self.faults)

    def sizes(self) -> list[int]:
        return [len(message.encode()) for _, _, message in self.sns.published]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    made = Services()
    clients = {"dynamodb": made.table, "sns": made.sns, "events": made.bus}
    monkeypatch.setattr(Session, "create_client", lambda _, service, **__: clients[service])
    functions.forget_clients()
    yield made
    functions.forget_clients()


@pytest.fixture
def bus(services: Services, monkeypatch: pytest.MonkeyPatch) -> EventBus:
    """The bus of a stack with the parameter EventBus."""
    monkeypatch.setenv("EVENT_BUS", BUS)
    return services.bus


def test_a_new_order_causes_an_event_and_an_email(cloud: Cloud) -> None:
    event = functions.event("orders_publisher", "one_order")

    assert publish(event) == []

    [published] = cloud.events()
    assert json.loads(published["Message"]) == {
        "schemaVersion": 1,
        "type": "order.placed",
        "eventID": event["Records"][0]["eventID"],
        "data": {
            "orderID": "00000001-c6af-4cdb-9ab1-3b5c2e0f0001",
            "order": {
                "item": "Desk lamp, brass",
                "customerID": "C-1042",
                "quantity": 2,
                "note": "Please ring twice",
            },
            "placedBy": "7d8ca528-4931-4254-9273-ea5ee853f271",
            "placedAt": "2026-03-01T12:00:00.123Z",
            "state": "placed",
            "version": 1,
            "history": [{"state": "placed", "at": "2026-03-01T12:00:00.123Z", "by": "buyer"}],
        },
    }
    assert published["MessageAttributes"] == {
        "type": {"Type": "String", "Value": "order.placed"},
        "placedBy": {"Type": "String", "Value": "7d8ca528-4931-4254-9273-ea5ee853f271"},
    }
    [email] = cloud.emails()
    assert email["Subject"] == "Storefront: new orders"
    assert "item: Desk lamp, brass\n" in email["Message"]
    assert "orderID: 00000001-c6af-4cdb-9ab1-3b5c2e0f0001\n" in email["Message"]


def test_a_batch_of_orders_causes_one_email(cloud: Cloud) -> None:
    assert publish(functions.event("orders_publisher", "many_orders")) == []

    assert len(cloud.events()) == 12
    [email] = cloud.emails()
    assert email["Message"].startswith("12 new orders\n\n")
    assert all(f"Chair {n}\n" in email["Message"] + "\n" for n in range(1, 13))


@pytest.mark.slow
def test_a_long_email_ends_with_the_number_of_omitted_orders(services: Services) -> None:
    publish(orders(1000))

    [(_, text)] = services.sns.emails()
    assert text.startswith("1000 new orders\n\n")
    assert text.endswith("and 950 more")


def test_each_change_of_a_state_causes_an_event_and_no_email(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 25: the erasure in the batch is not published."""
    event = functions.event("orders_publisher", "changed_order")

    assert publish(event) == []

    events = cloud.events()
    published = [json.loads(each["Message"]) for each in events]
    assert [each["MessageAttributes"]["type"]["Value"] for each in events] == [
        "order.accepted",
        "order.packed",
    ]
    assert [(each["type"], each["data"]["version"]) for each in published] == [
        ("order.accepted", 2),
        ("order.packed", 3),
    ]
    assert published[0]["data"]["history"][1]["note"] == "Ships on Monday"
    assert "byID" not in json.dumps(published)
    assert cloud.emails() == []
    assert metrics(capsys.readouterr().out) == {"OrdersPublished": 0, "OrderChangesPublished": 2}


def test_the_order_of_an_erased_user_is_published_without_the_user(cloud: Cloud) -> None:
    """fault 84. SNS refuses an attribute that is empty, so this one would be retried for ever."""
    event = functions.event("orders_publisher", "changed_order")
    [change, *_] = event["Records"]
    del change["dynamodb"]["NewImage"]["placedBy"]

    assert publish({"Records": [change]}) == []

    [published] = cloud.events()
    assert published["MessageAttributes"].keys() == {"type"}


def test_a_change_waits_until_the_one_before_it_is_published(services: Services) -> None:
    """fault 85"""
    event = functions.event("orders_publisher", "changed_order")
    first, second, _ = sequence_numbers(event)
    services.faults.script("PublishBatch", [Fault.REFUSED])

    assert publish(event) == [first, second]
    assert services.sns.published == []

    assert publish(event) == []
    assert [json.loads(each)["type"] for _, _, each in services.sns.published] == [
        "order.accepted",
        "order.packed",
    ]


def test_each_event_is_also_put_on_the_bus(services: Services, bus: EventBus) -> None:
    publish(functions.event("orders_publisher", "changed_order"))

    assert bus.events() == services.sns.events()
    assert [(entry["Source"], entry["DetailType"]) for entry in bus.put] == [
        ("storefront.orders", "order.accepted"),
        ("storefront.orders", "order.packed"),
    ]


def test_the_bus_keeps_the_events_that_match_a_pattern(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = {"source": ["storefront.orders"], "detail": {"data": {"version": [2, 3]}}}
    monkeypatch.setenv("EVENT_BUS", cloud.bus_with_archive(pattern))

    assert publish(functions.event("orders_publisher", "one_order")) == []
    assert publish(functions.event("orders_publisher", "changed_order")) == []

    assert cloud.archived_events() == 2


def test_without_a_bus_nothing_is_put_on_it(services: Services) -> None:
    assert publish(orders(3)) == []

    assert services.faults.requests["PutEvents"] == 0


@pytest.mark.parametrize("entries", [1, 3])
def test_only_the_entries_that_the_bus_refused_are_put_again(
    services: Services, bus: EventBus, entries: int
) -> None:
    """fault 86"""
    batch = orders(10)
    services.faults.script("PutEvents", [Fault.REFUSED] * entries)

    failed = publish(batch)

    assert failed == sequence_numbers(batch)[:entries]
    assert len(bus.put) == 10 - entries
    assert publish(batch) == []
    assert bus.events() == retried_at_the_end(services.sns.events(), after=entries)
    assert len(services.sns.emails()) == 1


def test_a_change_waits_until_the_one_before_it_is_on_the_bus(
    services: Services, bus: EventBus
) -> None:
    """fault 86"""
    event = functions.event("orders_publisher", "changed_order")
    first, second, _ = sequence_numbers(event)
    services.faults.script("PutEvents", [Fault.REFUSED])

    assert publish(event) == [first, second]
    assert (len(services.sns.events()), bus.put) == (2, [])

    assert publish(event) == []
    assert [each["type"] for each in bus.events()] == ["order.accepted", "order.packed"]
    assert len(services.sns.events()) == 2


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TIMED_OUT])
def test_events_that_did_not_reach_the_bus_are_put_again_and_not_published_again(
    services: Services, bus: EventBus, fault: Fault
) -> None:
    """fault 87"""
    batch = orders(5)
    services.faults.script("PutEvents", [fault])

    assert publish(batch) == sequence_numbers(batch)
    assert publish(batch) == []

    assert {each["eventID"] for each in bus.events()} == {
        each["eventID"] for each in services.sns.events()
    }
    assert (len(services.sns.events()), len(services.sns.emails())) == (5, 1)


def test_orders_are_published_and_mailed_while_the_bus_refuses_every_request(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 87"""
    batch = orders(5)
    monkeypatch.setenv("EVENT_BUS", "the-bus-of-another-stack")

    assert publish(batch) == sequence_numbers(batch)
    assert publish(batch) == sequence_numbers(batch)

    assert (len(services.sns.events()), len(services.sns.emails())) == (5, 1)


def test_an_event_that_was_not_published_is_not_on_the_bus(
    services: Services, bus: EventBus
) -> None:
    """fault 86"""
    services.sns.hopeless = {"00000001-c6af-4cdb-9ab1-3b5c2e0f0000"}

    publish(orders(3))

    assert bus.events() == services.sns.events()
    assert len(bus.put) == 2


def test_the_progress_of_an_earlier_release_knows_no_bus(services: Services, bus: EventBus) -> None:
    """fault 86"""
    batch = orders(2)
    services.faults.script("PutEvents", [Fault.THROTTLED])
    publish(batch)
    for item in services.table.tables["IdempotencyTable"].values():
        del item["onBus"]

    assert publish(batch) == []

    assert len(bus.put) == 2


def test_orders_of_the_maximum_size_are_put_on_the_bus(services: Services, bus: EventBus) -> None:
    """fault 29"""
    fields = {name: "\U0001f6cb" * length for name, length in LONGEST.items() if length}

    assert publish(orders(30, **fields)) == []

    assert len(bus.put) == 30


def retried_at_the_end(events: list[dict[str, Any]], after: int) -> list[dict[str, Any]]:
    """Return the events in their order, but the first ones at the end, where a retry puts them."""
    return [*events[after:], *events[:after]]


@pytest.mark.parametrize("case", ["modify_and_remove", "ttl_delete"])
def test_changed_and_deleted_orders_are_not_published(
    cloud: Cloud, requests: list[str], case: str
) -> None:
    """fault 25"""
    assert publish(functions.event("orders_publisher", case)) == []

    assert requests == []


@pytest.mark.slow
def test_a_batch_of_a_hundred_costs_at_most_fifteen_requests(
    cloud: Cloud, requests: list[str]
) -> None:
    publish(orders(100))

    assert sorted(set(requests)) == ["BatchGetItem", "Publish", "PublishBatch"]
    assert len(requests) <= 15


def test_published_orders_are_counted(
    services: Services, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    services.sns.hopeless = {"00000003-c6af-4cdb-9ab1-3b5c2e0f0000"}

    publish(orders(12))

    counts = metrics(capsys.readouterr().out)
    assert (counts["OrdersPublished"], counts["OrderChangesPublished"]) == (11, 0)


@pytest.mark.slow
def test_the_time_from_the_acceptance_of_an_order_to_its_event_is_measured(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = orders(250)
    accepted = datetime.now(UTC) - timedelta(seconds=7)
    for record in batch["Records"]:
        record["dynamodb"]["NewImage"]["placedAt"]["S"] = accepted.isoformat()

    publish(batch)

    delays = measured(capsys.readouterr().out)["OrdersPublishDelay"]
    assert len(delays) == 250
    assert 7_000 <= min(delays) <= max(delays) < 60_000


def test_an_order_accepted_by_a_clock_that_is_ahead_has_no_negative_delay(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = orders(1)
    ahead = datetime.now(UTC) + timedelta(hours=1)
    batch["Records"][0]["dynamodb"]["NewImage"]["placedAt"]["S"] = ahead.isoformat()

    publish(batch)

    assert measured(capsys.readouterr().out)["OrdersPublishDelay"] == [0]


def test_a_retried_order_is_measured_once(
    services: Services, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = orders(25)
    services.faults.script("Publish", [Fault.THROTTLED])

    publish(batch)
    publish(batch)

    assert len(measured(capsys.readouterr().out)["OrdersPublishDelay"]) == 25


def test_a_retried_batch_does_not_publish_an_event_again(services: Services) -> None:
    """fault 26"""
    batch = orders(25)
    services.faults.script("Publish", [Fault.THROTTLED])

    first = publish(batch)
    retried = publish(batch)

    assert (first, retried) == (sequence_numbers(batch), [])
    assert len(services.sns.events()) == 25
    assert len(services.sns.emails()) == 1


def test_a_bisected_batch_does_not_publish_an_event_again(services: Services) -> None:
    """faults 23, 26"""
    batch = orders(20)
    services.faults.script("Publish", [Fault.THROTTLED])
    publish(batch)

    for half in (batch["Records"][:10], batch["Records"][10:]):
        publish({"Records": half})

    assert len(services.sns.events()) == 20


def test_a_new_batch_reads_the_progress_of_one_record(services: Services) -> None:
    batch = orders(250)

    publish(batch)

    assert services.faults.requests["BatchGetItem"] == 1


def test_a_half_that_begins_with_a_record_that_was_not_published_finds_the_others(
    services: Services,
) -> None:
    """fault 26"""
    batch = orders(20)
    services.faults.script("PublishBatch", [Fault.REFUSED])
    publish(batch)
    unpublished = next(
        record
        for record in batch["Records"]
        if record["eventID"] not in {event["eventID"] for event in services.sns.events()}
    )
    start = batch["Records"].index(unpublished)

    assert publish({"Records": batch["Records"][start:]}) == []

    assert len(services.sns.events()) == 20


def test_progress_of_an_earlier_release_is_found(services: Services) -> None:
    """It was stored for published records only."""
    batch = orders(3)
    services.faults.script("Publish", [Fault.THROTTLED])
    publish(batch)
    for item in services.table.tables["IdempotencyTable"].values():
        del item["published"]

    assert publish(batch) == []

    assert len(services.sns.events()) == 3


@pytest.mark.parametrize("entries", [1, 3])
def test_only_the_entries_that_sns_refused_are_retried(services: Services, entries: int) -> None:
    """fault 27"""
    batch = orders(10)
    services.faults.script("PublishBatch", [Fault.REFUSED] * entries)

    failed = publish(batch)

    assert failed == sequence_numbers(batch)[:entries]
    assert len(services.sns.events()) == 10 - entries
    assert publish(batch) == []
    assert len(services.sns.events()) == 10


def test_the_whole_batch_is_retried_if_sns_is_unavailable(services: Services) -> None:
    """fault 27"""
    batch = orders(25)
    services.faults.script("PublishBatch", [Fault.THROTTLED] * 3)

    assert publish(batch) == sequence_numbers(batch)

    assert services.sns.published == []


def test_nothing_is_published_if_progress_cannot_be_read(services: Services) -> None:
    """fault 26"""
    batch = orders(3)
    services.faults.script("BatchGetItem", [Fault.THROTTLED])

    assert publish(batch) == sequence_numbers(batch)

    assert services.sns.published == []


def test_only_refused_entries_fail_if_progress_cannot_be_saved(services: Services) -> None:
    """fault 26"""
    batch = orders(3)
    services.faults.script("PublishBatch", [Fault.REFUSED])
    services.faults.script("BatchWriteItem", [Fault.THROTTLED])

    assert publish(batch) == sequence_numbers(batch)[:1]


def test_saved_progress_expires(services: Services) -> None:
    services.faults.script("Publish", [Fault.THROTTLED])

    publish(orders(30))

    items = services.table.tables["IdempotencyTable"]
    expires = functions.resource("IdempotencyTable")["TimeToLiveSpecification"]["AttributeName"]
    assert len(items) == 30
    assert all(int(item[expires]["N"]) > 0 for item in items.values())


def test_orders_of_the_maximum_size_are_published(services: Services) -> None:
    """fault 29"""
    fields = {name: "\U0001f6cb" * length for name, length in LONGEST.items() if length}

    assert publish(orders(30, **fields)) == []

    assert len(services.sns.events()) == 30
    assert max(services.sizes()) < MESSAGE_BYTES
    assert services.faults.requests["PublishBatch"] > 3


def test_small_orders_fill_a_batch_of_ten(services: Services) -> None:
    publish(orders(30))

    assert services.faults.requests["PublishBatch"] == 3


@pytest.mark.parametrize("number", [1, 2, 49, 50, 51, pytest.param(1000, marks=pytest.mark.slow)])
def test_an_email_is_never_larger_than_64_kib(services: Services, number: int) -> None:
    """fault 29"""
    fields = {name: "\U0001f6cb" * length for name, length in LONGEST.items() if length}

    assert publish(orders(number, **fields)) == []

    [(_, text)] = services.sns.emails()
    assert len(text.encode()) < EMAIL_BYTES


@pytest.mark.parametrize(
    "line_break", ["\n", "\r\n", "\u2028", "\u0085", "\x0b", "\x1b[2J", "\u202e"]
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_line_break_in_an_item_cannot_forge_a_field(
    services: Services, line_break: str, number: int
) -> None:
    """fault 29"""
    plain = orders(number, item="lamp placedAt: 1970")
    publish(plain)
    [(_, plain_text)] = services.sns.emails()
    services.sns.published.clear()

    publish(orders(number, item=f"lamp{line_break}placedAt: 1970"))

    [(_, text)] = services.sns.emails()
    assert len(text.splitlines()) == len(plain_text.splitlines())
    assert all(line.isprintable() for line in text.split("\n"))


def test_an_event_is_ascii_and_contains_the_whole_order() -> None:
    """fault 29"""
    order = Order("id", {"item": "\x00\x07\ufffe\n🪑", "quantity": Decimal("0.1")}, "ada", "now")

    text = functions.module("orders_publisher", "notifications").event_message("1", order)

    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text, parse_float=Decimal)["data"]["order"] == order.order


def test_each_order_has_one_segment_in_its_own_trace(cloud: Cloud, daemon: Daemon) -> None:
    event = functions.event("orders_publisher", "many_orders")

    publish(event)

    headers = [record["dynamodb"]["NewImage"]["trace"]["S"] for record in event["Records"]]
    assert sorted(segment["trace_id"] for segment in daemon.segments()) == sorted(
        header.removeprefix("Root=").split(";")[0] for header in headers
    )


def test_an_order_that_is_not_sampled_has_no_segment(cloud: Cloud, daemon: Daemon) -> None:
    event = functions.event("orders_publisher", "one_order")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    image["trace"]["S"] = image["trace"]["S"].replace("Sampled=1", "Sampled=0")

    publish(event)

    assert daemon.segments() == []
    assert len(cloud.events()) == 1


def test_log_lines_have_the_order_id_as_correlation_id(services: Services, log: Log) -> None:
    refused = "00000001-c6af-4cdb-9ab1-3b5c2e0f0000"
    services.sns.hopeless = {refused}

    publish(orders(3))

    *published, mailed = log.lines()
    lines = {line["correlation_id"]: line["message"] for line in published}
    assert mailed["message"] == "email sent"
    assert set(mailed["order_ids"]) == lines.keys() - {refused}
    assert lines.pop(refused) == "event not published"
    assert list(lines.values()) == ["event published"] * 2


def test_a_restored_order_is_not_published(cloud: Cloud) -> None:
    """fault 124"""
    event = orders(2)
    event["Records"][0]["dynamodb"]["NewImage"]["lastWrite"] = {"S": RESTORE}

    assert publish(event) == []

    [published] = cloud.events()
    assert json.loads(published["Message"])["eventID"] == event["Records"][1]["eventID"]
