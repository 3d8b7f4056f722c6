"""The documents in the index: one per row, in the shape that `common.search` describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common import image_files
from common.groups import Group
from common.image import Image, Status
from common.image_sharing import is_shared
from common.messages import Message
from common.orders import Order
from common.search import EVERYBODY

type Item = Mapping[str, Any]
type Document = dict[str, Any]

_MAX_LENGTH = 500  # characters of a value in the metadata, which may have any length


def of_order(item: Item) -> Document:
    """The user who placed the order finds it. Nobody does after that user is erased."""
    order = Order.from_item(item)
    return {
        "visibleTo": [order.placedBy] if order.placedBy else [],
        "owner": order.placedBy,
        "at": order.placedAt,
        "data": order.to_json(),
    }


def of_image(item: Item) -> Document:
    """The owner finds the image, and every user if a group shares it.

    `place` in `data` is for the owner only.
    """
    image = Image.from_item(item)
    metadata = image_files.get_metadata(image) if image.status == Status.READY else {}
    visible = [image.owner, EVERYBODY] if is_shared(image) else [image.owner]
    described = {"metadata": _camera_and_time(metadata), "place": _place(metadata)}
    return {
        "visibleTo": visible,
        "owner": image.owner,
        "at": image.createdAt,
        "data": image.to_json() | {name: found for name, found in described.items() if found},
    }


def of_group(item: Item) -> Document:
    """Every user finds the group."""
    group = Group.from_item(item)
    return {
        "visibleTo": [EVERYBODY],
        "owner": group.owner,
        "at": group.createdAt,
        "data": group.to_json(),
    }


def of_message(item: Item) -> Document:
    """The sender and the recipient find the message."""
    message = Message.from_item(item)
    return {
        "visibleTo": [message.senderID, message.recipientID],
        "at": message.sentAt,
        "data": message.to_json(),
    }


def _camera_and_time(metadata: dict[str, Any]) -> dict[str, Any]:
    exif, xmp = metadata.get("exif", {}), metadata.get("xmp", {})
    make, model = (_first(exif.get(name), xmp.get(f"tiff:{name}")) for name in ("Make", "Model"))
    named = [make, model] if not str(model).startswith(str(make)) else [model]
    return _without_empty(
        camera=" ".join(name for name in named if name),
        takenAt=_first(
            exif.get("DateTimeOriginal"),
            xmp.get("exif:DateTimeOriginal"),
            xmp.get("photoshop:DateCreated"),
        ),
    )


def _place(metadata: dict[str, Any]) -> dict[str, Any]:
    gps, iptc, xmp = (metadata.get(part, {}) for part in ("gps", "iptc", "xmp"))
    return _without_empty(
        latitude=_number(gps.get("GPSLatitude")),
        longitude=_number(gps.get("GPSLongitude")),
        area=_first(gps.get("GPSAreaInformation")),
        sublocation=_first(iptc.get("Sub-location"), xmp.get("Iptc4xmpCore:Location")),
        city=_first(iptc.get("City"), xmp.get("photoshop:City")),
        province=_first(iptc.get("Province/State"), xmp.get("photoshop:State")),
        country=_first(iptc.get("Country/PrimaryLocationName"), xmp.get("photoshop:Country")),
    )


def _first(*values: Any) -> str:
    texts = (value.strip() for value in values if isinstance(value, str))
    return next((text[:_MAX_LENGTH] for text in texts if text), "")


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None


def _without_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}
