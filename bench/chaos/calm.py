"""What happens after the faults: the stack finishes its work, and an operator replays the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.chaos.balance import Books
from bench.chaos.faults import Faults
from bench.chaos.lists import Balance
from ops.dead_letters.buckets import bucket_sources
from ops.dead_letters.queues import queue_sources
from ops.dead_letters.source import DeadLetterSource
from ops.stack import DeployedStack

QUIET_SECONDS = 5
"""So long nothing must have moved in the queues until messages that are hidden count as waiting."""

AGAIN_SECONDS = 65
"""The same, after the clock was set ahead.

A function that died leaves records that are in progress until its timeout ends, by another clock
than the one that jumps. Each message that is received earlier fails, and becomes a dead letter.
"""

MAX_SECONDS = 400

_AHEAD = 1300
"""Seconds by which the clock is set ahead, to end the time for which messages are hidden.

A function that was killed leaves its messages hidden for the visibility timeout, and one that was
killed while the clock was ahead, for longer. So is what was sent while the clock was ahead.
"""

_HOLD_SECONDS = 60
_DEPTHS = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]


@dataclass
class Recovery:
    """How the stack came to rest: what did not balance then, and what that took."""

    balance: Balance
    seconds: float
    replayed: int
    kept: list[str]
    """Dead letters that a replay did not end."""


class Operator:
    """Watches the queues of a stack, and replays dead letters."""

    def __init__(
        self, deployed: DeployedStack, faults: Faults, books: Books, say: Callable[[str], None]
    ) -> None:
        self._stack = deployed
        self._faults = faults
        self._books = books
        self._say = say
        self._sqs: Any = deployed.client("sqs")
        dead = {source.name for source in queue_sources(deployed)}
        queues = deployed.resources("AWS::SQS::Queue")
        self._queues = {name: url for name, url in queues.items() if name not in dead}
        self._clock = 0
        self._replayed = 0

    def recover(self) -> Recovery:
        """Wait until everything balances; after a time that is enough, for what does not."""
        start = time.monotonic()
        kept: list[str] = []
        while True:
            self._drain(start + MAX_SECONDS)
            kept = self._replay()
            balance = self._books.balance()
            is_late = time.monotonic() - start > MAX_SECONDS
            if is_late or not (balance.problems or kept or self._waiting()):
                self._faults.set_clock(0)
                return Recovery(balance, time.monotonic() - start, self._replayed, kept)
            self._say(f"{len(balance.problems)} differences, for example {balance.problems[:1]}")

    def _drain(self, deadline: float) -> None:
        """Wait until the queues are empty. Sets the clock ahead for messages that are hidden."""
        before, since, quiet = self._waiting(), time.monotonic(), QUIET_SECONDS
        while (waiting := self._waiting()) and time.monotonic() < deadline:
            if waiting != before:
                before, since = waiting, time.monotonic()
            if time.monotonic() - since > quiet:
                self._clock += _AHEAD
                self._say(f"the clock is set {self._clock} s ahead: {waiting} are hidden")
                self._faults.set_clock(self._clock)
                since, quiet = time.monotonic(), AGAIN_SECONDS
            time.sleep(0.2)

    def _waiting(self) -> dict[str, int]:
        """Return how many messages are in each queue that is not empty, and hidden events."""
        depths = {"events": self._books.hidden_events()}
        for name, url in self._queues.items():
            found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_DEPTHS)
            depths[name] = sum(int(each) for each in found["Attributes"].values())
        return {name: depth for name, depth in depths.items() if depth}

    def _replay(self) -> list[str]:
        """Replay all dead letters, as `make dlq` does. Returns those that failed again."""
        failed = []
        sources: list[DeadLetterSource] = [
            *queue_sources(self._stack),
            *bucket_sources(self._stack),
        ]
        for source in sources:
            with source.hold(_HOLD_SECONDS) as dead_letters:
                for dead_letter, problem in source.replay(dead_letters):
                    self._replayed += not problem
                    self._say(f"replayed {source.name}: {dead_letter.error} {problem}")
                    if problem:
                        failed.append(f"{source.name}: {dead_letter.reason}; {problem}")
        return failed
