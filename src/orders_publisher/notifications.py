"""What is published about an order: an event for programs, and an email text for people."""

from typing import Any

import simplejson

from common.orders import Order
from common.plain_text import one_line, shortened

EMAIL_SUBJECT = "Storefront: new orders"
"""A constant in ASCII: SNS rejects subjects with line breaks or of 100 characters or more."""

SCHEMA_VERSION = 1
"""Of the schemas in docs/events. A change that breaks subscribers adds 1."""

_MAX_DIGEST_ORDERS = 50
_MAX_ITEM_LENGTH = 300  # characters, in a digest


def event_type(order: Order) -> str:
    return f"order.{order.state}"


def event_message(event_id: str, order: Order) -> str:
    """The event as JSON. It is ASCII, because SNS rejects some characters that orders may contain.

    `eventID` is the ID of the stream record, so that a repeated event has the same ID.
    """
    event = {
        "schemaVersion": SCHEMA_VERSION,
        "type": event_type(order),
        "eventID": event_id,
        "data": order.to_json(with_history=True),
    }
    return simplejson.dumps(event, use_decimal=True)


def event_attributes(order: Order) -> dict[str, Any]:
    """The attributes of the event, for filter policies. An erased user is not one of them."""
    attributes = {"type": event_type(order), "placedBy": order.placedBy}
    return {
        name: {"DataType": "String", "StringValue": value}
        for name, value in attributes.items()
        if value  # SNS refuses an empty one
    }


def email_text(orders: list[Order]) -> str:
    """All fields of a single order, or a digest of several; always under 64 KB."""
    if len(orders) == 1:
        [order] = orders
        fields = {"orderID": order.orderID, "placedAt": order.placedAt, **order.order}
        return "New order\n\n" + "\n".join(f"{k}: {one_line(v)}" for k, v in fields.items())
    lines = [
        f"{order.orderID}  {shortened(one_line(order.order['item']), _MAX_ITEM_LENGTH)}"
        for order in orders
    ]
    rest = len(lines) - _MAX_DIGEST_ORDERS
    if rest > 0:
        lines[_MAX_DIGEST_ORDERS:] = [f"and {rest} more"]
    return f"{len(orders)} new orders\n\n" + "\n".join(lines)
