"""The local stack: the latency of one order, a rush of orders, and memory.

The pipeline of bench/baselines/template.yaml, as tutorials build it, runs on the same emulator.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from bench.order_load import CLIENTS, EventListener, OrderClient, fill_queue, message_id, order_id
from bench.process_memory import Memory, sampled_memory
from bench.report import Report, Target
from local.emulator_clients import Outputs, client
from local.stack import deployment
from local.stack.local_stack import LocalStack
from project.template import ROOT

SINGLE_ORDERS = 100
RUSH_ORDERS = 20_000
MAX_SECONDS_TO_NOTIFICATION = 1.0


@dataclass(frozen=True, slots=True)
class Rush:
    """Many orders at once: how long until they were accepted, and until all were published."""

    accepted_seconds: float
    published_seconds: float
    stored: int
    memory: list[Memory]


def report(orders: int = RUSH_ORDERS) -> Report:
    """Measure a new stack, which is stopped afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder), 0, 0, say=lambda _: None)
        try:
            return _measure(stack, stack.up(), orders)
        finally:
            stack.down()


def _measure(stack: LocalStack, outputs: Outputs, orders: int) -> Report:
    clients = OrderClient(outputs)
    events = EventListener("bench-events", outputs["OrderEventsTopic"], outputs, order_id)
    clients.place(1)  # the cold start has a benchmark of its own
    events.wait_for(1)
    latencies = [_place_one(clients, events) for _ in range(SINGLE_ORDERS)]

    rush = partial(_rush, stack, orders)
    fill = partial(fill_queue, orders=orders, outputs=outputs)
    table = outputs["OrdersTable"]
    by_http = rush(lambda: clients.place(orders, CLIENTS), events, table)
    queued = rush(lambda: fill(outputs["OrdersQueueUrl"]), events, table)

    tutorial = deployment.deploy_beside(
        "tutorial", ROOT / "bench/baselines/template.yaml", stack.directory, outputs
    )
    tutorial_events = EventListener("bench-tutorial", tutorial["Topic"], outputs, message_id)
    client("sqs", outputs).send_message(QueueUrl=tutorial["QueueUrl"], MessageBody="{}")
    tutorial_events.wait_for(1)
    baseline = rush(lambda: fill(tutorial["QueueUrl"]), tutorial_events, tutorial["Table"])
    return _report(orders, latencies, by_http, queued, baseline)


def _place_one(clients: OrderClient, events: EventListener) -> tuple[float, float]:
    """The seconds from POST to the 202, and from POST to the order's event."""
    start = time.perf_counter()
    clients.place(1)
    accepted = time.perf_counter() - start
    events.wait_for(1)
    return accepted, time.perf_counter() - start


def _rush(
    stack: LocalStack, orders: int, send: Callable[[], None], events: EventListener, table: str
) -> Rush:
    """Send the orders, and wait for the last event."""
    before = _item_count(table, stack.outputs())
    with sampled_memory(stack) as memory:
        start = time.perf_counter()
        send()
        accepted = time.perf_counter() - start
        events.wait_for(orders)
        published = time.perf_counter() - start
    return Rush(accepted, published, _item_count(table, stack.outputs()) - before, memory)


def _item_count(table: str, outputs: Outputs) -> int:
    pages = client("dynamodb", outputs).get_paginator("scan")
    return sum(page["Count"] for page in pages.paginate(TableName=table, Select="COUNT"))


def _report(
    orders: int, latencies: list[tuple[float, float]], by_http: Rush, queued: Rush, tutorial: Rush
) -> Report:
    accepted, notified = zip(*latencies, strict=True)
    accepted_p99, notified_p99 = (quantiles(each, n=100)[-1] for each in (accepted, notified))
    rushes = by_http, queued, tutorial
    rows: list[tuple[str, ...]] = [
        ("one at a time, POST to 202, median", _ms(median(accepted)), "", ""),
        ("one at a time, POST to 202, p99", _ms(accepted_p99), "", ""),
        ("one at a time, POST to notification, median", _ms(median(notified)), "", ""),
        ("one at a time, POST to notification, p99", _ms(notified_p99), "", ""),
        (
            f"{orders:,} orders, all accepted after",
            *(f"{r.accepted_seconds:.0f} s" for r in rushes),
        ),
        ("stored", *(f"{r.stored:,}" for r in rushes)),
        ("all published after", *(f"{r.published_seconds:.0f} s" for r in rushes)),
        (
            "stored and published",
            *(f"{orders / r.published_seconds:.0f} orders/s" for r in rushes),
        ),
        *(
            (f"{process}, before, halfway and after", *(_megabytes(r, size) for r in rushes))
            for process, size in (
                ("the emulator, which stores all data", lambda m: m.emulator),
                ("the largest process of the functions", lambda m: m.largest),
            )
        ),
    ]
    stored = (by_http.stored + queued.stored) / (2 * orders)
    speedup = tutorial.published_seconds / queued.published_seconds
    targets = [
        Target("seconds from POST to notification, p99", notified_p99, MAX_SECONDS_TO_NOTIFICATION),
        Target("share of the orders that is stored", stored, 1.0, at_least=True),
        Target("orders per second from the queue, times tutorial", speedup, 1.0, at_least=True),
        *(
            Target(
                f"MB of the largest process after {name}, times halfway",
                rush.memory[-1].largest / rush.memory[len(rush.memory) // 2].largest,
                1.1,
            )
            for name, rush in (("HTTP", by_http), ("the queue", queued))
        ),
    ]
    return Report(
        "Local stack",
        "The whole stack on the emulator, with orders by HTTP through the gateway. Clients, "
        "gateway, emulator and functions share the machine. An order counts as published when its "
        "event is received; no event may be received twice. One rush arrives as fast as "
        f"{CLIENTS} clients can post, another is in the queue at once. The tutorials' pipeline "
        "runs on the same emulator; it has no API, so it gets only the second rush.",
        ("", "Storefront, by HTTP", "Storefront, queued", "tutorial, queued"),
        rows,
        targets,
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _megabytes(rush: Rush, size: Callable[[Memory], float]) -> str:
    memory = rush.memory
    moments = memory[0], memory[len(memory) // 2], memory[-1]
    return ", ".join(f"{size(moment):.0f}" for moment in moments) + " MB"
