"""Whatever happens at the same time: each change of an order is legal, made once, and published.

Several people change orders while they are placed, redelivered and published, with faults and
deaths in between. A client that did not get an answer repeats its request with the same key.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from common import order_desk
from common.api.errors import KeyReused, NotFound, WrongState
from common.order_states import Role, State, allowed
from common.orders import Order
from common.orders_table import Orders, Request
from tests.harness.simulator.faults import Fault, Killed
from tests.harness.simulator.pipeline import Pipeline, pipeline
from tests.unit.test_pipeline_properties import (
    PUBLISHING,
    SENDING,
    UNCERTAIN,
    Break,
    Place,
    Publish,
    Redrive,
    Wait,
    Write,
    breaks,
)

IDS = [f"0000000{n}-c6af-4cdb-9ab1-3b5c2e0f0000" for n in range(2)]
BUYER = "ada"
STAFF = ["sam", "sue"]
KEYS = ["one", "two", "three"]

type Version = tuple[str, int, str]
"""An orderID, a version of it, and its state."""


@dataclass
class Shop:
    """The pipeline, and what clients know of their changes."""

    pipeline: Pipeline
    confirmed: list[Version] = field(default_factory=list)
    unanswered: list[tuple[str, Request]] = field(default_factory=list)

    @property
    def orders(self) -> Orders:
        return Orders("OrdersTable", self.pipeline.table)  # type: ignore[arg-type]

    def change(self, order_id: str, request: Request) -> None:
        """Send a request once, and note its answer."""
        self.pipeline.faults.revive()
        try:
            order = self.orders.change(order_id, request)
        except (NotFound, WrongState, KeyReused):
            return
        except (BotoCoreError, ClientError, Killed):
            if request.key is not None:
                self.unanswered.append((order_id, request))
            return
        change = next(
            (version, each)
            for version, each in enumerate(order.history, 2)
            if each.state is request.state
        )
        self.confirmed.append((order_id, change[0], change[1].state))

    def repeat_unanswered(self) -> None:
        """Let the clients without an answer repeat their requests."""
        waiting, self.unanswered = self.unanswered, []
        for order_id, request in waiting:
            self.change(order_id, request)


@dataclass(frozen=True)
class Change:
    """A person changes an order into a state or, with None, the next one.

    The person has seen the order `behind` versions ago. `meanwhile` is what somebody else changes
    between the reading and the writing.
    """

    order_id: str
    state: State | None
    person: str
    behind: int
    key: str | None
    meanwhile: Change | None = None

    def run(self, shop: Shop) -> None:
        try:
            order = shop.orders.get(self.order_id, None)
        except NotFound:
            return
        after = allowed(order.state, Role.STAFF)
        state = self.state or (after[0] if after else State.CANCELLED)
        role = Role.BUYER if self.person == BUYER else Role.STAFF
        version = None if role is Role.BUYER else max(1, order.version - self.behind)
        interruptions = shop.pipeline.table.meanwhile
        if self.meanwhile:
            interruptions.append(partial(self.meanwhile.run, shop))
        shop.change(self.order_id, Request(state, role, self.person, version, "", self.key))
        interruptions.clear()


@dataclass(frozen=True)
class Repeat:
    """The clients without an answer try again."""

    def run(self, shop: Shop) -> None:
        shop.repeat_unanswered()


def scripts(broken: st.SearchStrategy[Break]) -> st.SearchStrategy[list[Any]]:
    place = st.builds(
        Place, st.sampled_from(IDS), st.just('{"item": "lamp"}'), st.just(BUYER), st.just(0)
    )
    write = st.builds(Write, st.integers(1, 3), st.integers(0, 1), st.integers(0, 9))
    parts = (
        st.sampled_from(IDS),
        st.none() | st.none() | st.sampled_from(State),
        st.sampled_from([*STAFF, *STAFF, BUYER]),
        st.sampled_from([0, 0, 0, 1]),
        st.none() | st.sampled_from(KEYS),
    )
    alone = st.builds(Change, *parts)
    change = alone | st.builds(Change, *parts, meanwhile=alone)
    publish = st.builds(Publish, st.integers(1, 5))
    rest = st.builds(Wait, st.sampled_from([1, 60])) | st.builds(Redrive) | st.builds(Repeat)
    rounds = st.tuples(
        st.lists(change, min_size=1, max_size=4),
        st.lists(broken, max_size=2),
        st.lists(write | place | rest | change, max_size=2),
        st.lists(publish, max_size=2),
    )
    begin = st.tuples(place, write)
    return st.tuples(begin, st.lists(rounds, min_size=1, max_size=5)).map(
        lambda drawn: [
            *drawn[0],
            *(step for parts in drawn[1] for part in parts for step in part),
        ]
    )


def run(script: list[Any], shop: Shop) -> None:
    """Run the script, end all faults, and let everything that waits come to its end."""
    for step in script:
        step.run(shop if isinstance(step, Change | Repeat) else shop.pipeline)
    shop.pipeline.faults.heal()
    shop.repeat_unanswered()
    shop.pipeline.drain()


def versions(order: Order) -> list[Version]:
    states = [State.PLACED, *(change.state for change in order.history)]
    return [(order.orderID, version, state) for version, state in enumerate(states, 1)]


def published(events: list[dict[str, Any]]) -> list[Version]:
    return [
        (each["data"]["orderID"], each["data"]["version"], each["type"].removeprefix("order."))
        for each in events
    ]


def check(shop: Shop) -> list[Version]:
    """Check the histories of all orders. Returns all versions of all orders."""
    found = [Order.from_item(item) for item in shop.pipeline.stored.values()]
    for order in found:
        item = shop.pipeline.stored[order.orderID]
        path = [State.PLACED, *(change.state for change in order.history)]
        roles = [change.by for change in order.history]
        assert all(
            after in allowed(before, role)
            for before, after, role in zip(path, path[1:], roles, strict=False)
        )
        assert (order.state, order.version) == (path[-1], len(path))
        assert item["desk"]["S"] == order_desk.key(order.orderID, order.placedAt, order.state)
        keys = Counter(change.key for change in order.history if change.key)
        assert set(keys.values()) <= {1}
        assert_same_for_buyer_and_shop(order)
    everything = [version for order in found for version in versions(order)]
    assert set(shop.confirmed) <= set(everything)
    assert Counter(name for name, _ in shop.pipeline.changes) == Counter(
        "INSERT" if version == 1 else "MODIFY" for _, version, _ in everything
    )
    return everything


def assert_same_for_buyer_and_shop(order: Order) -> None:
    buyer = order.to_json(Role.BUYER, with_history=True)
    shop = order.to_json(Role.STAFF, with_history=True)
    shipped = [each["at"] for each in shop["history"] if each["state"] == State.SHIPPED]
    assert shop.pop("shippedAt", None) == (shipped[0] if shipped else None)
    for shown in (buyer, shop):
        del shown["allowed"]
        for each in shown["history"]:
            each.pop("byID", None)
    assert buyer == shop


def check_every_change_is_published(script: list[Any], *, shards: int, halves: bool) -> None:
    with pipeline(shards=shards, halves_on_first=halves) as simulated:
        shop = Shop(simulated)
        run(script, shop)

        everything = set(check(shop))
        assert set(published(simulated.topics.events())) == everything
        assert set(published(simulated.bus.events())) == everything


def check_every_change_is_published_once_in_order(
    script: list[Any], *, shards: int, halves: bool
) -> None:
    with pipeline(shards=shards, halves_on_first=halves) as simulated:
        shop = Shop(simulated)
        run(script, shop)

        everything = check(shop)
        for events in (simulated.topics.events(), simulated.bus.events()):
            assert Counter(published(events)) == Counter(everything)
            by_order = defaultdict(list)
            for order_id, version, _ in published(events):
                by_order[order_id].append(version)
            assert all(order == sorted(order) for order in by_order.values())


ANY_FAULT = scripts(breaks(["UpdateItem", *PUBLISHING], set(Fault)))
NO_DEATH_OF_THE_PUBLISHER = scripts(
    breaks(["UpdateItem"], set(Fault)) | breaks(SENDING, set(Fault) - UNCERTAIN)
)


@pytest.mark.slow
@settings(max_examples=100)
@given(script=ANY_FAULT, shards=st.integers(1, 2), halves=st.booleans())
def test_every_change_is_legal_and_published(
    *, script: list[Any], shards: int, halves: bool
) -> None:
    """faults 80, 81, 82, 85, 86, 87"""
    check_every_change_is_published(script, shards=shards, halves=halves)


@pytest.mark.slow
@settings(max_examples=100)
@given(script=NO_DEATH_OF_THE_PUBLISHER, shards=st.integers(1, 2), halves=st.booleans())
def test_every_change_is_published_once_and_in_order_unless_the_publisher_dies(
    *, script: list[Any], shards: int, halves: bool
) -> None:
    """faults 80, 81, 82, 85, 86, 87"""
    check_every_change_is_published_once_in_order(script, shards=shards, halves=halves)


@pytest.mark.nightly
@pytest.mark.timeout(900)
@settings(max_examples=5000)
@given(script=ANY_FAULT, shards=st.integers(1, 2), halves=st.booleans())
def test_of_5000_histories_each_is_legal_and_published(
    *, script: list[Any], shards: int, halves: bool
) -> None:
    """faults 80, 81, 82, 85, 86, 87"""
    check_every_change_is_published(script, shards=shards, halves=halves)


@pytest.mark.nightly
@pytest.mark.timeout(900)
@settings(max_examples=5000)
@given(script=NO_DEATH_OF_THE_PUBLISHER, shards=st.integers(1, 2), halves=st.booleans())
def test_of_5000_histories_each_is_published_once_and_in_order(
    *, script: list[Any], shards: int, halves: bool
) -> None:
    """faults 80, 81, 82, 85, 86, 87"""
    check_every_change_is_published_once_in_order(script, shards=shards, halves=halves)
