"""The largest rows of the tables that the rules of the API allow, and the largest requests."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from common.groups import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, Group
from common.image import MAX_TITLE_LENGTH, Image, Status
from common.image_summary import MAX_LENGTH as MAX_SUMMARY_LENGTH
from common.image_summary import summary
from common.messages import MAX_TEXT_LENGTH, Message, User
from common.orders import SCHEMA, Order

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
NOON = "2026-03-01T12:00:00.123Z"
NAME = "ä" * 128  # the longest user name; it has no control characters

CONTROL = "\1"
"""One byte in a table, six in JSON, and seven in JSON in JSON."""

EMOJI = "😀"
"""Four bytes in a table and in a Python text, twelve in ASCII JSON, and 14 in JSON in JSON."""

CHARACTERS = (CONTROL, EMOJI, "\u2028", '"')

LAMBDA_PAYLOAD_BYTES = 6 * 1024 * 1024
"""The limit of a request and of a response (Lambda quotas, "Invocation payload")."""


def uuid(number: int) -> str:
    return f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0001"


def content(character: str) -> dict[str, Any]:
    """The longest content of an order by its schema."""
    longest: dict[str, Any] = {
        name: character * rule["maxLength"]
        for name, rule in SCHEMA["properties"].items()  # type: ignore[attr-defined]
        if rule["type"] == "string"
    }
    return longest | {"quantity": Decimal("1" * 38 + "E80")}


def order(number: int, character: str) -> Order:
    return Order(uuid(number), content(character), ADA, NOON)


def message(number: int, character: str) -> Message:
    """The longest message."""
    sender, recipient = User(ADA, NAME), User(BEN, NAME)
    return Message.new(sender, recipient, character * MAX_TEXT_LENGTH)


def group(number: int, character: str) -> Group:
    name, description = character * MAX_NAME_LENGTH, character * MAX_DESCRIPTION_LENGTH
    return Group(uuid(number), ADA, NAME, name, description, NOON)


def image(number: int, character: str) -> Image:
    """A READY image with the longest title, and the longest summary of its metadata."""
    text = character * MAX_SUMMARY_LENGTH
    exif = dict.fromkeys(("Make", "DateTimeOriginal"), text) | {"Model": f"a{text}"}
    iptc_names = ("Sub-location", "City", "Province/State", "Country/PrimaryLocationName")
    gps = {"GPSLatitude": 48.123456789, "GPSLongitude": 16.1, "GPSAreaInformation": text}
    return Image(
        imageID=uuid(number),
        owner=ADA,
        createdAt=NOON,
        contentType="image/jpeg",
        status=Status.READY,
        title=character * MAX_TITLE_LENGTH,
        size=10_000_000,
        width=10_000,
        height=10_000,
        summary=summary({"exif": exif, "gps": gps, "iptc": dict.fromkeys(iptc_names, text)}),
    )


def with_largest_body(event: dict[str, Any]) -> dict[str, Any]:
    """The request with as many JSON values in its body as Lambda lets in."""
    room = LAMBDA_PAYLOAD_BYTES - len(json.dumps(event).encode()) - 1000
    event["body"] = '{"a":[' + ",".join(["[]"] * (room // 3)) + "]}"
    return event


def with_query(event: dict[str, Any], **query: str) -> dict[str, Any]:
    """The request with this query string."""
    event["queryStringParameters"] = query
    event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    return event
