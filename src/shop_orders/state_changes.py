"""Changes of states by the shop: what their requests contain, and several of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from common.api.errors import KeyReused, NotFound, WrongState
from common.api.request_body import RequestBody
from common.order_history import MAX_NOTE_LENGTH
from common.order_states import FIRST_VERSION, STATES, Role, State
from common.orders_table import Request, orders
from common.parallel import map_parallel

MAX_ORDERS = 100
"""Of one request. Each takes a read and a write."""

_STATE = {"type": "string", "enum": STATES}
_VERSION = {"type": "integer", "minimum": FIRST_VERSION}
_NOTE = {"type": "string", "maxLength": MAX_NOTE_LENGTH}

CHANGE = RequestBody({"state": _STATE, "version": _VERSION, "note": _NOTE}, ("state", "version"))

CHANGES = RequestBody(
    {
        "state": _STATE,
        "note": _NOTE,
        "orders": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ORDERS,
            "items": {
                "type": "object",
                "required": ["orderID", "version"],
                "additionalProperties": False,
                "properties": {"orderID": {"type": "string"}, "version": _VERSION},
            },
        },
    },
    ("state", "orders"),
)


def request(body: Mapping[str, Any], caller: str, key: str | None) -> Request:
    """The change in a body, by a member of `staff`."""
    return Request(
        State(body["state"]), Role.STAFF, caller, body["version"], body.get("note", ""), key
    )


def change(body: Mapping[str, Any], caller: str, key: str | None) -> dict[str, Any]:
    """Change all orders of a body. Returns which are changed, and why the others are not.

    After an unexpected error some may be changed. It is safe to repeat with the same key.
    """
    outcomes = map_parallel(partial(_outcome, body, caller, key), body["orders"])
    return {
        "changed": [each for each in outcomes if "state" in each],
        "refused": [each for each in outcomes if "message" in each],
    }


def _outcome(
    body: Mapping[str, Any], caller: str, key: str | None, seen: Mapping[str, Any]
) -> dict[str, Any]:
    order_id = seen["orderID"].lower()
    try:
        order = orders().change(order_id, request({**body, **seen}, caller, key))
    except (NotFound, WrongState, KeyReused) as error:
        return {"orderID": seen["orderID"], "message": str(error), "details": error.details}
    names = ("orderID", "state", "version", "allowed")
    shown = order.to_json(Role.STAFF)
    return {name: shown[name] for name in names}
