"""Orders: an accepted order is stored unchanged, once, and published."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from local.stack_probe import wait_for
from ops.verify_aws.probe import probe
from ops.verify_aws.target import Target

GLOVES = {"item": "latex gloves", "customerID": "12345"}
ODD = "a&b=c+d %41 % ü 🧤 &MessageAttribute.1.Name=role &DelaySeconds=900"


def events_of(target: Target, order_id: str) -> list[dict[str, Any]]:
    """Return the events of an order that the topic has published so far."""
    events = map(json.loads, target.events.received())
    return [event for event in events if event["data"].get("orderID") == order_id]


def until_stored(target: Target, order_id: str) -> dict[str, Any]:
    """Wait until the order is in the table, and return its item. Raises NotSeen."""
    return wait_for("the order in the table", lambda: target.stored(order_id))


@probe(
    "an order is accepted, stored and published",
    expected="202, stored for the caller, 1 event equal to GET's response",
)
def travels(target: Target) -> str:
    _ = target.events  # subscribes now, before the order
    reply = target.ask("POST", "/orders", GLOVES)
    if reply.status != 202:
        return f"{reply.status} {reply.content.decode(errors='replace')}"
    order_id = reply.body["orderID"]
    target.order_ids.append(order_id)
    item = until_stored(target, order_id)
    events = wait_for("the event", lambda: events_of(target, order_id))
    read = target.ask("GET", f"/orders/{order_id}")
    whose = "the caller" if item["placedBy"] == {"S": target.user.sub} else f"{item['placedBy']}"
    order = {name: each for name, each in read.body.items() if name != "allowed"}  # of the caller
    same = all(event["data"] == order for event in events)
    compared = "equal to GET's response" if same else "different from GET's response"
    count = f"{len(events)} event{'s' if len(events) > 1 else ''}"
    return f"202, stored for {whose}, {count} {compared}"


@probe("the shop is notified of an order", expected="a text that contains the orderID")
def notifies(target: Target) -> str:
    listener = target.notifications
    order_id = target.place(GLOVES)
    wait_for("the notification", lambda: any(order_id in text for text in listener.received()))
    return "a text that contains the orderID"


@probe("an item with `+ % & ü 🧤` and SQS parameters is stored unchanged", expected="unchanged")
def stores_to_the_byte(target: Target) -> str:
    item = until_stored(target, target.place({"item": ODD}))
    stored = item["order"]["M"]["item"]["S"]
    return "unchanged" if stored == ODD else repr(stored)


@probe("a number is stored with every digit", expected="0.30000000000000004")
def stores_digits(target: Target) -> str:
    order_id = target.place(b'{"item": "gloves", "quantity": 0.30000000000000004}')
    return str(until_stored(target, order_id)["order"]["M"]["quantity"]["N"])


@probe("an order keeps the trace of its request", expected="Root=<the root sent>")
def keeps_the_trace(target: Target) -> str:
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    order_id = target.place(GLOVES, {"X-Amzn-Trace-Id": f"Root={root}"})
    trace = until_stored(target, order_id).get("trace", {}).get("S", "no trace")
    fields = trace.split(";")
    return "Root=<the root sent>" if f"Root={root}" in fields else trace


@probe("an order without a trace header gets a trace", expected="Root=1-<time>-<id>")
def gets_a_trace(target: Target) -> str:
    trace = until_stored(target, target.place(GLOVES)).get("trace", {}).get("S", "no trace")
    version, _, rest = trace.partition(";")[0].removeprefix("Root=").partition("-")
    is_root = trace.startswith("Root=") and version == "1" and rest.count("-") == 1
    return "Root=1-<time>-<id>" if is_root else trace


@probe("a retried PUT creates one order (PartiQL's INSERT)", expected="202, 202, 1 event")
def is_safe_to_repeat(target: Target) -> str:
    _ = target.events
    order_id = target.new_order_id()
    statuses = [target.ask("PUT", f"/orders/{order_id}", GLOVES).status for _ in range(2)]
    wait_for("the event", lambda: events_of(target, order_id))
    later = target.place(GLOVES)
    wait_for("a later order's event", lambda: events_of(target, later))
    count = len(events_of(target, order_id))
    return f"{', '.join(map(str, statuses))}, {count} event{'s' if count > 1 else ''}"


@probe("another order with the same orderID does not replace the first", expected="first is kept")
def never_replaces(target: Target) -> str:
    order_id = target.place(GLOVES)
    until_stored(target, order_id)
    target.ask("PUT", f"/orders/{order_id}", {**GLOVES, "item": "cotton gloves"})
    until_stored(target, target.place(GLOVES))  # was queued after the other one
    read = target.ask("GET", f"/orders/{order_id}")
    return "first is kept" if read.body.get("order") == GLOVES else f"{read.content!r}"


@probe("a path with a trailing slash is accepted", expected="202, the same orderID, stored")
def forgives_a_slash(target: Target) -> str:
    order_id = target.new_order_id()
    reply = target.ask("PUT", f"/orders/{order_id}/", GLOVES)
    if reply.status != 202:
        return f"{reply.status} {reply.content.decode(errors='replace')}"
    until_stored(target, order_id)
    same = reply.body["orderID"] == order_id
    return f"202, {'the same orderID' if same else reply.body['orderID']}, stored"


@probe("application/json; charset=utf-8 is accepted as JSON", expected="202, stored")
def takes_a_charset(target: Target) -> str:
    headers: dict[str, str | None] = {"Content-Type": "application/json; charset=utf-8"}
    until_stored(target, target.place({"item": "Handschuhe für 🧤"}, headers))
    return "202, stored"


@probe("a body without Content-Type is accepted as JSON", expected="202, stored")
def takes_no_content_type(target: Target) -> str:
    until_stored(target, target.place(GLOVES, {"Content-Type": None}))
    return "202, stored"


@probe("an upper-case orderID is stored in lower case", expected="202, in lower case, stored")
def lowers_an_order_id(target: Target) -> str:
    order_id = target.new_order_id()
    reply = target.ask("PUT", f"/orders/{order_id.upper()}", GLOVES)
    until_stored(target, order_id)
    lowered = reply.body == {"orderID": order_id}
    return f"{reply.status}, {'in lower case' if lowered else reply.content.decode()}, stored"
