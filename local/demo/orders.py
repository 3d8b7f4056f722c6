"""An order through the queue, the table and the notification, and an order that is repeated."""

from __future__ import annotations

import time
import uuid

from local.api_user import Shopper
from local.demo.output import say
from local.stack_probe import NotSeen, Shop, seen

ORDER = {"item": "latex gloves", "customerID": "12345"}


def follow_an_order(shop: Shop, shopper: Shopper) -> None:
    """POST an order, and watch it at every step."""
    start = time.monotonic()
    answer = shopper.request("POST", "/orders", ORDER)
    if answer.status != 202:
        raise NotSeen(f"accepted: the API answered {answer.status} {answer.body}")
    order_id = answer.body["orderID"]
    say("accepted", f"202, order {order_id}", start)

    accepted = time.monotonic()
    say("queue", seen("queue", lambda: shop.queued() or left_queue(shop, order_id)), accepted)
    item = seen("table", lambda: shop.stored(order_id))
    fields = ", ".join(f"{k} {next(iter(v.values()))}" for k, v in item["order"]["M"].items())
    say("table", f"{fields}, placedAt {item['placedAt']['S']}", accepted)
    [text] = seen("notified", lambda: shop.notifications(order_id))
    say("notified", text, accepted)

    answer = shopper.request("GET", f"/orders/{order_id}")
    if answer.status != 200 or answer.body["order"] != ORDER:
        raise NotSeen(f"read back: the API answered {answer.status} {answer.body}")
    say("read back", f"GET /orders/{order_id} returns the order as it was placed")


def left_queue(shop: Shop, order_id: str) -> str | None:
    """An order in the table has been in the queue, even if that was too short to be seen."""
    return "has left the queue already" if shop.stored(order_id) else None


def repeat_an_order(shop: Shop, shopper: Shopper) -> None:
    """PUT an order three times, then another order under the same id."""
    order_id = str(uuid.uuid4())
    start = time.monotonic()
    for _ in range(3):
        shopper.request("PUT", f"/orders/{order_id}", ORDER)
    seen("once", lambda: shop.notifications(order_id))
    shopper.request("PUT", f"/orders/{order_id}", {**ORDER, "item": "something else"})
    reason = seen("refused", lambda: shop.dead_letter_reason(order_id))
    shop.give_back()  # so that `make dlq` can show it
    seen("once", lambda: not shop.queued())
    if len(shop.notifications(order_id)) != 1:
        raise NotSeen("once: more than one notification was sent for the order")
    say("once", f"3 times PUT /orders/{order_id}: one order, one notification", start)
    say("refused", f"another order under that id became a dead letter: {reason}")
