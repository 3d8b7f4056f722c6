"""What is found of a row: the document that stands for it in the index.

Its shape is that of `common.search`; the fields of its `data` are what the API shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from common import aws
from common.api.errors import NotFound
from common.groups import Group, groups
from common.images import Image, Status
from common.messages import Message
from common.orders import Order
from common.search import EVERYBODY

type Item = Mapping[str, Any]
type Document = dict[str, Any]

_MAX_LENGTH = 500  # characters of what a picture says of itself: anybody may have written it


def of_order(item: Item) -> Document:
    """Found by who placed it."""
    order = Order.from_item(item)
    return {
        "visibleTo": [order.placedBy],
        "owner": order.placedBy,
        "at": order.placedAt,
        "data": order.to_json(),
    }


def of_image(item: Item) -> Document:
    """Found by its owner, and by everybody once it is READY and in a group that still exists.

    `place` is in `data` for the owner alone.
    """
    image = Image.from_item(item)
    metadata = _metadata(image) if image.status == Status.READY else {}
    visible = [image.owner, EVERYBODY] if _is_shared(image) else [image.owner]
    about = {"metadata": _about(metadata), "place": _place(metadata)}
    return {
        "visibleTo": visible,
        "owner": image.owner,
        "at": image.createdAt,
        "data": image.to_json() | {name: found for name, found in about.items() if found},
    }


def of_group(item: Item) -> Document:
    """Found by everybody."""
    group = Group.from_item(item)
    return {
        "visibleTo": [EVERYBODY],
        "owner": group.owner,
        "at": group.createdAt,
        "data": group.to_json(),
    }


def of_message(item: Item) -> Document:
    """Found by who sent it and who got it."""
    message = Message.from_item(item)
    return {
        "visibleTo": [message.senderID, message.recipientID],
        "at": message.sentAt,
        "data": message.to_json(),
    }


def _is_shared(image: Image) -> bool:
    """Whether a group shows it to everybody: the rule of image_upload's `sharing`."""
    if image.status != Status.READY or not image.groupID:
        return False
    try:
        groups().get(image.groupID)
    except NotFound:
        return False
    return True


def _metadata(image: Image) -> dict[str, Any]:
    """What image_processing read out of the picture. Empty where its file is gone."""
    s3 = aws.s3()
    try:
        found = s3.get_object(Bucket=aws.env("IMAGES_BUCKET"), Key=image.metadata_key)
    except s3.exceptions.NoSuchKey:
        return {}
    metadata: dict[str, Any] = json.loads(found["Body"].read())
    return metadata


def _about(metadata: dict[str, Any]) -> dict[str, Any]:
    exif, xmp = metadata.get("exif", {}), metadata.get("xmp", {})
    make, model = (_first(exif.get(name), xmp.get(f"tiff:{name}")) for name in ("Make", "Model"))
    named = [make, model] if not str(model).startswith(str(make)) else [model]
    return _known(
        camera=" ".join(name for name in named if name),
        takenAt=_first(
            exif.get("DateTimeOriginal"),
            xmp.get("exif:DateTimeOriginal"),
            xmp.get("photoshop:DateCreated"),
        ),
    )


def _place(metadata: dict[str, Any]) -> dict[str, Any]:
    gps, iptc, xmp = (metadata.get(part, {}) for part in ("gps", "iptc", "xmp"))
    return _known(
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


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}
