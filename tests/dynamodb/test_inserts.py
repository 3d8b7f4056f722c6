"""A batch of conditional inserts, on which orders rest: all DynamoDBs of ours do as Amazon's."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from common.orders import HopelessOrder, Order, OrderConflict, UnreadableOrder
from local.emulator_clients import client
from project import functions, partiql
from tests.dynamodb.conftest import STREAMING

pytestmark = pytest.mark.xdist_group("dynamodb")

TABLE = "OrdersTable"


def order(order_id: str | None = None, **changed: Any) -> Order:
    """A new order, or another under this orderID."""
    fields = {"placedBy": "ada", "placedAt": "2026-03-01T12:00:00.000Z", **changed}
    return Order(order_id or str(uuid.uuid4()), fields.pop("order", {"item": "lamp"}), **fields)


STORED, REPEATED = "stored", "repeated"


def insert(database: Any, *orders: Order, table: str = TABLE) -> list[str | type[Exception]]:
    """The outcomes of orders that the writer inserts; for errors their classes."""
    order_store = functions.module("orders_writer", "order_store")
    return [
        type(outcome.error)
        if isinstance(outcome, order_store.NotStored)
        else (REPEATED if outcome.repeated else STORED)
        for outcome in order_store.OrderStore(table, database).insert(orders)
    ]


def execute(database: Any, *orders: Order) -> list[str | None]:
    """The error codes of one request that inserts these orders, by their order."""
    answer = database.batch_execute_statement(
        Statements=[statement(each.to_item()) for each in orders]
    )
    return [response.get("Error", {}).get("Code") for response in answer["Responses"]]


def statement(item: dict[str, Any]) -> dict[str, Any]:
    fields = ", ".join(f"'{name}': ?" for name in item)
    text = f'INSERT INTO "{TABLE}" VALUE {{{fields}}}'
    return {"Statement": text, "Parameters": list(item.values())}


def stored(database: Any, order_id: str) -> Order | None:
    request = {TABLE: {"Keys": [{"orderID": {"S": order_id}}], "ConsistentRead": True}}
    found = database.batch_get_item(RequestItems=request)["Responses"][TABLE]
    return Order.from_item(found[0]) if found else None


def test_answers_come_in_the_order_of_the_statements(database: Any) -> None:
    standing = order()
    execute(database, standing)

    codes = execute(database, order(), standing, order())

    assert codes == [None, "DuplicateItem", None]


def test_an_insert_leaves_what_stands_there(database: Any) -> None:
    """faults 16, 17"""
    standing = order()
    execute(database, standing)

    execute(database, order(standing.orderID, placedBy="mallory"))

    assert stored(database, standing.orderID) == standing


def test_a_request_with_one_key_in_two_statements_is_refused(database: Any) -> None:
    """Amazon's engine may have stored the first of them by then."""
    placed = order()

    with pytest.raises(ClientError, match="ValidationException"):
        execute(database, placed, order(), order(placed.orderID, placedBy="ben"))


def test_a_request_takes_25_statements(database: Any) -> None:
    most = [order() for _ in range(partiql.STATEMENTS)]

    with pytest.raises(ClientError, match="ValidationException"):
        execute(database, *most, order())

    assert execute(database, *most) == [None] * partiql.STATEMENTS


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(order(placedBy=""), id="empty, of an index"),
        pytest.param(order("x" * (partiql.KEY_BYTES["HASH"] + 1)), id="too long, of the table"),
    ],
)
def test_a_wrong_key_fails_its_statement_alone(database: Any, wrong: Order) -> None:
    """fault 14"""
    assert execute(database, order(), wrong, order()) == [None, "ValidationError", None]


def test_an_order_too_large_for_an_item_fails_alone(database: Any) -> None:
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
def test_what_is_stored_is_what_was_sent(database: Any, content: dict[str, Any]) -> None:
    """faults 3, 12, 13"""
    placed = order(order=content)

    assert insert(database, placed) == [STORED]

    kept = stored(database, placed.orderID)
    assert kept == placed
    assert kept.fingerprint == placed.fingerprint


def test_a_batch_of_new_repeated_and_other_orders_is_told_apart(database: Any) -> None:
    """faults 16, 17, 18"""
    standing, twice, changed = order(), order(), order()
    insert(database, standing, changed)
    many = [order() for _ in range(60)]
    other = order(changed.orderID, order={"item": "chair"})

    outcomes = insert(database, standing, twice, *many, twice, other, changed)

    assert outcomes == [REPEATED, STORED, *[STORED] * 60, REPEATED, OrderConflict, REPEATED]


def test_a_table_that_is_gone_makes_no_order_hopeless(database: Any) -> None:
    """fault 19"""
    [error] = insert(database, order(), table="Gone")

    assert isinstance(error, type)
    assert not issubclass(error, HopelessOrder)


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
    """All records of the table's stream."""
    streams = client("dynamodbstreams", endpoint)
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
