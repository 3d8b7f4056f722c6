"""With any faults between API and email, in any order, no order is lost or duplicated."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.harness.simulator.faults import Fault
from tests.harness.simulator.pipeline import Pipeline, pipeline

type Content = tuple[str, str, frozenset[Any]]
"""orderID, caller and fields. Messages with equal content are the same order."""

IDS = [f"0000000{n}-c6af-4cdb-9ab1-3b5c2e0f0000" for n in range(6)]
CALLERS = ["ada", "ben"]
BODIES = [
    '{"item": "lamp", "quantity": 1}',
    '{"quantity": 1.0, "item": "lamp"}',
    '{"item": "lamp", "quantity": 1.5}',
    '{"item": "lamp", "quantity": 12345678901234567890123456789012345678}',
    '{"item": "lamp", "quantity": 12345678901234567890123456789012345679}',
]
UNREADABLE = '{"item": 1}'

WRITING = ["BatchExecuteStatement", "PutItem", "SendMessage"]
SENDING = ["BatchGetItem", "PublishBatch", "PutEvents", "Publish"]
PUBLISHING = [*SENDING, "BatchWriteItem"]

UNCERTAIN = {Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.TIMED_OUT}
"""After these faults, a client does not know whether the request succeeded, so it may repeat it."""


@dataclass(frozen=True)
class Place:
    """A client places an order, possibly the same as an earlier one."""

    order_id: str
    body: str
    caller: str
    delay: int

    def run(self, simulated: Pipeline) -> None:
        simulated.place(self.order_id, self.body, self.caller, self.delay)


@dataclass(frozen=True)
class Write:
    """The writer receives messages out of order, and some of them twice."""

    most: int
    duplicates: int
    seed: int

    def run(self, simulated: Pipeline) -> None:
        shuffled = random.Random(self.seed)
        for message in simulated.queue.messages[: self.duplicates]:
            simulated.queue.duplicate(message)
        simulated.write(lambda found: shuffled.sample(found, len(found)), self.most)


@dataclass(frozen=True)
class Publish:
    """The publisher processes a batch of every shard."""

    most: int

    def run(self, simulated: Pipeline) -> None:
        simulated.publish(self.most)


@dataclass(frozen=True)
class Break:
    """The next requests of one operation fail."""

    operation: str
    faults: tuple[Fault | None, ...]

    def run(self, simulated: Pipeline) -> None:
        simulated.faults.script(self.operation, self.faults)


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    seconds: int

    def run(self, simulated: Pipeline) -> None:
        simulated.wait(self.seconds)


@dataclass(frozen=True)
class Redrive:
    """The operator moves the dead letters back to their queue."""

    def run(self, simulated: Pipeline) -> None:
        simulated.dead_letters.redrive_to(simulated.queue)


def steps(breaks: st.SearchStrategy[Break]) -> st.SearchStrategy[list[Any]]:
    place = st.builds(
        Place,
        st.sampled_from(IDS),
        st.sampled_from([*BODIES, UNREADABLE]),
        st.sampled_from(CALLERS),
        st.sampled_from([0, 0, 1, 200]),
    )
    write = st.builds(Write, st.integers(1, 10), st.integers(0, 2), st.integers(0, 99))
    publish = st.builds(Publish, st.integers(1, 10))
    rest = st.builds(Wait, st.sampled_from([1, 60, 200])) | st.builds(Redrive)
    rounds = st.tuples(
        st.lists(place, min_size=1, max_size=5),
        st.lists(breaks, max_size=3),
        st.lists(write | publish | rest, max_size=2),
        st.tuples(write, publish),
    )
    return st.lists(rounds, min_size=2, max_size=8).map(
        lambda drawn: [step for parts in drawn for part in parts for step in part]
    )


def breaks(operations: list[str], faults: set[Fault]) -> st.SearchStrategy[Break]:
    scripts = st.lists(st.none() | st.sampled_from(sorted(faults, key=str)), min_size=1, max_size=6)
    return st.builds(Break, st.sampled_from(operations), scripts.map(tuple))


@pytest.mark.slow
@settings(max_examples=250)
@given(
    script=steps(breaks(WRITING + PUBLISHING, set(Fault))),
    shards=st.integers(1, 3),
    halves_on_first=st.booleans(),
)
def test_every_order_is_stored_and_published_or_its_client_or_the_operator_is_told(
    *, script: list[Any], shards: int, halves_on_first: bool
) -> None:
    """faults 16, 17, 19, 20, 21, 22, 26, 27, 62, 86, 87"""
    with pipeline(shards=shards, halves_on_first=halves_on_first) as simulated:
        run(script, simulated)

        assert stored(simulated) | dead_lettered(simulated) <= accepted(script)
        assert refused(simulated) == {
            (order_id, caller)
            for order_id, caller, _ in accepted(script)
            - stored(simulated)
            - dead_lettered(simulated)
        }
        assert [name for name, _ in simulated.changes] == ["INSERT"] * len(simulated.stored)
        assert [item for _, item in simulated.changes] == list(simulated.stored.values())
        assert set(published(simulated)) == set(simulated.stored)
        assert set(put_on_bus(simulated)) == set(simulated.stored)
        assert set(mailed(simulated)) == set(simulated.stored)
        assert simulated.raised == []


@pytest.mark.slow
@settings(max_examples=250)
@given(
    script=steps(breaks(WRITING, set(Fault)) | breaks(SENDING, set(Fault) - UNCERTAIN)),
    shards=st.integers(1, 3),
    halves_on_first=st.booleans(),
)
def test_every_order_is_published_and_mailed_once_unless_the_publisher_dies(
    *, script: list[Any], shards: int, halves_on_first: bool
) -> None:
    """faults 16, 20, 21, 23, 26, 27, 86, 87"""
    with pipeline(shards=shards, halves_on_first=halves_on_first) as simulated:
        run(script, simulated)

        assert published(simulated) == Counter(simulated.stored.keys())
        assert put_on_bus(simulated) == Counter(simulated.stored.keys())
        assert mailed(simulated) == Counter(simulated.stored.keys())


def run(script: list[Any], simulated: Pipeline) -> None:
    """Run the script, then end all faults and drain the pipeline."""
    for step in script:
        step.run(simulated)
    simulated.faults.heal()
    simulated.drain()
    for operation, fault in set(simulated.faults.happened):
        event(f"{operation} {fault.name}")


def accepted(script: list[Any]) -> set[Content]:
    placed = [step for step in script if isinstance(step, Place)]
    return {content(step.order_id, step.caller, step.body) for step in placed}


def stored(simulated: Pipeline) -> set[Content]:
    deserialize = TypeDeserializer().deserialize
    items = [{name: deserialize(v) for name, v in i.items()} for i in simulated.stored.values()]
    return {(i["orderID"], i["placedBy"], frozenset(i["order"].items())) for i in items}


def refused(simulated: Pipeline) -> set[tuple[str, str]]:
    return {each for each in product(IDS, CALLERS) if simulated.is_refused(*each)}


def dead_lettered(simulated: Pipeline) -> set[Content]:
    return {
        content(
            message.attributes["orderID"]["StringValue"],
            message.attributes["placedBy"]["StringValue"],
            message.body,
        )
        for message in simulated.dead_letters.messages
    }


def content(order_id: str, caller: str, body: str) -> Content:
    fields = json.loads(body, parse_int=Decimal, parse_float=Decimal)
    return order_id, caller, frozenset(fields.items())


def published(simulated: Pipeline) -> Counter[str]:
    return Counter(found["data"]["orderID"] for found in simulated.topics.events())


def put_on_bus(simulated: Pipeline) -> Counter[str]:
    return Counter(found["data"]["orderID"] for found in simulated.bus.events())


def mailed(simulated: Pipeline) -> Counter[str]:
    return Counter(
        order_id for _, text in simulated.topics.emails() for order_id in IDS if order_id in text
    )
