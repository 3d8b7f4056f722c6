"""How many orders a second the writer and the publisher manage, against what people write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.section import Bar, Section
from bench.stub import DELAY_SECONDS, counts, stub
from local.stack.deployment import BUILD
from project.template import ROOT

BASELINES = ROOT / "bench" / "baselines"

BATCH = 100

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ORDERS_TABLE": "orders",
    "IDEMPOTENCY_TABLE": "idempotency",
    "ORDER_EVENTS_TOPIC": "arn:aws:sns:us-east-1:123456789012:events",
    "ORDER_NOTIFICATIONS_TOPIC": "arn:aws:sns:us-east-1:123456789012:mail",
    "ALLOWED_ORIGIN": "*",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


@dataclass(frozen=True)
class Contestant:
    """A handler, the folders it is imported from, and the batches that it takes."""

    name: str
    module: str
    folders: tuple[Path, ...]
    batch: str
    batches: int = 10


def ours(function: str, batch: str) -> Contestant:
    """A function as `sam build` built it."""
    folders = (BUILD / function, BUILD / "CommonLayer" / "python")
    return Contestant("ours", "app", folders, batch)


def baseline(module: str, batch: str, batches: int) -> Contestant:
    """A function of bench/baselines, and as many batches as it needs for a steady rate."""
    return Contestant(module.partition("_")[0], module, (BASELINES,), batch, batches)


RACES = {
    "writer": [
        ours("OrdersWriterFunction", "queue_batch"),
        baseline("tutorial_writer", "queue_batch", 5),
        baseline("documented_writer", "queue_batch", 2),
    ],
    "publisher": [
        ours("OrdersPublisherFunction", "stream_batch"),
        baseline("tutorial_publisher", "stream_batch", 5),
    ],
}

# How many times as many orders a second ours is to manage.
FASTER = {"writer": {"tutorial": 15.0, "documented": 40.0}, "publisher": {"tutorial": 9.0}}
REQUESTS = {"writer": 0.05, "publisher": 0.15}


@dataclass(frozen=True)
class Result:
    """What one contestant came to: medians of the rounds, and counts an order."""

    rate: float
    cpu_microseconds: float
    requests: float
    write_units: float


@dataclass(frozen=True)
class Run:
    """One process's work on batches of these sizes."""

    seconds: float
    cpu_seconds: float
    printed_bytes: int


def race(name: str, rounds: int) -> dict[str, Result]:
    """Everybody runs once a round, in fresh processes, so that a slow moment hits all alike."""
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in RACES[name]}
    asked: dict[str, tuple[float, float]] = {}
    with stub() as address:
        for _ in range(rounds):
            for contestant in RACES[name]:
                runs[contestant.name].append(
                    work(contestant, address, [BATCH] * contestant.batches)
                )
                seen = counts(address)
                orders = BATCH * (contestant.batches + 1)  # and the one that warms up
                asked[contestant.name] = seen["requests"] / orders, seen["write units"] / orders
    return {
        contestant.name: Result(
            BATCH * contestant.batches / median(run.seconds for run in runs[contestant.name]),
            median(run.cpu_seconds for run in runs[contestant.name])
            / (BATCH * contestant.batches)
            * 1e6,
            *asked[contestant.name],
        )
        for contestant in RACES[name]
    }


def section(name: str, rounds: int) -> Section:
    """The race as a table, and its bars."""
    results = race(name, rounds)
    own = results["ours"]
    rows = [
        (
            who,
            f"{result.rate:.0f}",
            f"{result.cpu_microseconds:.0f}",
            f"{result.requests:.2f}",
            f"{result.write_units:.2f}",
            f"{own.rate / result.rate:.1f}x",
        )
        for who, result in results.items()
    ]
    bars = [
        Bar(
            f"orders a second, times {who}",
            own.rate / results[who].rate,
            times,
            at_least=True,
            slack=0.4,
        )
        for who, times in FASTER[name].items()
    ]
    bars.append(Bar("requests an order", own.requests, REQUESTS[name]))
    bars.append(Bar("write units an order", own.write_units, 1.0))
    return Section(
        name.capitalize(),
        f"Batches of {BATCH}; DynamoDB and SNS are a local server that answers after "
        f"{DELAY_SECONDS * 1000:.0f} ms. Fresh processes, all in turn, medians of {rounds} "
        "rounds. CPU is the process's own.",
        ("", "orders/s", "CPU µs/order", "requests/order", "write units/order", "ours is"),
        rows,
        bars,
    )


def work(contestant: Contestant, address: str, sizes: Sequence[int]) -> Run:
    """Let a fresh process of this contestant take batches of these sizes, after one more."""
    environment = ENVIRONMENT | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, contestant.folders)),
        "PYTHONWARNINGS": "ignore",
        "AWS_ENDPOINT_URL": address,
        "ORDERS_DEAD_LETTER_QUEUE_URL": f"{address}/queue",
    }
    script = ROOT / "bench" / "contestant.py"
    arguments = [contestant.module, contestant.batch, *map(str, sizes)]
    process = subprocess.run(
        [sys.executable, "-P", script, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    *printed, last = process.stdout.splitlines()
    seconds, cpu_seconds = json.loads(last)
    return Run(seconds, cpu_seconds, sum(len(line.encode()) + 1 for line in printed))
