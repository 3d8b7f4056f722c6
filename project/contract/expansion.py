"""What the files in docs/contract leave out of operations, because it follows or is common."""

from __future__ import annotations

from typing import Any

from project.contract import sources
from project.contract.sources import Source

type Document = dict[str, Any]

EVENTS = "{{events}}"
"""The place of the table of events in a description."""

NO_TOKEN = "none"  # noqa: S105  # the scheme of routes for anybody

OF_EVERY_ROUTE = ("400", "413", "415", "417", "429", "431", "500", "502", "503", "504")
OF_ROUTES_WITH_A_TOKEN = ("401", "403")
OF_REPEATABLE_ROUTES = ("409", "422")
"""The errors of the routes that take an Idempotency-Key."""
OF_CREATION = "410"
"""Another one of those that create something with it, which can be gone when they are repeated."""

_OF_EVERY_ANSWER = ("x-amzn-RequestId", "Access-Control-Allow-Origin")
_OF_FUNCTIONS = ("Access-Control-Allow-Headers", "Access-Control-Expose-Headers")


def operation(source: Source, tag: str, shared: Source) -> Document:
    token = source.get("security", "IdToken")
    made: Document = {
        "operationId": source["operationId"],
        "tags": [tag],
        "summary": source["summary"],
        "description": source["description"].replace(EVENTS, events_table()),
        "x-caller": source["x-caller"],
        "security": [] if token == NO_TOKEN else [{token: []}],
    }
    parameters = source.get("parameters", [])
    if parameters:
        made["parameters"] = [reference("parameters", name) for name in parameters]
    if "requestBody" in source:
        body = source["requestBody"]
        required = not body.get("optional", False)
        made["requestBody"] = {"required": required, "content": _content(body)}
    statuses = {*source["responses"], *OF_EVERY_ROUTE}
    statuses |= set(OF_ROUTES_WITH_A_TOKEN) if token != NO_TOKEN else set()
    if "Idempotency-Key" in parameters:
        statuses |= {*OF_REPEATABLE_ROUTES, *([OF_CREATION] if "201" in statuses else [])}
    made["responses"] = {
        status: response(
            status, source["responses"][status], shared, direct=source.get("direct", False)
        )
        if status in source["responses"]
        else reference("responses", shared["errors"][status]["name"])
        for status in sorted(statuses)
    }
    return made


def response(status: str, source: Source, shared: Source, *, direct: bool = False) -> Document:
    headers = [*_OF_EVERY_ANSWER, *(() if direct else _OF_FUNCTIONS), *source.get("headers", [])]
    if status in shared["errors"]:
        headers += [
            each for each in shared["errors"][status].get("headers", []) if each not in headers
        ]
        source = {"schema": "Error", **source}
    made: Document = {
        "description": source["description"],
        "headers": {name: reference("headers", name) for name in headers},
    }
    if "schema" in source:
        made["content"] = _content(source)
    if "links" in source:
        made["links"] = {
            name: {"operationId": name, "parameters": {field: f"$response.body#/{field}"}}
            for field, names in source["links"].items()
            for name in names
        }
    return made


def _content(source: Source) -> Document:
    named = source["schema"]
    made = reference("schemas", named) if isinstance(named, str) else named
    return {"application/json": {"schema": made, "example": source["example"]}}


def parameter(name: str, source: Source) -> Document:
    required = {"required": True} if source["in"] == "path" else {}
    return {"name": name, **required, **source}


def reference(part: str, name: str) -> Document:
    return {"$ref": f"#/components/{part}/{name}"}


def events_table() -> str:
    """Return the Markdown table of the live events."""
    rows = [
        f"| `{name}` | {event['to']} | `{event['data']}` | {event['summary']} |"
        for source in sources.capabilities()
        for name, event in source.get("events", {}).items()
    ]
    head = ["| `type` | sent to | schema of `data` | meaning |", "|---|---|---|---|"]
    pong = "| `pong` | whoever sent a ping | no `data` | The answer to a ping. |"
    return "\n".join([*head, *rows, pong])
