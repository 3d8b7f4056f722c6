"""The schemas of the events that other systems receive, one file per event in docs/events.

The fields come from the code that makes an event, and what they mean from docs/contract.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from common.order_history import Change
from common.order_states import Role, State
from common.orders import Order
from project.contract import sources
from project.contract.check import described, strict
from project.contract.expansion import Document
from project.contract.openapi import used_schemas
from project.template import ROOT

FOLDER = ROOT / "docs" / "events"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EVENT_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def schemas(openapi: Document) -> dict[str, Document]:
    """Return the schema of each event by the name of the event, made from the API's document."""
    events = {
        name: event
        for source in sources.capabilities()
        for name, event in source.get("events", {}).items()
    }
    return {f"order.{state}": _schema(openapi, state, events[f"order.{state}"]) for state in State}


def file_name(event: str) -> str:
    return f"{event}.json"


def problems(event: Any) -> list[str]:
    """Return in what an event differs from the schema of its type in docs/events.

    The lines name fields and rules, and never quote a value.
    """
    return sorted({described(error) for error in _validator(event["type"]).iter_errors(event)})


def _schema(openapi: Document, state: State, event: Document) -> Document:
    version = sources.value_of_code("orders_publisher.notifications:SCHEMA_VERSION")
    order, example = _order(openapi, state), event["example"]
    whole: Document = {
        "$schema": _DIALECT,
        "title": f"order.{state}",
        "description": event["summary"],
        "type": "object",
        "required": ["schemaVersion", "type", "eventID", "data"],
        "properties": {
            "schemaVersion": {
                "type": "integer",
                "const": version,
                "description": "Another number means that older subscribers may not understand it.",
            },
            "type": {
                "type": "string",
                "const": f"order.{state}",
                "description": "The name of the event.",
            },
            "eventID": {
                "type": "string",
                "description": "An event that is delivered again has the same one.",
            },
            "data": order,
        },
        "examples": [
            {
                "schemaVersion": version,
                "type": f"order.{state}",
                "eventID": _EVENT_ID,
                "data": example,
            }
        ],
    }
    return _standalone(openapi, whole)


def _order(openapi: Document, state: State) -> Document:
    """Return the schema of the order in an event: the fields that events have, in this state."""
    schema: Document = copy.deepcopy(openapi["components"]["schemas"]["Order"])
    change = copy.deepcopy(openapi["components"]["schemas"]["OrderChange"])
    order, entry = _published()
    change["properties"] = {name: change["properties"][name] for name in entry}
    change["properties"]["state"]["description"] = "The state into which the order came."
    schema["properties"] = {name: schema["properties"][name] for name in order}
    schema["required"] = list(order)
    properties = schema["properties"]
    properties["state"] = {
        "type": "string",
        "const": state.value,
        "description": "The state in which the order is since this event.",
    }
    properties["history"]["items"] = change
    properties["history"]["description"] = "The changes of the state, oldest first."
    return schema


def _published() -> tuple[list[str], list[str]]:
    """Return the names of the fields of an order in an event, and of an entry of its history."""
    change = Change(State.ACCEPTED, at="now", by=Role.STAFF, byID="sam", note="soon", key="1")
    order = Order("id", {}, "ada", "now", history=[change]).to_json(with_history=True)
    return list(order), list(order["history"][-1])


def _standalone(openapi: Document, schema: Document) -> Document:
    """Return a schema with the schemas that it refers to, and open to fields of later releases."""
    known = openapi["components"]["schemas"]
    used = {name: known[name] for name in sorted(set(used_schemas(schema, known)))}
    text = json.dumps(schema | {"$defs": used} if used else schema)
    made: Document = _opened(json.loads(text.replace("#/components/schemas/", "#/$defs/")))
    return made


def _opened(node: Any) -> Any:
    if isinstance(node, list):
        return [_opened(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {name: _opened(each) for name, each in node.items() if name != "additionalProperties"}


@cache
def _validator(event: str) -> Draft202012Validator:
    if not re.fullmatch(r"[a-z.]+", event) or not (FOLDER / file_name(event)).exists():
        raise ValueError("docs/events has no schema for the event")
    schema = json.loads((FOLDER / file_name(event)).read_text())
    return Draft202012Validator(strict(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)
