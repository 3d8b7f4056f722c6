"""The implementations that the benchmarks compare, and how one runs in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.stack.builds import BUILD
from project import functions, template
from project.template import ROOT

LAYER = BUILD / "CommonLayer" / "python"

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

_BASELINES = ROOT / "bench" / "baselines"


@dataclass(frozen=True)
class Implementation:
    """A Lambda handler.

    `module` has the handler and is imported from `folders`. `batch` names the function of
    bench/events.py that makes its events. `batches` is how many it needs for a steady rate.
    """

    name: str
    module: str
    folders: tuple[Path, ...]
    batch: str
    batches: int = 10


def storefront(function: str, batch: str) -> Implementation:
    """One of the project's functions, as `sam build` built it."""
    return Implementation("Storefront", "app", (BUILD / function, LAYER), batch)


def baseline(module: str, batch: str, batches: int) -> Implementation:
    """A function of bench/baselines."""
    return Implementation(module.partition("_")[0], module, (_BASELINES,), batch, batches)


WRITER = storefront("OrdersWriterFunction", "queue_batch")
PUBLISHER = storefront("OrdersPublisherFunction", "stream_batch")
TUTORIAL_WRITER = baseline("tutorial_writer", "queue_batch", 5)
TUTORIAL_PUBLISHER = baseline("tutorial_publisher", "stream_batch", 5)
DOCUMENTED_WRITER = baseline("documented_writer", "queue_batch", 2)


@dataclass(frozen=True)
class Run:
    """The time and the log output of one process."""

    seconds: float
    cpu_seconds: float
    printed_bytes: int


def run_batches(implementation: Implementation, endpoint: str, sizes: Sequence[int]) -> Run:
    """Handle batches of these sizes in a fresh process, after one batch to warm up.

    The seconds exclude the batch that warms up; the printed bytes include it.
    """
    environment = (
        _variables(implementation)
        | ENVIRONMENT
        | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, implementation.folders)),
            "PYTHONWARNINGS": "ignore",
            "AWS_ENDPOINT_URL": endpoint,
            "ORDERS_DEAD_LETTER_QUEUE_URL": f"{endpoint}/queue",
        }
    )
    script = ROOT / "bench" / "runner.py"
    arguments = [implementation.module, implementation.batch, *map(str, sizes)]
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


def _variables(implementation: Implementation) -> dict[str, str]:
    """The variables of one of the project's functions in the template; none for a baseline."""
    function = template.raw()["Resources"].get(implementation.folders[0].name)
    if function is None:
        return {}
    return functions.environment(Path(function["Properties"]["CodeUri"]).name)
