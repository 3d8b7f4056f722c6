"""The orders pipeline after the API: the real writer and publisher with fake services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.session import Session

from common.observability import logger
from common.refused_orders import RefusedOrders
from project import functions
from tests.harness.event_sources import event_source
from tests.harness.simulator.event_bus import BUS, EventBus
from tests.harness.simulator.faults import Clock, Faults, Killed
from tests.harness.simulator.sqs import Message, Queue, QueueMapping, Sqs
from tests.harness.simulator.stream import Stream, StreamMapping
from tests.harness.simulator.table import DynamoDB
from tests.harness.simulator.topic import Sns

CALLER = "7d8ca528-4931-4254-9273-ea5ee853f271"

Pick = Callable[[list[Message]], list[Message]]


class Pipeline:
    """The queues, the table, its stream, the topics and the bus, with the template's settings."""

    def __init__(self, *, shards: int, halves_on_first: bool) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self.dead_letters = Queue(self.clock, functions.resource("OrdersDeadLetterQueue"))
        self.queue = Queue(self.clock, functions.resource("OrdersQueue"), self.dead_letters)
        self.stream = Stream(self.clock, shards)
        self.raised: list[Exception] = []
        self.changes: list[tuple[str, dict[str, Any]]] = []
        self.table = DynamoDB(self.faults, self._change)
        self.topics = Sns(self.clock, self.faults)
        self.bus = EventBus(self.faults)
        self.writer = QueueMapping(
            self.clock,
            self.queue,
            event_source("orders_writer"),
            self._function("orders_writer"),
        )
        self.publisher = StreamMapping(
            self.clock,
            self.stream,
            event_source("orders_publisher"),
            self._function("orders_publisher"),
            halves_on_first=halves_on_first,
        )

    @property
    def clients(self) -> dict[str, Any]:
        """The clients that botocore returns to the functions."""
        sqs = Sqs(self.clock, self.faults, {"OrdersDeadLetterQueue": self.dead_letters})
        return {"dynamodb": self.table, "sqs": sqs, "sns": self.topics, "events": self.bus}

    @property
    def stored(self) -> dict[str, dict[str, Any]]:
        """The items of the orders table, by orderID."""
        return self.table.tables["OrdersTable"]

    def is_refused(self, order_id: str, caller: str) -> bool:
        """Return whether this caller reads that an order with this orderID was refused."""
        return RefusedOrders("IdempotencyTable", self.table).find(order_id, caller) is not None  # type: ignore[arg-type]

    def place(self, order_id: str, body: str, caller: str = CALLER, delay: float = 0) -> None:
        """Queue an order as the API does."""
        attributes = {
            "orderID": {"DataType": "String", "StringValue": order_id},
            "placedBy": {"DataType": "String", "StringValue": caller},
            "placedAt": {"DataType": "Number", "StringValue": str(int(self.clock.now * 1000))},
        }
        self.queue.send(Message(body, attributes, {}, self.clock.now, caller), delay)

    def write(self, pick: Pick = list, most: int = 10_000) -> bool:
        """Let the writer process one batch. Returns False if no message is visible."""
        return self.writer.poll(pick, most)

    def publish(self, most: int = 10_000) -> bool:
        """Let the publisher process one batch per shard. Returns False if there was none."""
        polled = [self.publisher.poll(n, most) for n in range(len(self.stream.shards))]
        return any(polled)

    def wait(self, seconds: float) -> None:
        """Advance the clock."""
        self.clock.now += seconds

    def drain(self) -> None:
        """Advance the clock until the queue and the stream are empty."""
        while self.queue.messages:
            if not self.write():
                self.wait(60)
        while self.publish():
            self.wait(1)

    def _change(self, name: str, item: dict[str, Any]) -> None:
        self.changes.append((name, item))
        self.stream.add(name, item)

    def _function(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def invoke(event: dict[str, Any]) -> dict[str, Any]:
            self.faults.revive()
            try:
                response: dict[str, Any] = functions.function(name).handler(
                    event, functions.context(name)
                )
            except Exception as error:
                self.raised.append(error)
                raise
            return response

        return invoke


@contextmanager
def pipeline(*, shards: int = 1, halves_on_first: bool = True) -> Iterator[Pipeline]:
    """Run a pipeline that the functions' clients use."""
    with connected(Pipeline(shards=shards, halves_on_first=halves_on_first)) as simulated:
        yield simulated


@contextmanager
def connected[P: Pipeline](simulated: P) -> Iterator[P]:
    """Let the functions' clients use the pipeline."""
    clients = simulated.clients
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "create_client", lambda _, service, **__: clients[service])
        patch.setattr(ThreadPoolExecutor, "submit", _at_once)
        patch.setattr(time, "sleep", simulated.wait)
        patch.setenv("EVENT_BUS", BUS)
        functions.forget_clients()
        logger.setLevel("CRITICAL")
        yield simulated
    logger.setLevel("INFO")
    functions.forget_clients()


def _at_once[T](_: ThreadPoolExecutor, call: Callable[..., T], /, *args: Any) -> Future[T]:
    """Run the call immediately, in the same thread, so that runs are reproducible."""
    future: Future[T] = Future()
    try:
        future.set_result(call(*args))
    except (Exception, Killed) as error:  # like a real pool
        future.set_exception(error)
    return future
