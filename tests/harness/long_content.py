"""Content that is hard to lay out: long words, long texts, and text from right to left."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.harness.scripted_api import Call, ScriptedApi

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 4
ARABIC = "قفازات من اللاتكس، مقاس كبير، باللون الأزرق (100%)"
HEBREW = "שלום, האם הכפפות כבר במלאי?"
LONG_TEXT = "Please ring at the back door: the bell in front does not work. " * 40
TEXTS = (LONG_WORD, ARABIC, "Latex gloves", HEBREW)

ME = "d02f427b-e401-4bc7-9f9e-bcfa6371b6ef"
OTHER = "0b6bd8a4-5f5e-4b8c-9a39-7c1b2f3d4e5f"
NAME = ("wolfeschlegelsteinhausenbergerdorff" * 3)[:100]
USER = {
    "sub": ME,
    "username": NAME,
    "groups": [],
    "email": f"{NAME}@example.com",
    "emailVerified": False,
}
_STATES = ("placed", "accepted", "shipped", "cancelled")
_ALLOWED = {"placed": ["accepted", "cancelled"], "accepted": ["packed", "cancelled"]}


def time(minutes_ago: int) -> str:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def order(number: int) -> dict[str, Any]:
    """The order with this number; each is an hour older than the one before."""
    state = _STATES[number % len(_STATES)]
    return {
        "orderID": str(uuid.UUID(int=number + 1, version=4)),
        "order": {
            "item": TEXTS[number % len(TEXTS)],
            "customerID": LONG_WORD[:128],
            "quantity": 12345678.000001,
            "note": (LONG_TEXT, LONG_WORD, ARABIC)[number % 3],
        },
        "placedBy": ME,
        "placedAt": time(60 * number),
        "state": state,
        "version": 1,
        "allowed": _ALLOWED.get(state, []),
    }


def message(number: int) -> dict[str, Any]:
    """The message with this number; each is a minute older than the one before."""
    ids = ((ME, "ann"), (OTHER, NAME))
    (from_id, sender), (to_id, recipient) = ids if number % 2 else ids[::-1]
    return {
        "messageID": f"01a214db-868c-7842-8912-{10**9 - number:012}",
        "from": sender,
        "fromID": from_id,
        "to": recipient,
        "toID": to_id,
        "text": (LONG_WORD, LONG_TEXT, ARABIC, HEBREW, "Yes.")[number % 5],
        "sentAt": time(number),
    }


def image(number: int) -> dict[str, Any]:
    """The picture with this number, which is ready or has failed."""
    made = {
        "imageID": str(uuid.UUID(int=1000 + number, version=4)),
        "createdAt": time(number),
        "contentType": "image/png",
        "title": TEXTS[number % len(TEXTS)][:200],
    }
    if number % 3 == 2:
        return {**made, "status": "FAILED", "reason": LONG_TEXT[:200]}
    links = {"url": "http://localhost/icon.svg", "thumbnailUrl": "http://localhost/icon.svg"}
    return {**made, "status": "READY", "size": 20355, "width": 800, "height": 600, **links}


def group(number: int) -> dict[str, Any]:
    return {
        "groupID": str(uuid.UUID(int=2000 + number, version=4)),
        "owner": NAME,
        "ownerID": ME,
        "name": TEXTS[number % len(TEXTS)][:100],
        "description": LONG_TEXT[:1000],
        "createdAt": time(number),
    }


def paged(name: str, rows: list[dict[str, Any]], call: Call) -> tuple[int, dict[str, Any]]:
    """A page of rows. Its token is the position."""
    start = int(call.query.get("next", 0))
    end = start + int(call.query.get("limit", 20))
    return 200, {name: rows[start:end], "next": str(end) if end < len(rows) else None}


def fill(api: ScriptedApi) -> None:
    """Answer every page of the client with such content, also those of the shop."""
    orders = [order(number) for number in range(8)]
    images = [image(number) for number in range(6)]
    groups = [group(number) for number in range(4)]
    messages = [message(number) for number in range(12)]
    api.answers("GET /users/me", {**USER, "groups": ["staff"]})
    for route in ("GET /orders", "GET /shop/orders"):
        api.answers(route, lambda call: paged("orders", orders, call))
    history = [
        {"state": "placed", "at": time(9), "by": "buyer", "byID": ME, "note": LONG_WORD[:200]}
    ]
    for route in ("GET /orders/{orderID}", "GET /shop/orders/{orderID}"):
        api.answers(route, {**orders[0], "history": history})
    for route in ("GET /images", "GET /groups/{groupID}/images"):
        api.answers(route, lambda call: paged("images", images, call))
    exif = {"Make": LONG_WORD, "LensModel": LONG_TEXT[:300]}
    api.answers(
        "GET /images/{imageID}",
        {**images[0], "metadata": {"exif": exif, "gps": {"GPSLatitude": 52.5}}},
    )
    api.answers("GET /groups", lambda call: paged("groups", groups, call))
    api.answers("GET /groups/{groupID}", groups[0])
    api.answers("GET /messages", lambda call: conversation(messages, call))
    results = [
        {
            "type": "order",
            "data": {
                name: orders[0][name] for name in ("orderID", "order", "placedBy", "placedAt")
            },
            "highlights": {},
        },
        {
            "type": "message",
            "data": messages[0],
            "highlights": {"text": [["", LONG_WORD, " and more"]]},
        },
        {"type": "group", "data": groups[1], "highlights": {}},
    ]
    api.answers("GET /search", {"results": results, "next": None})
    mail = [{"subject": LONG_WORD, "text": LONG_WORD + LONG_TEXT, "time": time(3)}]
    api.config["developer"] = True
    api.config["notificationsUrl"] = "/mail.json"
    api.files["mail.json"] = {"notifications": mail}


def conversation(messages: list[dict[str, Any]], call: Call) -> tuple[int, dict[str, Any]]:
    if "withID" not in call.query:
        latest = {"with": NAME, "withID": OTHER, "latest": messages[0], "unread": 12}
        return 200, {"conversations": [latest], "next": None}
    status, page = paged("messages", messages, call)
    return status, {**page, "messages": page["messages"][::-1], "with": NAME, "withID": OTHER}
