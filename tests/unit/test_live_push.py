"""live_push: events to the connections of the user concerned, and to nobody else."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from common import aws
from common.connections import connections
from project import functions
from project.fake_aws import items, tables
from tests.harness.observability import metrics

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
LONG_AGO = -600  # seconds


class Devices:
    """A stub of the management API: what each connection got, and which ones are dead or ill."""

    def __init__(self) -> None:
        self.heard: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.dead: set[str] = set()
        self.ill: set[str] = set()
        self.asked = 0
        self.most_at_once = 0
        self.seconds = 0.0  # that a request takes
        self._now = 0
        self._lock = threading.Lock()

    def post(self, connection_id: str, event: bytes) -> int:
        """Take an event; the status of the answer."""
        with self._lock:
            self.asked += 1
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.seconds)
        with self._lock:
            self._now -= 1
        if connection_id in self.dead:
            return 410
        if connection_id in self.ill:
            return 500
        self.heard[connection_id].append(json.loads(event))
        return 200


class Server(ThreadingHTTPServer):
    """The devices behind HTTP, as API Gateway has them."""

    request_queue_size = 64
    daemon_threads = True

    def __init__(self, devices: Devices) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.devices = devices


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        event = self.rfile.read(int(self.headers["Content-Length"]))
        stage, _, connection_id = self.path.partition("/@connections/")
        assert stage == "/v1"
        status = self.server.devices.post(unquote(connection_id), event)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 410:
            self.send_header("x-amzn-ErrorType", "GoneException")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[Devices]:
    stub = Devices()
    with tables("ConnectionsTable"), Server(stub) as server:
        host, port = server.server_address[:2]
        monkeypatch.setenv("LIVE_URL", f"ws://{host!s}:{port}/v1")
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield stub
        server.shutdown()


def listen(user_id: str, *connection_ids: str, since: int = LONG_AGO) -> None:
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
    """The records to begin again with."""
    response = functions.function("live_push").handler(event, functions.context("live_push"))
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_an_order_is_told_to_every_connection_of_who_placed_it(devices: Devices) -> None:
    listen(ADA, "phone=", "laptop=")
    listen(BEN, "other=")

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
    assert devices.heard == {"phone=": [event], "laptop=": [event]}


def test_a_message_is_told_to_who_receives_it(devices: Devices) -> None:
    listen(ADA, "phone=")
    listen(BEN, "sender=")

    assert handle(functions.event("live_push", "one_message")) == []

    [event] = devices.heard["phone="]
    assert event["type"] == "message.received"
    assert event["data"] == {
        "messageID": "019d0e52-7d80-7000-8000-000000000001",
        "from": "ben",
        "to": "ada",
        "text": "The lamp is still there. 💡",
        "sentAt": "2026-03-01T12:05:00.000Z",
    }
    assert devices.heard["sender="] == []


@pytest.mark.parametrize(
    ("status", "event_type"), [("READY", "image.ready"), ("FAILED", "image.failed")]
)
def test_what_became_of_a_picture_is_told_to_its_owner(
    devices: Devices, status: str, event_type: str
) -> None:
    listen(ADA, "phone=")
    event = functions.event("live_push", "one_image")
    event["Records"][0]["dynamodb"]["NewImage"]["status"] = {"S": status}

    assert handle(event) == []

    [told] = devices.heard["phone="]
    assert told["type"] == event_type
    assert told["data"]["imageID"] == "3f1c2b9e-5a7d-4e0f-8c6b-2d9a1e4f7b30"
    assert told["data"]["status"] == status
    assert "owner" not in told["data"]


def test_each_of_a_batch_hears_their_own(devices: Devices) -> None:
    listen(ADA, "ada=")
    listen(BEN, "ben=")

    assert handle(functions.event("live_push", "orders_of_two")) == []

    heard = {
        name: sorted(event["data"]["order"]["item"] for event in events)
        for name, events in devices.heard.items()
    }
    assert heard == {"ada=": ["Desk lamp, brass", "Table"], "ben=": ["Chair"]}


def test_where_nobody_listens_nothing_is_said(devices: Devices) -> None:
    assert handle(functions.event("live_push", "one_order")) == []
    assert devices.asked == 0


def test_a_dead_connection_is_forgotten_and_the_rest_still_get_it(devices: Devices) -> None:
    """fault 47"""
    listen(ADA, "dead=", "phone=")
    devices.dead = {"dead="}

    assert handle(functions.event("live_push", "one_order")) == []

    assert len(devices.heard["phone="]) == 1
    assert [row["connectionID"]["S"] for row in items("ConnectionsTable")] == ["phone="]


@pytest.mark.slow
def test_ten_thousand_dead_connections_are_forgotten(devices: Devices) -> None:
    """fault 47"""
    dead = [f"dead-{number}=" for number in range(10_000)]
    listen(ADA, *dead, "phone=")
    devices.dead = set(dead)

    assert handle(functions.event("live_push", "one_order")) == []

    assert len(devices.heard["phone="]) == 1
    assert [row["connectionID"]["S"] for row in items("ConnectionsTable")] == ["phone="]


def test_a_connection_that_is_just_opening_is_not_forgotten(devices: Devices) -> None:
    """API Gateway calls it gone until its handshake has ended."""
    listen(ADA, "opening=", since=-1)
    devices.dead = {"opening="}

    assert handle(functions.event("live_push", "one_order")) == []
    assert [each.connectionID for each in connections().of_user(ADA)] == ["opening="]


def test_one_ill_connection_has_nobody_told_twice(devices: Devices) -> None:
    listen(ADA, "ill=", "phone=")
    devices.ill = {"ill="}

    assert handle(functions.event("live_push", "one_order")) == []
    assert len(devices.heard["phone="]) == 1
    assert len(items("ConnectionsTable")) == 2


def test_an_event_that_reaches_nobody_who_listens_comes_again(devices: Devices) -> None:
    listen(ADA, "ill=")
    listen(BEN, "phone=")
    devices.ill = {"ill="}
    event = functions.event("live_push", "orders_of_two")

    failed = handle(event)

    assert failed == [event["Records"][0]["messageId"], event["Records"][2]["messageId"]]
    assert len(devices.heard["phone="]) == 1


def test_a_message_that_reaches_nobody_who_listens_comes_again(devices: Devices) -> None:
    listen(ADA, "ill=")
    devices.ill = {"ill="}
    event = functions.event("live_push", "one_message")

    assert handle(event) == [event["Records"][0]["dynamodb"]["SequenceNumber"]]


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"x"', "{}", '{"type": "order.placed"}', '{"type": "x", "data": []}'],
)
def test_what_is_no_news_fails_alone(devices: Devices, body: str) -> None:
    listen(ADA, "phone=")
    event = functions.event("live_push", "unreadable")
    event["Records"][1]["body"] = body

    assert handle(event) == [event["Records"][1]["messageId"]]
    assert len(devices.heard["phone="]) == 1


def test_a_user_is_asked_for_once_a_batch(devices: Devices, requests: list[str]) -> None:
    listen(ADA, "ada=")
    requests.clear()

    handle(functions.event("live_push", "orders_of_two"))

    assert sorted(requests) == ["PostToConnection"] * 2 + ["Query"] * 2


def test_a_thousand_connections_are_told_side_by_side(
    devices: Devices, record_property: Any
) -> None:
    listen(ADA, *(f"n{number}=" for number in range(1000)))
    devices.seconds = 0.01  # as API Gateway takes

    start = time.monotonic()
    assert handle(functions.event("live_push", "one_order")) == []
    record_property("seconds", round(time.monotonic() - start, 2))

    assert len(devices.heard) == 1000
    assert devices.most_at_once > 8


def test_what_was_pushed_is_counted(devices: Devices, capsys: pytest.CaptureFixture[str]) -> None:
    listen(ADA, "phone=", "dead=", "ill=")
    devices.dead, devices.ill = {"dead="}, {"ill="}

    handle(functions.event("live_push", "one_order"))

    counts = metrics(capsys.readouterr().out)
    assert counts == {"EventsPushed": 1, "ConnectionsGone": 1, "PushesFailed": 1}
