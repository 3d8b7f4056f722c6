"""Telling a client that its order is not stored: when it reads the order, and live."""

from __future__ import annotations

import json

from common import aws
from common.orders import Order
from common.refused_orders import Refusal, refused_orders

ANOTHER_ORDER = "another order has this orderID"
NOT_EXACT = "a number or a character of the order cannot be stored"


def tell(order: Order, reason: str) -> None:
    """Store the refusal, then send it to the client's devices. It is safe to repeat."""
    refusal = Refusal(order.orderID, order.placedBy, order.placedAt, reason)
    refused_orders().add(refusal)
    aws.sqs().send_message(
        QueueUrl=aws.env("LIVE_QUEUE_URL"),
        MessageBody=json.dumps({"type": "order.refused", "data": refusal.to_json()}),
    )
