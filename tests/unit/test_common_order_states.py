"""common.order_states: which state may follow which, and who may change it."""

from __future__ import annotations

from common.order_states import OPEN, Role, State, allowed
from common.orders import Order


def test_staff_may_make_these_changes() -> None:
    assert {state: allowed(state, Role.STAFF) for state in State} == {
        State.PLACED: [State.ACCEPTED, State.CANCELLED],
        State.ACCEPTED: [State.PACKED, State.CANCELLED],
        State.PACKED: [State.SHIPPED],
        State.SHIPPED: [State.DELIVERED, State.RETURNED],
        State.DELIVERED: [State.RETURNED],
        State.CANCELLED: [],
        State.RETURNED: [],
    }


def test_buyers_may_only_cancel_what_the_shop_has_not_accepted() -> None:
    changes = {state: allowed(state, Role.BUYER) for state in State}

    assert {state: after for state, after in changes.items() if after} == {
        State.PLACED: [State.CANCELLED]
    }


def test_no_state_is_reached_twice() -> None:
    """So the history of an order, and with it the item, has a limit."""
    assert max(map(len, _paths([State.PLACED]))) == 6


def test_an_order_is_open_until_it_is_shipped_or_cancelled() -> None:
    assert {State.PLACED, State.ACCEPTED, State.PACKED} == OPEN


def test_an_item_without_a_state_is_a_placed_order() -> None:
    """fault 83"""
    order = Order.from_item({"orderID": {"S": "1"}, "order": {"M": {}}, "placedAt": {"S": "0"}})

    assert (order.state, order.version, order.history) == (State.PLACED, 1, [])


def _paths(path: list[State]) -> list[list[State]]:
    after = allowed(path[-1], Role.STAFF)
    assert not set(after) & set(path)
    return [path, *(longer for state in after for longer in _paths([*path, state]))]
