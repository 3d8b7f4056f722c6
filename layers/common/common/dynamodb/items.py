"""The items of every table: values in DynamoDB's format, IDs and timestamps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NUMBER_DIGITS = 38
"""The precision of a DynamoDB number (developer guide, "Data types": Number)."""

# This context raises for every number that DynamoDB would round.
_EXACT = Context(
    prec=NUMBER_DIGITS,
    Emin=-128,
    Emax=126,
    traps=[Clamped, Inexact, Overflow, Rounded, Underflow],
)


def deserialize(item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values of these fields in an item from a table or a stream. Skips missing fields."""
    return {name: _deserialize(item[name]) for name in names if name in item}


def serialize(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The item with these fields, in DynamoDB's format: `{"orderID": {"S": …}, …}`.

    Raises ArithmeticError for a number that DynamoDB would round, and TypeError for a value of a
    type that no table uses.
    """
    return {name: _serialize(value) for name, value in fields.items()}


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in lower case, which every ID of an item is."""
    return _UUID.fullmatch(text) is not None


def timestamp(moment: datetime | None = None) -> str:
    """A moment, by default now, in UTC and milliseconds: 2026-11-20T09:30:00.000Z."""
    moment = moment or datetime.now(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp_of(seconds: float) -> str:
    """A moment in epoch seconds, as above."""
    return timestamp(datetime.fromtimestamp(seconds, UTC))


def _serialize(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": str(_EXACT.create_decimal(value))}
        case dict():
            return {"M": serialize(value)}
        case list() | tuple():
            return {"L": [_serialize(each) for each in value]}
    raise TypeError(f"items do not hold values of type {type(value).__name__}")


def _deserialize(value: Mapping[str, Any]) -> Any:
    [(kind, content)] = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "NULL":
            return None
        case "N":
            return Decimal(content)
        case "M":
            return {name: _deserialize(each) for name, each in content.items()}
        case "L":
            return [_deserialize(each) for each in content]
    raise TypeError(f"items do not hold values of DynamoDB type {kind}")
