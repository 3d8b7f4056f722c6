"""Conditional inserts, on which orders depend, behave in all test databases as in Amazon's."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from common.orders import Order, UnreadableOrder
from local.dynamodb_local import CREDENTIALS
from local.emulator_clients import client
from project import functions, partiql
from tests.dynamodb.conftest import STREAMING

pytestmark = pytest.mark.xdist_group("dynamodb")

TABLE = "OrdersTable"


def order(order_id: str | None = None, **changed: Any) -> Order:
    """Return a new order, or one with this orderID."""
    fields = {"placedBy": "ada", "placedAt": "2026-03-01T12:00:00.000Z", **changed}
    return Order(order_id or str(uuid.uuid4()), fields.pop("order", {"item": "lamp"}), **fields)


STORED, REPEATED, REFUSED = "stored", "repeated", "refused"


def insert(database: Any, *orders: Order, table: str = TABLE) -> list[str | type[Exception]]:
    """Insert orders as the writer does. Returns the outcomes; for errors, their classes."""
    order_store = functions.module("orders_writer", "order_store")

    def described(outcome: Any) -> str | type[Exception]:
        match outcome:
            case order_store.NotStored(error):
                return type(error)
            case order_store.Refused():
                return REFUSED
        return REPEATED if outcome.repeated else STORED

    return [described(each) for each in order_store.OrderStore(table, database).insert(orders)]


def execute(database: Any, *orders: Order) -> list[str | None]:
    """Insert orders with one request. Returns the error codes, in the order of the statements."""
    result = database.batch_execute_statement(
        Statements=[statement(each.to_item()) for each in orders]
    )
    return [response.get("Error", {}).get("Code") for response in result["Responses"]]


def statement(item: dict[str, Any]) -> dict[str, Any]:
    fields = ", ".join(f"'{name}': ?" for name in item)
    text = f'INSERT INTO "{TABLE}" VALUE {{{fields}}}'
    return {"Statement": text, "Parameters": list(item.values())}


def stored(database: Any, order_id: str) -> Order | None:
    request = {TABLE: {"Keys": [{"orderID": {"S": order_id}}], "ConsistentRead": True}}
    found = database.batch_get_item(RequestItems=request)["Responses"][TABLE]
    return Order.from_item(found[0]) if found else None


def test_responses_are_in_the_order_of_the_statements(database: Any) -> None:
    existing = order()
    execute(database, existing)

    codes = execute(database, order(), existing, order())

    assert codes == [None, "DuplicateItem", None]


def test_an_insert_does_not_replace_an_existing_item(database: Any) -> None:
    """faults 16, 17"""
    existing = order()
    execute(database, existing)

    execute(database, order(existing.orderID, placedBy="mallory"))

    assert stored(database, existing.orderID) == existing


def test_a_request_with_one_key_in_two_statements_is_refused(database: Any) -> None:
    """Amazon's engine may have stored the first order already."""
    placed = order()

    with pytest.raises(ClientError, match="ValidationException"):
        execute(database, placed, order(), order(placed.orderID, placedBy="ben"))


def test_a_request_accepts_25_statements(database: Any) -> None:
    most = [order() for _ in range(partiql.STATEMENTS)]

    with pytest.raises(ClientError, match="ValidationException"):
        execute(database, *most, order())

    assert execute(database, *most) == [None] * partiql.STATEMENTS


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(order(placedBy=""), id="empty index key"),
        pytest.param(order("x" * (partiql.KEY_BYTES["HASH"] + 1)), id="table key that is too long"),
    ],
)
def test_an_invalid_key_fails_only_its_statement(database: Any, wrong: Order) -> None:
    """fault 14"""
    assert execute(database, order(), wrong, order()) == [None, "ValidationError", None]


def test_only_the_order_that_is_too_large_for_an_item_fails(database: Any) -> None:
    """fault 14"""
    large = order(trace="x" * partiql.ITEM_BYTES)

    assert insert(database, order(), large, order()) == [STORED, UnreadableOrder, STORED]


@pytest.mark.parametrize(
    "content",
    [
        {"item": "lamp", "quantity": Decimal("12345678901234567890.123456789012345678")},
        {"item": "lamp", "quantity": Decimal("0.30000000000000004")},
        {"item": "lamp", "note": ""},
        {"item": "\0 \u2028 ' ? \" 灯 \U0001f4a1"},
    ],
    ids=["38 digits", "no binary fraction", "an empty string", "all kinds of characters"],
)
def test_an_order_is_stored_unchanged(database: Any, content: dict[str, Any]) -> None:
    """faults 3, 12, 13"""
    placed = order(order=content)

    assert insert(database, placed) == [STORED]

    kept = stored(database, placed.orderID)
    assert kept == placed
    assert kept.fingerprint == placed.fingerprint


def test_new_repeated_and_conflicting_orders_are_distinguished(database: Any) -> None:
    """faults 16, 17, 18"""
    existing, twice, changed = order(), order(), order()
    insert(database, existing, changed)
    many = [order() for _ in range(60)]
    other = order(changed.orderID, order={"item": "chair"})

    outcomes = insert(database, existing, twice, *many, twice, other, changed)

    assert outcomes == [REPEATED, STORED, *[STORED] * 60, REPEATED, REFUSED, REPEATED]


def test_a_missing_table_is_a_temporary_error(database: Any) -> None:
    """fault 19"""
    [error] = insert(database, order(), table="Missing")

    assert isinstance(error, type)
    assert not issubclass(error, UnreadableOrder)


@pytest.mark.parametrize("database", STREAMING, indirect=True, ids=lambda one: one.__name__)
def test_an_insert_reaches_the_stream(database: Any) -> None:
    """fault 25"""
    placed = order()
    execute(database, placed)
    execute(database, placed)

    records = streamed(database.meta.endpoint_url)

    [found] = [r for r in records if r["dynamodb"]["Keys"]["orderID"]["S"] == placed.orderID]
    assert found["eventName"] == "INSERT"
    assert Order.from_item(found["dynamodb"]["NewImage"]) == placed


def streamed(endpoint: str) -> list[Any]:
    """Return all records of the table's stream."""
    streams = client("dynamodbstreams", {"Endpoint": endpoint, **CREDENTIALS})
    [stream] = streams.list_streams(TableName=TABLE)["Streams"]
    described = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
    records = []
    for shard in described["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=stream["StreamArn"],
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        while iterator:
            found = streams.get_records(ShardIterator=iterator)
            records += found["Records"]
            iterator = found.get("NextShardIterator") if found["Records"] else None
    return records
