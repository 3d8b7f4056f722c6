"""What the local stack manages: latency of one order, a rush of clients, and its memory.

Beside it runs the tutorials' pipeline of bench/baselines/template.yaml, on the same emulator.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import batched
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import urllib3

from bench.section import Bar, Section
from local.api_user import Shopper
from local.emulator_clients import Outputs, client, subscribed_queue
from local.stack import deployment
from local.stack.local_stack import LocalStack
from project.template import ROOT

ONE_BY_ONE = 100
RUSH = 20_000
"""By HTTP as fast as the clients can, and then into the queues at once, of both pipelines."""
CLIENTS = 16
SECONDS_TO_NOTIFICATION = 1.0
PATIENCE_SECONDS = 120
"""Without a single new event."""


def section(orders: int = RUSH) -> Section:
    """A stack of its own, started for it and stopped again."""
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder), 0, 0, say=lambda _: None)
        try:
            return _section(stack, stack.up(), orders)
        finally:
            stack.down()


def _section(stack: LocalStack, outputs: Outputs, orders: int) -> Section:
    endpoint = outputs["Endpoint"]
    shop = _Shop(outputs)
    events = _Events("bench-events", outputs["OrderEventsTopic"], endpoint, _order_id)
    shop.place(1)  # what a cold start pays is measured elsewhere
    events.hear(1)
    accepted, notified = zip(*(_follow(shop, events) for _ in range(ONE_BY_ONE)), strict=True)
    p99 = quantiles(notified, n=100)[-1]

    def queue_up(queue: str) -> None:
        sqs = client("sqs", endpoint)
        for ten in batched(range(orders), 10, strict=False):
            sqs.send_message_batch(QueueUrl=queue, Entries=[_entry(number) for number in ten])

    table = outputs["OrdersTable"]
    rush = partial(_rush, stack, orders)
    posted = rush(lambda: shop.place(orders, CLIENTS), events, table)
    queued = rush(lambda: queue_up(outputs["OrdersQueueUrl"]), events, table)

    tutorial = deployment.deploy_beside(
        "tutorial", ROOT / "bench/baselines/template.yaml", stack.directory, endpoint
    )
    their_events = _Events("bench-tutorial", tutorial["Topic"], endpoint, _message_id)
    client("sqs", endpoint).send_message(QueueUrl=tutorial["QueueUrl"], MessageBody="{}")
    their_events.hear(1)
    theirs = rush(lambda: queue_up(tutorial["QueueUrl"]), their_events, tutorial["Table"])

    rushes = posted, queued, theirs
    rows: list[tuple[str, ...]] = [
        ("one at a time, POST to 202, median", _ms(median(accepted)), "", ""),
        ("one at a time, POST to 202, p99", _ms(quantiles(accepted, n=100)[-1]), "", ""),
        ("one at a time, POST to notification, median", _ms(median(notified)), "", ""),
        ("one at a time, POST to notification, p99", _ms(p99), "", ""),
        (f"{orders:,} orders, accepted in", *(f"{each.taken:.0f} s" for each in rushes)),
        ("stored", *(f"{each.stored:,}" for each in rushes)),
        ("the last published, after the first came", *(f"{each.seconds:.0f} s" for each in rushes)),
        ("stored and published", *(f"{orders / each.seconds:.0f} orders/s" for each in rushes)),
        *(
            (f"{what}, before, half way and after", *(_megabytes(each, size) for each in rushes))
            for what, size in (
                ("the emulator, which keeps all data", lambda m: m.emulator),
                ("the largest process of the functions", lambda m: m.largest),
            )
        ),
    ]
    bars = [
        Bar("seconds from POST to notification, p99", p99, SECONDS_TO_NOTIFICATION),
        Bar(
            "orders stored, of those sent",
            (posted.stored + queued.stored) / (2 * orders),
            1.0,
            at_least=True,
        ),
        Bar(
            "orders drained a second, times tutorial",
            theirs.seconds / queued.seconds,
            1.0,
            at_least=True,
        ),
        *(
            Bar(
                f"MB of the largest process after {name}, times half way",
                each.memory[-1].largest / each.memory[len(each.memory) // 2].largest,
                1.1,
            )
            for name, each in (("HTTP", posted), ("the queue", queued))
        ),
    ]
    return Section(
        "Local stack",
        "The whole stack on the emulator, orders by HTTP through the gateway; clients, gateway, "
        "emulator and functions share the machine. An order counts as published when its event "
        "is heard, and none may be heard twice. A rush comes as fast as 16 clients can post, and "
        "another stands in the queue at once. The tutorials' pipeline, deployed to the same "
        "emulator, has no front door: it is given the second one.",
        ("", "Storefront, by HTTP", "Storefront, queued", "tutorial, queued"),
        rows,
        bars,
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


class _Shop:
    def __init__(self, outputs: Outputs) -> None:
        shopper = Shopper.sign_in(outputs, "bench")
        self._url = outputs["GatewayUrl"] + "/orders"
        self._headers = {
            "Authorization": shopper.access_token,
            "Content-Type": "application/json",
        }
        self._http = urllib3.PoolManager(maxsize=CLIENTS)

    def place(self, orders: int, clients: int = 1) -> None:
        """Place orders; every one must be accepted."""
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(lambda _: self._post(), range(orders)))

    def _post(self) -> None:
        body = b'{"item": "latex gloves", "customerID": "12345"}'
        answer = self._http.request("POST", self._url, body=body, headers=self._headers)
        assert answer.status == 202, answer.status


class _Events:
    """What a topic publishes, heard through a queue of its own."""

    def __init__(
        self, name: str, topic: str, endpoint: str, identify: Callable[[dict[str, Any]], str]
    ) -> None:
        self._sqs = client("sqs", endpoint)
        self._queue = subscribed_queue(name, topic, endpoint)
        self._identify = identify

    def hear(self, orders: int) -> None:
        """Wait for so many, each once."""
        heard: set[str] = set()
        last = time.monotonic()
        while len(heard) < orders:
            for message in self._receive():
                found = self._identify(json.loads(message["Body"]))
                assert found not in heard, "published twice"
                heard.add(found)
                last = time.monotonic()
            assert time.monotonic() - last < PATIENCE_SECONDS, f"{len(heard)} of {orders} heard"

    def _receive(self) -> list[Any]:
        messages: list[Any] = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=20
        ).get("Messages", [])
        if messages:
            handles = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=handles)
        return messages


def _order_id(notification: dict[str, Any]) -> str:
    return str(json.loads(notification["Message"])["data"]["orderID"])


def _message_id(notification: dict[str, Any]) -> str:
    return str(notification["MessageId"])


def _follow(shop: _Shop, events: _Events) -> tuple[float, float]:
    """Seconds from a POST to its 202, and to its event."""
    start = time.perf_counter()
    shop.place(1)
    accepted = time.perf_counter() - start
    events.hear(1)
    return accepted, time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class _Rush:
    """How many orders at once became rows and events: seconds, and memory second by second."""

    taken: float
    seconds: float
    stored: int
    memory: list[_Memory]


def _rush(
    stack: LocalStack, orders: int, send: Callable[[], None], events: _Events, table: str
) -> _Rush:
    """Send the orders, and wait until the last event is heard."""
    endpoint = stack.outputs()["Endpoint"]
    before = _count(table, endpoint)
    with _memory(stack) as memory:
        start = time.perf_counter()
        send()
        taken = time.perf_counter() - start
        events.hear(orders)
        seconds = time.perf_counter() - start
    return _Rush(taken, seconds, _count(table, endpoint) - before, memory)


def _megabytes(rush: _Rush, size: Callable[[_Memory], float]) -> str:
    memory = rush.memory
    moments = memory[0], memory[len(memory) // 2], memory[-1]
    return ", ".join(f"{size(moment):.0f}" for moment in moments) + " MB"


def _entry(number: int) -> dict[str, Any]:
    """A message as the edge queues it."""

    def attribute(value: str, kind: str = "String") -> dict[str, str]:
        return {"StringValue": value, "DataType": kind}

    return {
        "Id": str(number),
        "MessageBody": '{"item": "latex gloves", "customerID": "12345"}',
        "MessageAttributes": {
            "orderID": attribute(str(uuid.uuid4())),
            "placedBy": attribute("5f0a1c2e-7d1b-4c8f-9f63-1f0f4b8f2a11"),
            "placedAt": attribute(str(int(time.time() * 1000)), "Number"),
        },
    }


def _count(table: str, endpoint: str) -> int:
    pages = client("dynamodb", endpoint).get_paginator("scan")
    return sum(page["Count"] for page in pages.paginate(TableName=table, Select="COUNT"))


@dataclass(frozen=True, slots=True)
class _Memory:
    """Resident MB of the emulator, which keeps all data, and of the largest other process."""

    emulator: float
    largest: float


@contextmanager
def _memory(stack: LocalStack) -> Iterator[list[_Memory]]:
    """The memory of the stack's processes, once a second."""
    state = json.loads((stack.directory / "stack.json").read_text())
    emulator, gateway = (state[name]["pid"] for name in ("emulator", "gateway"))
    samples: list[_Memory] = []
    stopped = threading.Event()

    def sample() -> None:
        while True:
            resident = {pid: mb for pid, group, mb in _processes() if group in (emulator, gateway)}
            own = resident.pop(emulator, 0.0)
            samples.append(_Memory(own, max(resident.values(), default=0.0)))
            if stopped.wait(1):
                break

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield samples
    finally:
        stopped.set()
        sampler.join()


def _processes() -> Iterator[tuple[int, int, float]]:
    """(pid, session, resident MB) of every process of this Linux."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # has just ended
            session = (entry / "stat").read_text().rpartition(")")[2].split()[3]
            pages = (entry / "statm").read_text().split()[1]
            yield int(entry.name), int(session), int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
