"""The documents in the index: one per row, in the shape that `common.search` describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common import image_files
from common.groups import Group
from common.image import Image, Status
from common.image_sharing import is_shared
from common.image_summary import summary
from common.messages import Message
from common.orders import Order
from common.search import EVERYBODY

type Item = Mapping[str, Any]
type Document = dict[str, Any]


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

    `metadata` and `place` in `data` are for the owner only.
    """
    image = Image.from_item(item)
    visible = [image.owner, EVERYBODY] if is_shared(image) else [image.owner]
    return {
        "visibleTo": visible,
        "owner": image.owner,
        "at": image.createdAt,
        "data": image.to_json() | _summary(image),
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


def _summary(image: Image) -> dict[str, Any]:
    """The summary in the row or, for a row of version 0.1, of the metadata in S3."""
    if image.status != Status.READY:
        return {}
    if image.summary is None:
        return summary(image_files.get_metadata(image))
    return image.summary
