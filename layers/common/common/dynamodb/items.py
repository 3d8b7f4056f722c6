"""What the items of every table have in common: their values, IDs and times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What DynamoDB holds of a number, and what it would round (guide, "Data types": Number).
_EXACT = Context(
    prec=38, Emin=-128, Emax=126, traps=[Clamped, Inexact, Overflow, Rounded, Underflow]
)


def read(item: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of these fields that an item has, as DynamoDB and its streams write it."""
    return {name: _deserialize(item[name]) for name in names if name in item}


def written(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The item of these fields: `{"orderID": {"S": …}, …}`.

    Raises ArithmeticError for a number that DynamoDB would round, TypeError for what it has not.
    """
    return {name: _serialize(value) for name, value in fields.items()}


def is_id(text: str) -> bool:
    """Whether it is a UUID as we and the edge write it; anything else names no item."""
    return _UUID.fullmatch(text) is not None


def timestamp(moment: datetime | None = None) -> str:
    """A moment, or now, in UTC to the millisecond: 2026-11-20T09:30:00.000Z."""
    moment = moment or datetime.now(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
            return {"M": written(value)}
        case list() | tuple():
            return {"L": [_serialize(each) for each in value]}
    raise TypeError(f"no item holds a {type(value).__name__}")


def _deserialize(value: Mapping[str, Any]) -> Any:
    [(kind, held)] = value.items()
    match kind:
        case "S" | "BOOL":
            return held
        case "NULL":
            return None
        case "N":
            return Decimal(held)
        case "M":
            return {name: _deserialize(each) for name, each in held.items()}
        case "L":
            return [_deserialize(each) for each in held]
    raise TypeError(f"no item of ours holds a {kind}")
