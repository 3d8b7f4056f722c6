"""How many orders a second the writer and the publisher manage, against what people write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.stub import DELAY_SECONDS, counts, stub
from local.stack import DIRECTORY
from local.template import ROOT

BUILD = DIRECTORY / "build"
BASELINES = ROOT / "bench" / "baselines"

BATCH = 100
BATCHES = 10


@dataclass(frozen=True)
class Contestant:
    """A handler, the folders it is imported from, and the batches that it takes."""

    name: str
    module: str
    folders: tuple[Path, ...]
    batch: str


def ours(function: str, batch: str) -> Contestant:
    """A function as `sam build` built it."""
    folders = (BUILD / function, BUILD / "CommonLayer" / "python")
    return Contestant("ours", "app", folders, batch)


def baseline(module: str, batch: str) -> Contestant:
    """A function of bench/baselines."""
    return Contestant(module.partition("_")[0], module, (BASELINES,), batch)


RACES = {
    "writer": [
        ours("OrdersWriterFunction", "queue_batch"),
        baseline("tutorial_writer", "queue_batch"),
        baseline("documented_writer", "queue_batch"),
    ],
    "publisher": [
        ours("OrdersPublisherFunction", "stream_batch"),
        baseline("tutorial_publisher", "stream_batch"),
    ],
}


def race(name: str, rounds: int) -> list[tuple[str, float, float, float]]:
    """(name, orders a second, requests an order, write units an order), medians of the rounds.

    Everybody runs once a round, in fresh processes, so that a slow moment hits all alike.
    """
    contestants = RACES[name]
    rates: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    asked: dict[str, tuple[float, float]] = {}
    with stub() as address:
        for _ in range(rounds):
            for contestant in contestants:
                rates[contestant.name].append(_run(contestant, address))
                seen = counts(address)
                orders = BATCH * (BATCHES + 1)  # and the one that warms up
                asked[contestant.name] = seen["requests"] / orders, seen["write units"] / orders
    return [(c.name, median(rates[c.name]), *asked[c.name]) for c in contestants]


def report(name: str, rounds: int) -> dict[str, float]:
    """Print the race as a table; how many times faster ours is than each of the others."""
    results = race(name, rounds)
    own = results[0][1]
    print(f"\n{name}: batches of {BATCH}, {DELAY_SECONDS * 1000:.0f} ms a request")
    print(f"{'':12}{'orders/s':>10}{'requests/order':>16}{'writes/order':>14}{'ours is':>10}")
    for who, rate, requests, writes in results:
        print(f"{who:12}{rate:>10.0f}{requests:>16.2f}{writes:>14.2f}{own / rate:>9.1f}x")
    return {who: own / rate for who, rate, _, _ in results[1:]}


def _run(contestant: Contestant, address: str) -> float:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, contestant.folders)),
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "ORDERS_TABLE": "orders",
        "IDEMPOTENCY_TABLE": "idempotency",
        "ORDERS_DEAD_LETTER_QUEUE_URL": f"{address}/queue",
        "ORDER_EVENTS_TOPIC": "arn:aws:sns:us-east-1:123456789012:events",
        "ORDER_NOTIFICATIONS_TOPIC": "arn:aws:sns:us-east-1:123456789012:mail",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    script = ROOT / "bench" / "contestant.py"
    arguments = [contestant.module, contestant.batch, str(BATCH), str(BATCHES)]
    process = subprocess.run(
        [sys.executable, script, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds: float = json.loads(process.stdout.splitlines()[-1])
    return BATCH * BATCHES / seconds
