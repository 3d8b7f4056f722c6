"""The AsyncAPI document of the WebSocket API: its events, and what a client may send."""

from __future__ import annotations

import re
from typing import Any

from project.contract import sources
from project.contract.expansion import Document
from project.contract.openapi import used_schemas

_ERROR = {
    "name": "error",
    "summary": "The answer to any other frame, and to a ping that could not be answered.",
    "payload": {"$ref": "#/components/schemas/FrameError"},
    "examples": [{"payload": {"message": "only ping is supported here", "details": []}}],
}
_FRAME_ERROR = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "description": "A sentence for people."},
        "details": {"type": "array", "items": {"type": "string"}},
        "connectionId": {"type": "string", "description": "From API Gateway itself."},
        "requestId": {"type": "string", "description": "From API Gateway itself."},
    },
}


def document(openapi: Document) -> Document:
    """Return the document. Its schemas are those of the REST API's document."""
    messages: dict[str, Any] = {
        _key(name): {
            "name": name,
            "summary": event["summary"],
            "description": f"Sent to {event['to']}.",
            "payload": {
                "type": "object",
                "required": ["type", "data"],
                "properties": {
                    "type": {"const": name},
                    "data": {"$ref": f"#/components/schemas/{event['data']}"},
                },
            },
            "examples": [{"payload": {"type": name, "data": event["example"]}}],
        }
        for source in sources.capabilities()
        for name, event in source.get("events", {}).items()
    }
    received = [*messages, "pong", "error"]
    messages |= {
        "pong": _without_data("pong", "The answer to a ping."),
        "error": _ERROR,
        "ping": _without_data("ping", "Keeps the connection open."),
    }
    known = openapi["components"]["schemas"]
    used = sorted(set(used_schemas(messages, known)))
    schemas = {name: known[name] for name in used} | {"FrameError": _FRAME_ERROR}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{openapi['info']['title']}: live events",
            "version": openapi["info"]["version"],
            "description": "`POST /live` of the REST API answers with the URL to connect to, which "
            "contains a ticket. It is valid once, for 30 seconds. Events are hints: read the lists "
            "after every connect.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "aws": {
                "host": "{apiId}.execute-api.{region}.amazonaws.com",
                "pathname": "/v1",
                "protocol": "wss",
                "variables": {
                    "apiId": {"description": "The id of the WebSocket API."},
                    "region": {"description": "The region of the stack."},
                },
            },
        },
        "channels": {
            "live": {
                "address": "/",
                "description": "One connection of a user.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "query": {
                            "type": "object",
                            "required": ["ticket"],
                            "properties": {
                                "ticket": {"type": "string", "description": "Of `POST /live`."}
                            },
                        },
                    }
                },
            }
        },
        "operations": {
            "sendEvents": _operation("send", received),
            "receivePings": _operation("receive", ["ping"]),
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _without_data(name: str, summary: str) -> Document:
    """Return a message that has a type only."""
    return {
        "name": name,
        "summary": summary,
        "payload": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"const": name}},
        },
        "examples": [{"payload": {"type": name}}],
    }


def _operation(action: str, messages: list[str]) -> Document:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in messages],
    }


def _key(event: str) -> str:
    """`order.placed` -> `orderPlaced`."""
    return re.sub(r"\.(\w)", lambda found: found[1].upper(), event)
