"""How cost grows with the rate of orders: what each of them asks of AWS, at three rates.

The event sources are a model, with the settings of template.yaml: orders arrive evenly, the
queue and each shard of the stream hand over what a batch window gathered, or full batches. The
functions are the real ones, as built, and their requests are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.batches import RACES, Contestant, work
from bench.section import Bar, Section
from bench.stub import counts, stub
from project import template

RATES = (1, 100, 10_000)
"""Orders a minute."""

SHARDS = 4
"""Of a new on-demand table, which takes 4,000 writes a second from the start, 1,000 a shard."""

SUSPENDED_AT = 10
"""Emails a second at which SNS suspends a subscription (SNS quotas, "Email delivery rate")."""


@dataclass(frozen=True, slots=True)
class Source:
    """An event source: the largest batch, and the seconds that it gathers one for."""

    size: int
    window: float

    @classmethod
    def of(cls, function: str) -> Source:
        """The only one of a function of the template."""
        events: Any = template.raw()["Resources"][function]["Properties"]["Events"].values()
        [settings] = [event["Properties"] for event in events]
        return cls(settings["BatchSize"], settings.get("MaximumBatchingWindowInSeconds", 0))

    def batches(self, per_minute: int, lanes: int = 1) -> Counter[int]:
        """How many batches of which size one minute's orders make, over so many lanes.

        Orders go to the lanes in turn. A window opens with the first order of a batch.
        """
        found: Counter[int] = Counter()
        gap = 60 / per_minute
        for lane in range(lanes):
            arrivals = [gap * number for number in range(lane, per_minute, lanes)]
            while arrivals:
                closes = arrivals[0] + self.window
                batch = [at for at in arrivals if at <= closes][: self.size]
                found[len(batch)] += 1
                arrivals = arrivals[len(batch) :]
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one minute: orders, and what was asked and invoked for all of them."""

    orders: int
    invocations: int
    requests: Counter[str]
    seconds: float
    """All invocations together."""
    printed_bytes: int

    def each(self, *names: str) -> float:
        """Requests of these names an order."""
        return sum(self.requests[name] for name in names) / self.orders


def minute(contestant: Contestant, batches: Counter[int], address: str) -> Asked:
    """Let the function take the batches; of each size one is measured and counts for all."""
    total: Counter[str] = Counter()
    seconds, printed = 0.0, 0
    for size, times in batches.items():
        run = work(contestant, address, [size] * 3)
        for name, count in counts(address).items():
            total[name] += round(count * times / 4)  # three, and the one that warms up
        seconds += run.seconds / 3 * times
        printed += round(run.printed_bytes * times / 4)
    orders = sum(size * times for size, times in batches.items())
    return Asked(orders, batches.total(), total, seconds, printed)


def ours(per_minute: int, address: str) -> tuple[Asked, Asked]:
    """What the writer and the publisher ask at this rate."""
    writer = Source.of("OrdersWriterFunction").batches(per_minute)
    publisher = Source.of("OrdersPublisherFunction").batches(per_minute, SHARDS)
    return (
        minute(RACES["writer"][0], writer, address),
        minute(RACES["publisher"][0], publisher, address),
    )


def section() -> Section:
    """A line a rate."""
    rows, bars, dearest = [], [], 0.0
    with stub() as address:
        for rate in RATES:
            writer, publisher = ours(rate, address)
            requests = writer.each("requests") + publisher.each("requests")
            emails = publisher.requests["Publish"] / 60
            rows.append(
                (
                    f"{rate:,}",
                    f"{(writer.invocations + publisher.invocations) / rate:.3f}",
                    f"{requests:.2f}",
                    f"{writer.each('write units') + publisher.each('write units'):.2f}",
                    f"{publisher.each('PublishBatch', 'Publish'):.3f}",
                    f"{publisher.each('Publish'):.3f}",
                    f"{emails:.2f}",
                )
            )
            bars.append(Bar(f"emails a second at {rate:,} a minute", emails, SUSPENDED_AT))
            if dearest:
                bars.append(Bar(f"requests an order at {rate:,} a minute", requests, dearest))
            dearest = requests
    return Section(
        "Growth",
        "What an order asks of AWS behind the queue, by orders a minute that arrive evenly: the "
        "functions as built, their requests counted, the batches those of a model of the event "
        f"sources with the template's settings and {SHARDS} shards. A request that writes is a "
        "write unit; the table's index is one more, in everybody's bill.",
        (
            "orders a minute",
            "invocations",
            "requests",
            "write units",
            "publish requests",
            "emails",
            "emails a second",
        ),
        rows,
        bars,
    )
