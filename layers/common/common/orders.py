"""Orders: the shape of an order, as a message and as an item.

In a message, the body is the body of the client's request. API Gateway adds the message
attributes `orderID`, `placedBy` and `placedAt` (epoch milliseconds). As an item, an order is
`{orderID, order: {…as sent}, placedBy, placedAt, fingerprint, trace?, state, version, desk}`, and
`{history, lastWrite}` after its first change, and `shippedAt` after it was shipped. An item of
version 0.1 has no `state`, `version` and `desk`: it is `placed`. When the user is erased,
`placedBy`, `fingerprint`, `trace` and `lastWrite` are removed, and what the order and the history
contain about the person.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import json_schema, order_desk
from common.dynamodb import items
from common.order_history import Change
from common.order_states import FIRST_VERSION, Role, State, allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A copy of the API's model `Order` in template.yaml. A test compares the two.
SCHEMA = {
    "type": "object",
    "required": ["item"],
    "additionalProperties": False,
    "properties": {
        "item": {"type": "string", "minLength": 1, "maxLength": 1000},
        "customerID": {"type": "string", "minLength": 1, "maxLength": 128},
        "quantity": {"type": "number", "minimum": 0.000001, "maximum": 9.99e125},
        "note": {"type": "string", "maxLength": 4000},
    },
}

TRANSITION = "transition"
"""The value of `lastWrite` after a change of the state, which is published.

An erasure writes the item too, and removes the attribute.
"""

RESTORE = "restore"
"""The value of `lastWrite` in an order that was restored from a backup, which is not published."""

# Python's default of 28 digits would give two different numbers the same fingerprint.
_EXACT = Context(prec=items.NUMBER_DIGITS)


class UnreadableOrder(Exception):
    """The message is not an order as the API sends it, or DynamoDB refuses it for good.

    No client can cause this, so an operator has to look.
    """


class InexactOrder(Exception):
    """The order has a number or a character that DynamoDB cannot hold exactly."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `order` is the content that the client sent, with numbers as `Decimal`.

    `placedBy` is empty if the user was erased. `history` has the changes after the placing, oldest
    first. `shippedAt` is empty until the order is shipped. It repeats what the history has, because
    the index `desk` has no history.
    """

    orderID: str
    order: dict[str, Any]
    placedBy: str
    placedAt: str
    trace: str = ""
    state: State = State.PLACED
    version: int = FIRST_VERSION
    history: list[Change] = field(default_factory=list)
    shippedAt: str = ""

    @classmethod
    def from_message(cls, record: Mapping[str, Any]) -> Self:
        """The order in a record of an SQS event. Raises UnreadableOrder."""
        attributes = record["messageAttributes"]
        try:
            order_id, placed_by, placed_at = (
                attributes[name]["stringValue"] for name in ("orderID", "placedBy", "placedAt")
            )
            placed = datetime.fromtimestamp(int(placed_at) / 1000, UTC)
        except (KeyError, ValueError, OverflowError, OSError) as error:
            raise UnreadableOrder(f"missing or invalid message attribute: {error}") from error
        return cls(
            orderID=order_id,
            order=_content(record["body"]),
            placedBy=placed_by,
            placedAt=items.timestamp(placed),
            trace=record["attributes"].get("AWSTraceHeader", ""),
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The order in an item of the table, an index or the stream: `{"orderID": {"S": …}, …}`."""
        fields = {"placedBy": "", **items.deserialize(item, cls.__slots__)}
        if "state" in fields:
            fields |= {"state": State(fields["state"]), "version": int(fields["version"])}
        fields["history"] = [Change.from_fields(each) for each in fields.get("history", [])]
        return cls(**fields)

    def to_item(self) -> dict[str, Any]:
        """A new order as an item. Raises InexactOrder."""
        names = ("orderID", "order", "placedBy", "placedAt", "state", "version")
        fields = {name: getattr(self, name) for name in names}
        fields["desk"] = order_desk.key(self.orderID, self.placedAt, self.state)
        if self.trace:
            fields["trace"] = self.trace
        try:
            return items.serialize(fields | {"fingerprint": self.fingerprint})
        except (ArithmeticError, UnicodeEncodeError) as error:
            # DynamoDB would round a number of more than 38 digits or beyond 10^126. Half of a
            # surrogate pair is not a character.
            # The text of a UnicodeEncodeError quotes the whole order, so only its name is given.
            raise InexactOrder(type(error).__name__) from error

    def to_json(self, role: Role | None = None, *, with_history: bool = False) -> dict[str, Any]:
        """The order as the API shows it to this role, or as an event without a role has it.

        Only staff see which members of `staff` have changed it, and `shippedAt`.
        """
        names = ("orderID", "order", "placedBy", "placedAt", "state", "version")
        shown: dict[str, Any] = {name: getattr(self, name) for name in names}
        if role is not None:
            shown["allowed"] = allowed(self.state, role)
        if role is Role.STAFF and self.shippedAt:
            shown["shippedAt"] = self.shippedAt
        if with_history:
            placed = Change(State.PLACED, self.placedAt, Role.BUYER, self.placedBy)
            with_id = role is Role.STAFF
            shown["history"] = [each.to_json(with_id=with_id) for each in (placed, *self.history)]
        return shown

    @property
    def is_new(self) -> bool:
        """Whether the order is as it was placed."""
        return self.version == FIRST_VERSION

    @property
    def fingerprint(self) -> str:
        """A hash that is equal only for the same order of the same caller."""
        content = json.dumps(
            [self.placedBy, self.order], sort_keys=True, ensure_ascii=False, default=_canonical
        )
        return hashlib.sha256(content.encode()).hexdigest()


def order_id(record: Mapping[str, Any]) -> str | None:
    """The orderID in a message, valid or not, which its log lines contain. None without one."""
    return record.get("messageAttributes", {}).get("orderID", {}).get("stringValue")  # type: ignore[no-any-return]


def _content(body: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = _validator()(json_schema.loads(body, number=Decimal))
    except json_schema.WrongValue as error:
        raise UnreadableOrder(error.message) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableOrder(f"not valid JSON: {error}") from error
    return content


@cache
def _validator() -> Callable[[Any], Any]:
    return json_schema.validator(SCHEMA)


def _canonical(number: Decimal) -> str:
    """The same text for 1, 1.0 and 1e0."""
    return f"{number.normalize(_EXACT):f}"
