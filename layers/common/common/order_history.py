"""The history of an order: one change of its state, as the item and the API have it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from common.order_states import Role, State

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NOTE_LENGTH = 200
"""So that an order with a full history still fits into a frame of a WebSocket."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change into `state`. `byID` is the `sub` of the user who made it, in the role `by`.

    `key` identifies the request by its `Idempotency-Key`; it is empty if there was none. `note` and
    `byID` are empty if they were about a user who was erased.
    """

    state: State
    at: str
    by: Role
    byID: str = ""
    note: str = ""
    key: str = ""

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(**{**fields, "state": State(fields["state"]), "by": Role(fields["by"])})

    def to_fields(self) -> dict[str, str]:
        """The change as an item has it, without what is empty."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    def to_json(self, *, with_id: bool) -> dict[str, str]:
        """The change as the API shows it, for staff with `byID`."""
        hidden = {"key"} if with_id else {"key", "byID"}
        return {name: value for name, value in self.to_fields().items() if name not in hidden}

    def without_buyer(self) -> Change:
        """The change without what may be about the buyer. The members of `staff` stay known."""
        by_id = self.byID if self.by is Role.STAFF else ""
        return Change(self.state, self.at, self.by, by_id)
