"""An order through the queue, the table and the notification; a repeated one; a dead letter."""

from __future__ import annotations

import time
import uuid

from local.api_user import ApiUser
from local.demo.output import say
from local.stack_probe import NotSeen, StackProbe, wait_for

ORDER = {"item": "latex gloves", "customerID": "12345"}


def follow_an_order(probe: StackProbe, api_user: ApiUser) -> None:
    """POST an order, and watch it at every step."""
    start = time.monotonic()
    answer = api_user.request("POST", "/orders", ORDER)
    if answer.status != 202:
        raise NotSeen(f"accepted: the API answered {answer.status} {answer.body}")
    order_id = answer.body["orderID"]
    say("accepted", f"202, order {order_id}", start)

    accepted = time.monotonic()
    say("queue", wait_for("queue", lambda: probe.queued() or left_queue(probe, order_id)), accepted)
    item = wait_for("table", lambda: probe.stored(order_id))
    fields = ", ".join(f"{k} {next(iter(v.values()))}" for k, v in item["order"]["M"].items())
    say("table", f"{fields}, placedAt {item['placedAt']['S']}", accepted)
    text, *_ = wait_for("notified", lambda: probe.notifications(order_id))
    say("notified", text, accepted)

    answer = api_user.request("GET", f"/orders/{order_id}")
    if answer.status != 200 or answer.body["order"] != ORDER:
        raise NotSeen(f"read back: the API answered {answer.status} {answer.body}")
    say("read back", f"GET /orders/{order_id} returns the order as it was placed")


def left_queue(probe: StackProbe, order_id: str) -> str | None:
    """An order in the table has been in the queue, even if that was too short to be seen."""
    return "has left the queue already" if probe.stored(order_id) else None


def repeat_an_order(probe: StackProbe, api_user: ApiUser) -> None:
    """PUT an order three times, then another order under the same id."""
    order_id = str(uuid.uuid4())
    start = time.monotonic()
    for _ in range(3):
        api_user.request("PUT", f"/orders/{order_id}", ORDER)
    wait_for("once", lambda: probe.notifications(order_id))
    api_user.request("PUT", f"/orders/{order_id}", {**ORDER, "item": "something else"})
    reason = wait_for("refused", lambda: refusal(api_user, order_id))
    # Notifications keep the order of the stream: this one would follow any repeated one.
    last = api_user.request("POST", "/orders", ORDER).body["orderID"]
    wait_for("once", lambda: probe.notifications(last))
    if len(probe.notifications(order_id)) != 1:
        raise NotSeen("once: more than one notification was sent for the order")
    say("once", f"3 times PUT /orders/{order_id}: one order, one notification", start)
    say("refused", f"another order under that id was refused: {reason}")


def refusal(api_user: ApiUser, order_id: str) -> str | None:
    """Return why a later order with this id was refused; None if there is none."""
    refused = api_user.request("GET", f"/orders/{order_id}").body.get("refused")
    return refused["reason"] if refused else None


def follow_a_dead_letter(probe: StackProbe, api_user: ApiUser) -> None:
    """Queue a message that the API would refuse, and see that it becomes a dead letter.

    The dead-letter queue is not read, since it may contain any number of messages.
    """
    start = time.monotonic()
    before = probe.dead_letters()
    probe.queue("an order that is not JSON", str(uuid.uuid4()), api_user.sub)
    wait_for("dead letter", lambda: probe.dead_letters() > before)
    say("dead letter", "a message that is not JSON became a dead letter", start)
