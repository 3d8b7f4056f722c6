"""What is published of an order: an event for programs, and a text for people."""

import simplejson

from common.orders import Order

SUBJECT = "Storefront: new orders"
"""Constant and ASCII: SNS refuses a subject with a line break or of 100 characters."""

_ORDERS_IN_A_DIGEST = 50
_LONGEST_ITEM = 300  # characters, in a digest


def event(event_id: str, order: Order) -> str:
    """The event as JSON. Pure ASCII, since SNS refuses some characters that an order may hold.

    `eventID` is the stream's: a repeated event bears the same one.
    """
    return simplejson.dumps(
        {"type": "order.placed", "eventID": event_id, "data": order.to_json()}, use_decimal=True
    )


def text(orders: list[Order]) -> str:
    """One order whole, or a digest of many; under 64 KB, whatever the orders hold."""
    if len(orders) == 1:
        [order] = orders
        fields = {"orderID": order.orderID, "placedAt": order.placedAt, **order.order}
        return "New order\n\n" + "\n".join(f"{k}: {_printable(v)}" for k, v in fields.items())
    lines = [f"{order.orderID}  {_short(_printable(order.order['item']))}" for order in orders]
    rest = len(lines) - _ORDERS_IN_A_DIGEST
    if rest > 0:
        lines[_ORDERS_IN_A_DIGEST:] = [f"and {rest} more"]
    return f"{len(orders)} new orders\n\n" + "\n".join(lines)


def _printable(value: object) -> str:
    """A line of its own: no line break of a client's may look like a field of ours."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ITEM else text[: _LONGEST_ITEM - 1] + "…"
