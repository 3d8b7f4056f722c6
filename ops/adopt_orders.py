"""Show orders of an earlier release in the shop's list: `make adopt-orders DELIVERED_BEFORE=DATE`.

Orders of version 0.1 have no state. Those that were placed before the date are `delivered`
afterwards, and the others `placed`. Nothing is published, so no buyer is told.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from common import order_desk
from common.dynamodb import items
from common.order_history import Change
from common.order_states import FIRST_VERSION, Role, State
from common.parallel import map_parallel
from ops.arguments import stack_parser
from ops.stack import DeployedStack, find_stack
from ops.stack_command import Find, run_on_stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EXAMPLES = """
  make adopt-orders DELIVERED_BEFORE=2026-11-01            older orders are done, newer ones open
  make adopt-orders DELIVERED_BEFORE=2026-11-01 ENV=prod   on AWS
"""

# Holds unless the order has got a state in the meantime, or was deleted.
_WITHOUT_STATE = "attribute_exists(orderID) AND attribute_not_exists(desk)"


def main(argv: Sequence[str] | None = None, find: Find = find_stack) -> int:
    """Adopt all orders. Returns 0 on success, 1 on a failure, 130 if interrupted."""
    arguments = _parse(argv)

    def adopt_all(stack: DeployedStack) -> None:
        table = stack.resources("AWS::DynamoDB::Table")["OrdersTable"]
        done = adopt(stack.client("dynamodb"), table, arguments.delivered_before)
        print(f"{done[State.DELIVERED]:,} delivered and {done[State.PLACED]:,} placed orders")

    interrupted = "interrupted; run it again to continue"
    return run_on_stack(arguments, find, adopt_all, interrupted=interrupted)


def adopt(client: DynamoDBClient, table: str, delivered_before: date) -> Counter[State]:
    """Give each order without a state its state. Returns how many got which."""
    done = Counter[State]()
    for page in _pages(client, table):
        states = map_parallel(partial(_adopt, client, table, delivered_before), page)
        done.update(state for state in states if state is not None)
    return done


def _pages(client: DynamoDBClient, table: str) -> Iterator[list[dict[str, Any]]]:
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="attribute_not_exists(desk)",
        ProjectionExpression="orderID, placedAt",
    )
    for page in pages:
        yield [items.deserialize(item, ("orderID", "placedAt")) for item in page["Items"]]


def _adopt(
    client: DynamoDBClient, table: str, delivered_before: date, order: dict[str, str]
) -> State | None:
    is_old = order["placedAt"] < delivered_before.isoformat()
    state = State.DELIVERED if is_old else State.PLACED
    history = [Change(state, items.timestamp(), Role.STAFF).to_fields()] if is_old else []
    values = {
        ":state": str(state),
        ":version": FIRST_VERSION + len(history),
        ":history": history,
        ":desk": order_desk.key(order["orderID"], order["placedAt"], state),
    }
    try:
        client.update_item(
            TableName=table,
            Key=items.serialize({"orderID": order["orderID"]}),
            UpdateExpression="SET #state = :state, #version = :version, desk = :desk,"
            " history = :history",
            ConditionExpression=_WITHOUT_STATE,
            ExpressionAttributeNames={"#state": "state", "#version": "version"},
            ExpressionAttributeValues=items.serialize(values),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return None
    return state


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    description = "Give the orders of version 0.1 a state, so that the shop's list has them."
    parser = stack_parser("adopt-orders", description, _EXAMPLES)
    parser.add_argument(
        "delivered_before",
        type=date.fromisoformat,
        metavar="DELIVERED_BEFORE",
        help="a date like 2026-11-01: orders placed before it, in UTC, are delivered",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
