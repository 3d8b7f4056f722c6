"""Rows of one stack for the users of another: Cognito gives each user of a new pool a new id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.messages import conversation_of
from common.orders import RESTORE, Order

type Item = dict[str, Any]


class Identities:
    """The ids (`sub`) of users in the new pool, by those in the old one.

    Who is not in it keeps the old id: an erased user, or one of another OpenID provider.
    """

    def __init__(self, new_ids: Mapping[str, str]) -> None:
        self._new_ids = new_ids

    def of(self, user_id: str) -> str:
        """Return the id of a user in the new stack."""
        return self._new_ids.get(user_id, user_id)

    def row(self, item: Item) -> Item:
        """Return a row of any table as it is stored in the new stack."""
        changed = {name: self._value(name, value) for name, value in item.items()}
        if "orderID" in changed:
            changed["lastWrite"] = {"S": RESTORE}
        if "fingerprint" in changed:
            # It covers the user, and tells a repetition of the order from a conflict.
            changed["fingerprint"] = {"S": Order.from_item(changed).fingerprint}
        return changed

    def _value(self, name: str, value: dict[str, Any]) -> dict[str, Any]:
        [(kind, content)] = value.items()
        match kind:
            case "S" if name == "conversation":
                return {"S": self._conversation(content)}
            case "S":
                return {"S": self.of(content)}
            case "SS":
                return {"SS": sorted(map(self.of, content))}
            case "M":
                return {"M": {key: self._value(key, each) for key, each in content.items()}}
            case "L":
                return {"L": [self._value(name, each) for each in content]}
        return value

    def _conversation(self, key: str) -> str:
        """The key of a conversation, which has the ids of both users in their order."""
        ids = [each.replace("%23", "#").replace("%25", "%") for each in key.split("#")]
        first, second = map(self.of, ids)
        return conversation_of(first, second)
