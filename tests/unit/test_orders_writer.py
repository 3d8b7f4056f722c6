"""The `orders_writer` function: it stores each order once, and refuses what cannot be stored."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from botocore.session import Session

from common.refused_orders import Refusal, refused_orders
from project import functions
from tests.harness.cloud import Cloud
from tests.harness.observability import Log, metrics
from tests.harness.simulator.faults import Fault, Faults
from tests.harness.simulator.table import DynamoDB
from tests.harness.xray import Daemon

UNREADABLE = functions.event("orders_writer", "unreadable")["Records"]
INEXACT = functions.event("orders_writer", "inexact")["Records"]

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
PLACED_AT = "2026-03-01T12:00:00.123Z"


def write(event: dict[str, Any]) -> list[str]:
    """Return the messageIds that the function reports as failed, so SQS retries them."""
    response = functions.function("orders_writer").handler(
        event, functions.context("orders_writer")
    )
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def one(case: str = "one_order", **changed: Any) -> dict[str, Any]:
    event = functions.event("orders_writer", case)
    event["Records"][0] |= changed
    return event


def many(orders: int) -> dict[str, Any]:
    """Return a batch with this number of different orders."""
    records = [one()["Records"][0] for _ in range(orders)]
    for number, record in enumerate(records):
        record["messageId"] = str(number)
        order_id = f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0000"
        record["messageAttributes"]["orderID"]["stringValue"] = order_id
    return {"Records": records}


def placed(record: dict[str, Any]) -> str:
    """Return the orderID of a message."""
    order_id: str = record["messageAttributes"]["orderID"]["stringValue"]
    return order_id


def test_an_order_is_stored_unchanged(cloud: Cloud) -> None:
    assert write(one()) == []

    [item] = cloud.stored()
    kept = cloud.order("00000001-c6af-4cdb-9ab1-3b5c2e0f0001")
    assert kept is not None, "the order is not stored"
    assert kept.order == {
        "item": "Desk lamp, brass",
        "customerID": "C-1042",
        "quantity": Decimal(2),
        "note": "Please ring twice",
    }
    assert kept.placedBy == "7d8ca528-4931-4254-9273-ea5ee853f271"
    assert kept.placedAt == "2026-03-01T12:00:00.123Z"
    assert item["trace"] == {
        "S": "Root=1-69a42b00-000000000000000000000001;Parent=0000000000000001;Sampled=1"
    }


def test_control_characters_and_all_scripts_are_stored_unchanged(cloud: Cloud) -> None:
    """faults 3, 12"""
    event = functions.event("orders_writer", "unicode")

    assert write(event) == []

    for record in event["Records"]:
        kept = cloud.order(record["messageAttributes"]["orderID"]["stringValue"])
        assert kept is not None, "the order is not stored"
        assert kept.order == json.loads(record["body"])


@pytest.mark.parametrize(
    "number",
    ["1.5", "0.3", "0.30000000000000004", "1e30", "12345678901234567890.12345678901234567"],
)
def test_numbers_are_stored_exactly(cloud: Cloud, number: str) -> None:
    """fault 13"""
    write(one(body=f'{{"item": "lamp", "quantity": {number}}}'))

    [item] = cloud.stored()
    assert Decimal(item["order"]["M"]["quantity"]["N"]) == Decimal(number)


@pytest.mark.parametrize("record", UNREADABLE, ids=[record["body"][:50] for record in UNREADABLE])
def test_what_the_api_never_sends_is_dead_lettered_with_the_reason(
    cloud: Cloud, record: dict[str, Any]
) -> None:
    """fault 14"""
    assert write({"Records": [record]}) == []

    [dead_letter] = cloud.dead_letters()
    assert dead_letter["Body"] == record["body"]
    assert dead_letter["MessageAttributes"]["deadLetterError"]["StringValue"] == "UnreadableOrder"
    assert len(dead_letter["MessageAttributes"]["deadLetterReason"]["StringValue"]) > 10
    assert cloud.stored() == []


@pytest.mark.parametrize("record", INEXACT, ids=["half of a surrogate pair", "39 digits"])
def test_an_order_that_cannot_be_stored_exactly_is_refused(
    cloud: Cloud, record: dict[str, Any]
) -> None:
    """faults 12, 13, 14, 62"""
    assert write({"Records": [record]}) == []

    reason = "a number or a character of the order cannot be stored"
    assert_refused(cloud, Refusal(placed(record), ADA, PLACED_AT, reason))
    assert cloud.stored() == []


@pytest.mark.parametrize("opening", ["[", '{"item":'])
def test_a_deeply_nested_message_does_not_fail_the_batch(cloud: Cloud, opening: str) -> None:
    """fault 15"""
    event = functions.event("orders_writer", "batch_of_ten")
    event["Records"][4]["body"] = opening * 100_000

    assert write(event) == []

    assert len(cloud.stored()) == 9
    assert len(cloud.dead_letters()) == 1


def test_a_redelivered_message_is_one_order(cloud: Cloud) -> None:
    """fault 16"""
    write(one())
    stored = cloud.stored()

    assert write(one()) == []

    assert cloud.stored() == stored
    assert cloud.dead_letters() == []


def test_the_same_message_twice_in_a_batch_is_one_order(cloud: Cloud) -> None:
    """fault 16"""
    event = one()
    event["Records"] *= 2

    assert write(event) == []

    assert len(cloud.stored()) == 1


@pytest.mark.parametrize("contents", ["same", "other"])
def test_the_first_of_several_messages_with_the_same_order_id_is_stored(
    cloud: Cloud, contents: str
) -> None:
    """faults 16, 17"""
    event = many(30)
    for number in (7, 19, 28):
        duplicate = copy.deepcopy(event["Records"][3]) | {"messageId": f"duplicate {number}"}
        event["Records"][number] = duplicate
        if contents == "other":
            duplicate["body"] = f'{{"item": "lamp {number}"}}'

    assert write(event) == []

    assert len(cloud.stored()) == 27
    kept = cloud.order(placed(event["Records"][3]))
    assert kept is not None, "the order is not stored"
    assert kept.order == json.loads(event["Records"][3]["body"])
    assert (refused_orders().find(kept.orderID, ADA) is not None) == (contents == "other")
    assert cloud.dead_letters() == []


def test_concurrent_writers_store_one_order(cloud: Cloud) -> None:
    """fault 16"""
    events = [one(messageId=str(number)) for number in range(8)]
    store = functions.function("orders_writer").store_orders

    with ThreadPoolExecutor(len(events)) as writers:
        outcomes = list(writers.map(lambda event: store(event["Records"]), events))

    assert sorted(outcome.repeated for [outcome] in outcomes) == [False] + [True] * 7
    assert len(cloud.stored()) == 1


@pytest.mark.parametrize("quantity", ["2.0", "2.00", "2e0", "0.2e1"])
def test_key_order_and_number_format_do_not_make_an_order_different(
    cloud: Cloud, quantity: str
) -> None:
    """fault 16"""
    write(one())
    fields = json.loads(one()["Records"][0]["body"])
    body = json.dumps(dict(reversed((fields | {"quantity": "?"}).items())), indent=1)

    write(one(body=body.replace('"?"', quantity)))

    assert len(cloud.stored()) == 1
    assert cloud.dead_letters() == []


@pytest.mark.parametrize(
    "caller", [ADA, "auth0|mallory", "👤" * 255], ids=["same", "other", "long"]
)
def test_another_order_with_an_existing_id_is_refused_and_its_client_is_told(
    cloud: Cloud, caller: str
) -> None:
    """faults 9, 17, 62"""
    write(one())
    stored = cloud.stored()
    [record] = one("conflict")["Records"]
    record["messageAttributes"]["placedBy"]["stringValue"] = caller

    assert write({"Records": [record]}) == []

    reason = "another order has this orderID"
    assert_refused(cloud, Refusal(placed(record), caller, PLACED_AT, reason))
    assert cloud.stored() == stored


def assert_refused(cloud: Cloud, refusal: Refusal) -> None:
    """Assert that only the client of an order was told, live and on reading, and no operator."""
    assert refused_orders().find(refusal.orderID, refusal.placedBy) == refusal
    assert refused_orders().find(refusal.orderID, "somebody else") is None
    assert cloud.live_events() == [{"type": "order.refused", "data": refusal.to_json()}]
    assert cloud.dead_letters() == []


@pytest.mark.slow
def test_a_client_that_repeats_its_mistakes_raises_no_alarm(
    cloud: Cloud, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 62"""
    write(one())
    capsys.readouterr()
    event = one("conflict")
    event["Records"] *= 50

    assert write(event) == []

    assert metrics(capsys.readouterr().out) == {"OrdersRefused": 50}
    assert cloud.dead_letters() == []
    assert {line["level"] for line in log.lines()} == {"INFO", "WARNING"}


def test_quantities_that_differ_in_the_38th_digit_are_different_orders(cloud: Cloud) -> None:
    """fault 17"""
    digits = "1234567890123456789012345678901234567"

    for last in "89":
        write(one(body=f'{{"item": "lamp", "quantity": {digits}{last}}}'))

    assert refused_orders().find(placed(one()["Records"][0]), ADA) is not None


def test_an_invalid_order_does_not_fail_the_other_nine_of_its_batch(
    cloud: Cloud, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 18"""
    assert write(functions.event("orders_writer", "batch_of_ten")) == []

    assert len(cloud.stored()) == 9
    assert len(cloud.dead_letters()) == 1
    assert metrics(capsys.readouterr().out) == {"OrdersStored": 9, "OrdersDeadLettered": 1}


@pytest.mark.parametrize(
    "flaw",
    [
        {"messageAttributes": {"placedBy": {"stringValue": "x" * 2049, "dataType": "String"}}},
        {"attributes": {"AWSTraceHeader": "x" * 410_000}},
    ],
    ids=["refused as one statement", "refused with the whole request"],
)
def test_only_the_order_that_dynamodb_rejects_is_dead_lettered(
    cloud: Cloud, flaw: dict[str, Any]
) -> None:
    """faults 14, 18"""
    event = many(30)
    for name, values in flaw.items():
        event["Records"][4][name] |= values

    assert write(event) == []

    assert len(cloud.stored()) == 29
    [dead_letter] = cloud.dead_letters()
    assert dead_letter["MessageAttributes"]["deadLetterError"]["StringValue"] == "UnreadableOrder"


def test_only_the_message_with_an_unexpected_error_is_retried(cloud: Cloud) -> None:
    """fault 18"""
    event = many(3)
    del event["Records"][1]["messageAttributes"]

    assert write(event) == [event["Records"][1]["messageId"]]

    assert len(cloud.stored()) == 2


def test_an_empty_batch_does_nothing(cloud: Cloud) -> None:
    """fault 18"""
    assert write({"Records": []}) == []

    assert cloud.stored() == []


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDB]:
    """Tables with scripted faults. Sending to the other queues can fail as well."""
    simulated = DynamoDB(Faults(), on_change=lambda *_: None)

    class Refused:
        def send_message(self, **_: Any) -> None:
            simulated.faults.around("SendMessage", lambda: None)

    clients = {"dynamodb": simulated, "sqs": Refused()}
    monkeypatch.setattr(Session, "create_client", lambda _, service, **__: clients[service])
    functions.forget_clients()
    yield simulated
    functions.forget_clients()


@pytest.mark.slow
def test_only_the_failed_orders_are_retried(table: DynamoDB) -> None:
    """faults 18, 19"""
    event = functions.event("orders_writer", "batch_of_ten")
    failing = event["Records"][2], event["Records"][7]
    table.throttled = {placed(record) for record in failing}

    retried = write(event)

    assert retried == [record["messageId"] for record in failing]
    assert len(table.tables["OrdersTable"]) == 7


def test_a_briefly_refused_order_is_stored_within_the_invocation(table: DynamoDB) -> None:
    """fault 19"""
    table.faults.script("BatchExecuteStatement", [Fault.REFUSED] * 2)

    assert write(functions.event("orders_writer", "batch_of_ten")) == []

    assert len(table.tables["OrdersTable"]) == 9
    assert table.faults.requests["BatchExecuteStatement"] == 2


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TIMED_OUT])
def test_a_batch_that_fails_as_a_whole_is_reported_item_by_item(
    table: DynamoDB, fault: Fault
) -> None:
    """faults 18, 19"""
    event = functions.event("orders_writer", "batch_of_ten")
    del event["Records"][4]
    table.faults.script("BatchExecuteStatement", [fault])

    assert write(event) == [record["messageId"] for record in event["Records"]]


def test_a_failing_request_does_not_fail_the_other_requests(table: DynamoDB) -> None:
    """fault 18"""
    event = many(60)
    table.faults.script("BatchExecuteStatement", [Fault.THROTTLED])

    assert len(write(event)) in (25, 10)  # the orders of whichever request was first


def test_only_the_order_that_cannot_be_compared_is_retried(table: DynamoDB) -> None:
    """faults 16, 19"""
    event = functions.event("orders_writer", "batch_of_ten")
    write({"Records": event["Records"][:1]})
    table.faults.script("BatchGetItem", [Fault.THROTTLED])

    assert write(event) == [event["Records"][0]["messageId"]]


def test_an_order_that_is_deleted_before_the_comparison_is_retried(
    table: DynamoDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 16"""
    write(one())
    read = table.batch_get_item

    def read_after_deletion(**request: Any) -> dict[str, Any]:
        table.tables["OrdersTable"].clear()
        return read(**request)

    monkeypatch.setattr(table, "batch_get_item", read_after_deletion)

    assert write(one()) == [one()["Records"][0]["messageId"]]


@pytest.mark.slow
def test_all_messages_are_retried_if_the_table_is_missing(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 19"""
    monkeypatch.setenv("ORDERS_TABLE", "Missing")

    assert write(one()) == [one()["Records"][0]["messageId"]]


def test_an_invalid_order_is_retried_if_the_dead_letter_queue_is_unavailable(
    table: DynamoDB,
) -> None:
    """fault 22"""
    table.faults.script("SendMessage", [Fault.THROTTLED])
    record = UNREADABLE[0]

    assert write({"Records": [record]}) == [record["messageId"]]


@pytest.mark.parametrize("operation", ["PutItem", "SendMessage"])
def test_a_refused_order_is_retried_until_its_client_is_told(
    table: DynamoDB, operation: str
) -> None:
    """faults 22, 62"""
    write(one())
    table.faults.script(operation, [Fault.THROTTLED])

    assert write(one("conflict")) == [one("conflict")["Records"][0]["messageId"]]
    assert write(one("conflict")) == []


def test_25_orders_cost_one_request(cloud: Cloud, requests: list[str]) -> None:
    write(many(100))

    assert requests == ["BatchExecuteStatement"] * 4


def test_orders_that_exist_already_cost_one_more_request(cloud: Cloud, requests: list[str]) -> None:
    event = many(25)
    write(event)
    requests.clear()

    write(event)

    assert requests == ["BatchExecuteStatement", "BatchGetItem"]


def test_each_order_has_one_segment_in_its_own_trace(cloud: Cloud, daemon: Daemon) -> None:
    event = functions.event("orders_writer", "batch_of_ten")
    del event["Records"][4]

    write(event)

    headers = [
        dict(part.split("=") for part in record["attributes"]["AWSTraceHeader"].split(";"))
        for record in event["Records"]
    ]
    segments = daemon.segments()
    assert {(s["trace_id"], s["parent_id"]) for s in segments} == {
        (header["Root"], header["Parent"]) for header in headers
    }
    assert len({segment["id"] for segment in segments}) == len(segments) == 9
    assert all(segment["start_time"] <= segment["end_time"] for segment in segments)


def test_an_order_that_is_not_stored_has_a_fault_in_its_trace(cloud: Cloud, daemon: Daemon) -> None:
    write(one())
    write(one("conflict"))

    assert ["fault" in segment for segment in daemon.segments()] == [False, True]


@pytest.mark.parametrize("header", ["Root=1-69a42b00-000000000000000000000001;Sampled=0", "", "?"])
def test_an_order_that_is_not_sampled_has_no_segment(
    cloud: Cloud, daemon: Daemon, header: str
) -> None:
    event = one()
    event["Records"][0]["attributes"]["AWSTraceHeader"] = header

    write(event)

    assert daemon.segments() == []
    assert len(cloud.stored()) == 1


def test_a_stored_order_is_logged_with_the_times_of_its_queue(cloud: Cloud, log: Log) -> None:
    event = functions.event("orders_writer", "one_order")
    [record] = event["Records"]
    record["attributes"] |= {
        "SentTimestamp": "1772366400543",
        "ApproximateFirstReceiveTimestamp": "1772366400643",
    }

    write(event)

    [line] = log.lines()
    assert (line["queued_at"], line["received_at"]) == ("1772366400543", "1772366400643")


def test_an_order_is_stored_even_if_the_times_of_its_queue_are_missing(
    cloud: Cloud, log: Log
) -> None:
    event = functions.event("orders_writer", "one_order")
    event["Records"][0]["attributes"] = {}

    assert write(event) == []

    assert [line["message"] for line in log.lines()] == ["order stored"]


def test_log_lines_have_the_order_id_as_correlation_id(cloud: Cloud, log: Log) -> None:
    write(one())
    write(one("conflict"))

    messages = [line["message"] for line in log.lines()]
    assert messages == ["order stored", "order refused"]
    assert {line["correlation_id"] for line in log.lines()} == {
        "00000001-c6af-4cdb-9ab1-3b5c2e0f0001"
    }
