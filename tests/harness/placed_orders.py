"""Orders as the writer has stored them."""

from __future__ import annotations

import uuid
from decimal import Decimal

from common import aws
from common.order_states import Role, State
from common.orders import Order
from common.orders_table import Request, orders

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
SHOP_ASSISTANT = "9c3f1d52-0b7e-4d2a-8a31-5a4f3e2d1c0b"


def stored(
    item: str = "Chair", at: str = "2026-03-01T12:00:00.000Z", buyer: str = ADA, order_id: str = ""
) -> Order:
    """Store a new order."""
    order = Order(order_id or str(uuid.uuid4()), {"item": item, "quantity": Decimal(1)}, buyer, at)
    aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())
    return order


def changed(order: Order, *states: State) -> Order:
    """Let a member of `staff` change the order into these states, one after the other."""
    for state in states:
        version = orders().get(order.orderID, None).version
        request = Request(state, Role.STAFF, SHOP_ASSISTANT, version)
        order = orders().change(order.orderID, request)
    return order
