"""The query parameter `state` of lists of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.api.errors import Invalid
from common.order_states import OPEN, STATES, State

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN = "open"

CHOICES = [*STATES, _OPEN]


def states_of(query: Mapping[str, str]) -> frozenset[State]:
    """The states that a query string asks for, by default all. Raises Invalid."""
    choice = query.get("state")
    if choice is None:
        return frozenset(State)
    if choice not in CHOICES:
        raise Invalid("invalid state", [f"state: must be one of {', '.join(CHOICES)}"])
    return OPEN if choice == _OPEN else frozenset({State(choice)})
