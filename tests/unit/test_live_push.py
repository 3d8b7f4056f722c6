"""The `live_push` function: sends events to the connections of the right user only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws
from common.connections import connections
from project import functions
from project.fake_aws import items, tables
from tests.harness.devices import Devices, listening
from tests.harness.heaviest import records
from tests.harness.heaviest.records import CHARACTERS
from tests.harness.observability import Log, metrics

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
LONG_AGO = -600  # seconds

UserEvent = functions.module("live_push", "user_events").UserEvent


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[Devices]:
    with tables("ConnectionsTable"), listening() as (stub, url):
        monkeypatch.setenv("LIVE_URL", url)
        yield stub


def add_connections(user_id: str, *connection_ids: str, since: int = LONG_AGO) -> None:
    now = int(time.time())
    rows: list[Any] = [
        {
            "PutRequest": {
                "Item": {
                    "userID": {"S": user_id},
                    "connectionID": {"S": connection_id},
                    "connectedAt": {"N": str(now + since)},
                    "expiration": {"N": str(now + 3600)},
                }
            }
        }
        for connection_id in connection_ids
    ]
    for start in range(0, len(rows), 25):
        aws.dynamodb().batch_write_item(RequestItems={"ConnectionsTable": rows[start : start + 25]})


def handle(event: dict[str, Any]) -> list[str]:
    """Return the records that the function reports as failed."""
    response = functions.function("live_push").handler(event, functions.context("live_push"))
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_an_order_is_sent_to_every_connection_of_its_user(devices: Devices) -> None:
    add_connections(ADA, "phone=", "laptop=")
    add_connections(BEN, "other=")

    assert handle(functions.event("live_push", "one_order")) == []

    event = {
        "type": "order.placed",
        "data": {
            "orderID": "00000001-c6af-4cdb-9ab1-3b5c2e0f0001",
            "order": {"item": "Desk lamp, brass", "quantity": 1.5},
            "placedBy": ADA,
            "placedAt": "2026-03-01T12:00:00.123Z",
        },
    }
    assert devices.received == {"phone=": [event], "laptop=": [event]}


@pytest.mark.parametrize(
    ("case", "subject"),
    [
        ("one_order", "00000001-c6af-4cdb-9ab1-3b5c2e0f0001"),
        ("one_message", "019d0e52-7d80-7000-8000-000000000001"),
    ],
)
def test_a_log_line_says_what_was_pushed_to_how_many_connections(
    devices: Devices, log: Log, case: str, subject: str
) -> None:
    add_connections(ADA, "phone=", "laptop=")

    handle(functions.event("live_push", case))

    [line] = log.lines()
    assert (line["message"], line["correlation_id"]) == ("event pushed", subject)
    assert line["connections"] == 2


def test_a_message_is_sent_to_its_recipient(devices: Devices) -> None:
    add_connections(ADA, "phone=")
    add_connections(BEN, "sender=")

    assert handle(functions.event("live_push", "one_message")) == []

    [event] = devices.received["phone="]
    assert event["type"] == "message.received"
    assert event["data"] == {
        "messageID": "019d0e52-7d80-7000-8000-000000000001",
        "from": "ben",
        "fromID": BEN,
        "to": "ada",
        "toID": ADA,
        "text": "The lamp is still there. 💡",
        "sentAt": "2026-03-01T12:05:00.000Z",
    }
    assert devices.received["sender="] == []


@pytest.mark.parametrize(
    ("status", "event_type"), [("READY", "image.ready"), ("FAILED", "image.failed")]
)
def test_the_outcome_of_an_upload_is_sent_to_its_owner(
    devices: Devices, status: str, event_type: str
) -> None:
    add_connections(ADA, "phone=")
    event = functions.event("live_push", "one_image")
    event["Records"][0]["dynamodb"]["NewImage"]["status"] = {"S": status}

    assert handle(event) == []

    [sent] = devices.received["phone="]
    assert sent["type"] == event_type
    assert sent["data"]["imageID"] == "3f1c2b9e-5a7d-4e0f-8c6b-2d9a1e4f7b30"
    assert sent["data"]["status"] == status
    assert "owner" not in sent["data"]


def test_an_export_is_announced_to_its_user(devices: Devices) -> None:
    add_connections(ADA, "phone=")
    add_connections(BEN, "other=")

    assert handle(functions.event("live_push", "one_export")) == []

    data = {"exportID": "5e0d1b7c-2f43-4a6b-9c1d-8e7f6a5b4c30", "status": "READY"}
    assert devices.received["phone="] == [{"type": "export.ready", "data": data}]
    assert devices.received["other="] == []


def test_users_in_one_batch_receive_their_own_events_only(devices: Devices) -> None:
    add_connections(ADA, "ada=")
    add_connections(BEN, "ben=")

    assert handle(functions.event("live_push", "orders_of_two")) == []

    received = {
        name: sorted(event["data"]["order"]["item"] for event in events)
        for name, events in devices.received.items()
    }
    assert received == {"ada=": ["Desk lamp, brass", "Table"], "ben=": ["Chair"]}


def test_nothing_is_sent_if_the_user_has_no_connection(devices: Devices) -> None:
    assert handle(functions.event("live_push", "one_order")) == []
    assert devices.requests == 0


def test_a_closed_connection_is_removed_and_the_others_receive_the_event(devices: Devices) -> None:
    """fault 47"""
    add_connections(ADA, "gone=", "phone=")
    devices.gone = {"gone="}

    assert handle(functions.event("live_push", "one_order")) == []

    assert len(devices.received["phone="]) == 1
    assert [row["connectionID"]["S"] for row in items("ConnectionsTable")] == ["phone="]


@pytest.mark.slow
@pytest.mark.nightly
def test_ten_thousand_closed_connections_are_removed(devices: Devices) -> None:
    """fault 47"""
    gone = [f"gone-{number}=" for number in range(10_000)]
    add_connections(ADA, *gone, "phone=")
    devices.gone = set(gone)

    assert handle(functions.event("live_push", "one_order")) == []

    assert len(devices.received["phone="]) == 1
    assert [row["connectionID"]["S"] for row in items("ConnectionsTable")] == ["phone="]


def test_a_connection_that_is_just_opening_is_not_removed(devices: Devices) -> None:
    """API Gateway responds with GoneException until the handshake is complete."""
    add_connections(ADA, "opening=", since=-1)
    devices.gone = {"opening="}

    assert handle(functions.event("live_push", "one_order")) == []
    assert [each.connectionID for each in connections().of_user(ADA)] == ["opening="]


def test_an_event_is_not_sent_again_because_one_of_several_connections_failed(
    devices: Devices,
) -> None:
    add_connections(ADA, "failing=", "phone=")
    devices.failing = {"failing="}

    assert handle(functions.event("live_push", "one_order")) == []
    assert len(devices.received["phone="]) == 1
    assert len(items("ConnectionsTable")) == 2


def test_an_order_event_is_retried_if_no_connection_received_it(devices: Devices) -> None:
    add_connections(ADA, "failing=")
    add_connections(BEN, "phone=")
    devices.failing = {"failing="}
    event = functions.event("live_push", "orders_of_two")

    failed = handle(event)

    assert failed == [event["Records"][0]["messageId"], event["Records"][2]["messageId"]]
    assert len(devices.received["phone="]) == 1


def test_a_message_event_is_retried_if_no_connection_received_it(devices: Devices) -> None:
    add_connections(ADA, "failing=")
    devices.failing = {"failing="}
    event = functions.event("live_push", "one_message")

    assert handle(event) == [event["Records"][0]["dynamodb"]["SequenceNumber"]]


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"x"', "{}", '{"type": "order.placed"}', '{"type": "x", "data": []}'],
)
def test_an_invalid_event_does_not_fail_its_batch(devices: Devices, body: str) -> None:
    add_connections(ADA, "phone=")
    event = functions.event("live_push", "unreadable")
    event["Records"][1]["body"] = body

    assert handle(event) == [event["Records"][1]["messageId"]]
    assert len(devices.received["phone="]) == 1


def test_connections_are_read_once_per_user_and_batch(
    devices: Devices, requests: list[str]
) -> None:
    add_connections(ADA, "ada=")
    requests.clear()

    handle(functions.event("live_push", "orders_of_two"))

    assert sorted(requests) == ["PostToConnection"] * 2 + ["Query"] * 2


@pytest.mark.slow
def test_events_are_sent_to_many_connections_in_parallel(
    devices: Devices, record_property: Any
) -> None:
    add_connections(ADA, *(f"n{number}=" for number in range(200)))
    devices.seconds = 0.01  # about the latency of API Gateway

    start = time.monotonic()
    assert handle(functions.event("live_push", "one_order")) == []
    record_property("seconds", round(time.monotonic() - start, 2))

    assert len(devices.received) == 200
    assert devices.max_concurrency > 8


def test_pushes_are_counted_in_metrics(
    devices: Devices, capsys: pytest.CaptureFixture[str]
) -> None:
    add_connections(ADA, "phone=", "gone=", "failing=")
    devices.gone, devices.failing = {"gone="}, {"failing="}

    handle(functions.event("live_push", "one_order"))

    counts = metrics(capsys.readouterr().out)
    assert counts == {"EventsPushed": 1, "ConnectionsGone": 1, "PushesFailed": 1}


SOCKET_BYTES = 32 * 1024  # API Gateway guide, WebSocket quotas: a frame, also of @connections


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
def test_the_largest_order_fits_into_a_frame(character: str) -> None:
    notifications = functions.module("orders_publisher", "notifications")
    body = notifications.event_message("0" * 32, records.order(1, character))

    event = UserEvent.from_record({"body": body, "messageId": "1", "eventSource": "aws:sqs"})

    assert len(event.data) <= SOCKET_BYTES


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
def test_the_longest_message_fits_into_a_frame(character: str) -> None:
    change = {"NewImage": records.message(1, character).to_item(), "SequenceNumber": "1"}

    event = UserEvent.from_record({"eventSource": "aws:dynamodb", "dynamodb": change})

    assert len(event.data) <= SOCKET_BYTES


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
def test_the_largest_image_fits_into_a_frame_without_its_summary(character: str) -> None:
    change = {"NewImage": records.image(1, character).to_item(), "SequenceNumber": "1"}

    event = UserEvent.from_record({"eventSource": "aws:dynamodb", "dynamodb": change})

    assert len(event.data) <= SOCKET_BYTES
    assert b"summary" not in event.data
