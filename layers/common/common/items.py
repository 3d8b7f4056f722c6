"""What the items of every table have in common: their values, IDs and times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def read(item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of these fields that an item has, as DynamoDB and its streams write it."""
    return {name: _deserialize(item[name]) for name in names if name in item}


def written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The item of these fields: `{"orderID": {"S": …}, …}`."""
    return {name: _serialize(value) for name, value in fields.items()}


def is_id(text: str) -> bool:
    """Whether it is a UUID as we and the edge write it; anything else names no item."""
    return _UUID.fullmatch(text) is not None


def timestamp(moment: datetime | None = None) -> str:
    """A moment, or now, in UTC to the millisecond: 2026-11-20T09:30:00.000Z."""
    moment = moment or datetime.now(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
