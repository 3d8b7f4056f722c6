"""The states of an order: which one may follow which, who may change them, and what is open.

An order is `placed` at version 1. Every change of its state adds 1 to the version.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    PLACED = "placed"
    ACCEPTED = "accepted"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Role(StrEnum):
    """Who changes a state: the user who placed the order, or a member of `staff`."""

    BUYER = "buyer"
    STAFF = "staff"


STATES = [state.value for state in State]

FIRST_VERSION = 1

OPEN = frozenset({State.PLACED, State.ACCEPTED, State.PACKED})
"""The shop has to do something. A shipped order is not open: many shops never hear of the rest."""

_ONLY_STAFF = frozenset({Role.STAFF})

# No state is reached twice, so an order changes at most five times.
_TRANSITIONS = {
    (State.PLACED, State.ACCEPTED): _ONLY_STAFF,
    (State.PLACED, State.CANCELLED): frozenset({Role.BUYER, Role.STAFF}),
    (State.ACCEPTED, State.PACKED): _ONLY_STAFF,
    (State.ACCEPTED, State.CANCELLED): _ONLY_STAFF,
    (State.PACKED, State.SHIPPED): _ONLY_STAFF,
    (State.SHIPPED, State.DELIVERED): _ONLY_STAFF,
    (State.SHIPPED, State.RETURNED): _ONLY_STAFF,
    (State.DELIVERED, State.RETURNED): _ONLY_STAFF,
}


def allowed(state: State, role: Role) -> list[State]:
    """The states into which this role may change an order in this state."""
    return [
        after
        for (before, after), roles in _TRANSITIONS.items()
        if before == state and role in roles
    ]
