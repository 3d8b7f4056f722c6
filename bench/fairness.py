"""How long a quiet buyer's orders take while another buyer sends more than the writer can store.

The queue is a model of SQS fair queues (SQS guide, "How Amazon SQS fair queues work"); batches and
concurrency have the settings of template.yaml. Of the guide's two measures, the model has only the
share of the messages in flight. The other one is a share of "recent" processing time, without a
period. On AWS, it can only make the queue find a noisy group earlier.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from bench.report import Report, Target
from bench.scaling import EventSource
from project import template

WRITER = "OrdersWriterFunction"

BATCH_SECONDS = 5.0
"""What the writer needs per batch, as if DynamoDB throttled: a healthy one never has a backlog."""

SECONDS = 60
RUSH_PER_SECOND = 300

QUIET = [(second + 0.35, "quiet") for second in range(SECONDS)]
BUSY = [(number / RUSH_PER_SECOND, "busy") for number in range(SECONDS * RUSH_PER_SECOND)]

MAX_TIMES_USUAL = 2.0

_MIN_IN_FLIGHT = 30
_MAX_SHARE = 0.1
_QUIET_SECONDS = 300
_TICK = 0.1

type Order = tuple[float, str]
"""The second in which an order arrives, and its buyer."""


class FairQueue:
    """A standard queue whose messages have groups, or none: then the oldest always comes first."""

    def __init__(self, *, fair: bool = True) -> None:
        self._fair = fair
        self._waiting: dict[str, deque[float]] = defaultdict(deque)
        self._in_flight: Counter[str] = Counter()
        self._noisy: dict[str, float] = {}  # when a message of the group was last in flight

    @property
    def is_empty(self) -> bool:
        return not any(self._waiting.values()) and not self._in_flight.total()

    def send(self, order: Order) -> None:
        """Add an order. Orders must be added by time."""
        at, buyer = order
        self._waiting[buyer].append(at)

    def receive(self, most: int, now: float) -> list[Order]:
        """Receive up to `most` orders: those of quiet groups first, then the oldest."""
        if self._fair:
            self._find_noisy(now)
        rank = {
            group: self._in_flight[group] if group in self._noisy else -1 for group in self._waiting
        }
        received: list[Order] = []
        while len(received) < most and any(self._waiting.values()):
            waiting = [group for group, orders in self._waiting.items() if orders]
            group = min(waiting, key=lambda each: (rank[each], self._waiting[each][0]))
            received.append((self._waiting[group].popleft(), group))
        self._in_flight.update(buyer for _, buyer in received)
        return received

    def delete(self, received: Iterable[Order]) -> None:
        """Delete orders that were received."""
        self._in_flight.subtract(buyer for _, buyer in received)

    def _find_noisy(self, now: float) -> None:
        total = self._in_flight.total()
        for group, count in self._in_flight.items():
            is_noisy = count >= _MIN_IN_FLIGHT and count > _MAX_SHARE * total
            if is_noisy or (count and group in self._noisy):
                self._noisy[group] = now
        for group, last in list(self._noisy.items()):
            if not self._waiting[group] or now - last >= _QUIET_SECONDS:
                del self._noisy[group]


@dataclass
class _Invocation:
    """One of the concurrent invocations of the writer, with the batch that it gathers."""

    batch: list[Order] = field(default_factory=list)
    opened: float = 0.0
    ends: float | None = None


def waits(orders: Iterable[Order], *, fair: bool) -> dict[str, list[float]]:
    """The seconds that each order takes from the queue to the table, by buyer."""
    source = EventSource.of(WRITER)
    events: Any = template.raw()["Resources"][WRITER]["Properties"]["Events"]
    concurrency: int = events["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    invocations = [_Invocation() for _ in range(concurrency)]
    queue, coming, now = FairQueue(fair=fair), deque(sorted(orders)), 0.0
    taken: dict[str, list[float]] = defaultdict(list)
    while coming or not queue.is_empty:
        while coming and coming[0][0] <= now:
            queue.send(coming.popleft())
        for each in invocations:
            if each.ends is not None and each.ends <= now:
                for at, buyer in each.batch:
                    taken[buyer].append(now - at)
                queue.delete(each.batch)
                each.batch, each.ends = [], None
            if each.ends is None:
                received = queue.receive(source.batch_size - len(each.batch), now)
                each.opened = each.opened if each.batch else now
                each.batch += received
                full = len(each.batch) == source.batch_size
                if full or (each.batch and now >= each.opened + source.window):
                    each.ends = now + BATCH_SECONDS
        now += _TICK
    return taken


def p99(buyer: str, *, rush: bool, fair: bool) -> float:
    """The 99th percentile of the seconds that the orders of a buyer take."""
    taken = waits(QUIET + BUSY if rush else QUIET, fair=fair)
    return quantiles(taken[buyer], n=100, method="inclusive")[98]


def report() -> Report:
    """Compare a queue with message groups and one without."""
    usual = p99("quiet", rush=False, fair=True)
    fair, unfair = (p99("quiet", rush=True, fair=fair) for fair in (True, False))
    rows = [
        ("no rush", f"{usual:.1f}", "1.0x"),
        ("a rush, fair queue", f"{fair:.1f}", f"{fair / usual:.1f}x"),
        ("a rush, no message groups", f"{unfair:.1f}", f"{unfair / usual:.1f}x"),
    ]
    return Report(
        "Fairness",
        f"A simulation: for {SECONDS} seconds, one buyer sends {RUSH_PER_SECOND} orders per second "
        f"and another one, quiet, sends one. The writer needs {BATCH_SECONDS:.0f} s per batch, so "
        "it stores less than that. The queue follows the SQS guide on fair queues; batches and "
        "concurrency have the template's settings.",
        ("orders of the quiet buyer", "p99, s", "times usual"),
        rows,
        [Target("p99 during a rush, times usual", fair / usual, MAX_TIMES_USUAL)],
    )
