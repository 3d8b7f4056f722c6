"""What one order requests from AWS at three order rates.

The event sources are a model with the settings of template.yaml: orders arrive evenly; the queue
and each shard of the stream pass on what a batch window gathers, or a full batch. The functions
are the real ones, as built, and their requests are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.aws_stub import run_stub, take_counts
from bench.implementations import PUBLISHER, WRITER, Implementation, run_batches
from bench.report import Report, Target
from project import template

RATES = (1, 100, 10_000)
"""Orders per minute."""

SHARDS = 4
"""The shards of a new on-demand table: it takes 4,000 writes per second, each shard 1,000."""

MAX_EMAILS_PER_SECOND = 10
"""SNS suspends a subscription that gets more (SNS quotas, "Email delivery rate")."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """An event source mapping's maximum batch size and its batch window in seconds."""

    batch_size: int
    window: float

    @classmethod
    def of(cls, function: str) -> EventSource:
        """The only event source of a function in the template."""
        events: Any = template.raw()["Resources"][function]["Properties"]["Events"].values()
        [settings] = [event["Properties"] for event in events]
        return cls(settings["BatchSize"], settings.get("MaximumBatchingWindowInSeconds", 0))

    def batches(self, per_minute: int, shards: int = 1) -> Counter[int]:
        """The number of batches of each size that one minute's orders make.

        The shards get orders in turn. A batch window opens with the first order of a batch.
        """
        batches: Counter[int] = Counter()
        gap = 60 / per_minute
        for shard in range(shards):
            arrivals = [gap * number for number in range(shard, per_minute, shards)]
            while arrivals:
                closes = arrivals[0] + self.window
                batch = [at for at in arrivals if at <= closes][: self.batch_size]
                batches[len(batch)] += 1
                arrivals = arrivals[len(batch) :]
        return batches


@dataclass(frozen=True, slots=True)
class MinuteUsage:
    """What one function used for the orders of one minute.

    `requests` are counted by action, with `requests` for all and `write units`. `seconds` is the
    sum over all invocations.
    """

    orders: int
    invocations: int
    requests: Counter[str]
    seconds: float
    printed_bytes: int

    def per_order(self, *names: str) -> float:
        """Requests of these names per order."""
        return sum(self.requests[name] for name in names) / self.orders


def measure_minute(
    implementation: Implementation, batches: Counter[int], endpoint: str
) -> MinuteUsage:
    """Measure a batch of each size, and multiply by the number of batches of that size."""
    total: Counter[str] = Counter()
    seconds, printed = 0.0, 0
    for size, times in batches.items():
        run = run_batches(implementation, endpoint, [size] * 3)
        for name, count in take_counts(endpoint).items():
            total[name] += round(count * times / 4)  # three batches, and the one that warms up
        seconds += run.seconds / 3 * times
        printed += round(run.printed_bytes * times / 4)
    orders = sum(size * times for size, times in batches.items())
    return MinuteUsage(orders, batches.total(), total, seconds, printed)


def storefront_usage(per_minute: int, endpoint: str) -> tuple[MinuteUsage, MinuteUsage]:
    """What the writer and the publisher use at this rate."""
    writer = EventSource.of("OrdersWriterFunction").batches(per_minute)
    publisher = EventSource.of("OrdersPublisherFunction").batches(per_minute, SHARDS)
    return (
        measure_minute(WRITER, writer, endpoint),
        measure_minute(PUBLISHER, publisher, endpoint),
    )


def report() -> Report:
    """Measure all rates. One row per rate."""
    rows, targets, at_lower_rate = [], [], 0.0
    with run_stub() as endpoint:
        for rate in RATES:
            writer, publisher = storefront_usage(rate, endpoint)
            requests = writer.per_order("requests") + publisher.per_order("requests")
            emails = publisher.requests["Publish"] / 60
            rows.append(
                (
                    f"{rate:,}",
                    f"{(writer.invocations + publisher.invocations) / rate:.3f}",
                    f"{requests:.2f}",
                    f"{writer.per_order('write units') + publisher.per_order('write units'):.2f}",
                    f"{publisher.per_order('PublishBatch', 'Publish'):.3f}",
                    f"{publisher.per_order('Publish'):.3f}",
                    f"{emails:.2f}",
                )
            )
            targets.append(
                Target(f"emails per second at {rate:,} per minute", emails, MAX_EMAILS_PER_SECOND)
            )
            if at_lower_rate:
                targets.append(
                    Target(f"requests per order at {rate:,} per minute", requests, at_lower_rate)
                )
            at_lower_rate = requests
    return Report(
        "Scaling",
        "What one order requests from AWS after the queue, for orders that arrive evenly. The "
        "requests of the functions as built are counted; the batches come from a model of the "
        f"event sources with the template's settings and {SHARDS} shards. A request that writes "
        "counts as one write unit. Each of the table's indexes adds one, which is in every bill.",
        (
            "orders per minute",
            "invocations",
            "requests",
            "write units",
            "publish requests",
            "emails",
            "emails per second",
        ),
        rows,
        targets,
    )
