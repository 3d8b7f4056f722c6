"""What an email to a buyer says. To change the words or the language, change this module."""

from typing import Any, NamedTuple

from common.order_states import Role
from common.plain_text import one_line, shortened

_MAX_ITEM_LENGTH = 300  # characters

_SUBJECTS = {
    "order.placed": "We have received your order",
    "order.accepted": "Your order is accepted",
    "order.packed": "Your order is packed",
    "order.shipped": "Your order is on its way",
    "order.delivered": "Your order has arrived",
    "order.cancelled": "Your order is cancelled",
    "order.returned": "Your order has come back to us",
}


class Email(NamedTuple):
    subject: str
    text: str


def email(event: dict[str, Any]) -> Email:
    """The email about an event of an order. Raises LookupError for another event."""
    subject, data = _SUBJECTS[event["type"]], event["data"]
    item = shortened(one_line(data["order"]["item"]), _MAX_ITEM_LENGTH)
    quantity = data["order"].get("quantity")
    lines = [
        f"{subject}.",
        "",
        item if quantity is None else f"{quantity} x {item}",
        f"Order {data['orderID']} of {data['placedAt'][:10]}",
    ]
    change = data["history"][-1]
    if change["by"] == Role.STAFF and "note" in change:
        lines += ["", f"The shop writes: {one_line(change['note'])}"]
    return Email(subject, "\n".join(lines) + "\n")
