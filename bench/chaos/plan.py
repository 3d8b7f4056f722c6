"""What fails when: a plan that depends on nothing but its seed, its length and the stack."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SECONDS_PER_FAULT = 4
"""A fault begins every so many seconds on average. Some last longer, so they overlap."""

MAX_SECONDS = 8
"""How long a fault lasts at most."""

JUMPS = (-60, 200, 1000)
"""Seconds by which the clock jumps.

200 s end the visibility timeout of messages that are being handled, and 1,000 s the lease of a live
connection. The clock also goes back.
"""

ACTIONS = (
    "dynamodb:GetItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:PutObject",
    "ses:SendEmail",
    "sns:Publish",
    "sqs:SendMessage",
)
"""What fails at AWS: the calls on which the traffic depends, by their names in policies."""


class Kind(StrEnum):
    """What a fault does, and for how long."""

    KILL = "kill"  # the processes of a function, at once and without a warning
    THROTTLE = "throttle"  # a function: Lambda refuses every invocation for a while
    REDEPLOY = "redeploy"  # a function: its environments are replaced while it works
    REFUSE = "refuse"  # an action of AWS: every third call is throttled for a while
    LOSE = "lose"  # an action of AWS: every third call works, but its answer is lost
    STOP_SEARCH = "stop search"  # OpenSearch is killed, and started again
    JUMP = "jump"  # the clock, and back


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, in seconds after the start. `target` is a function, an action or an offset."""

    begins: float
    ends: float
    kind: Kind
    target: str

    def __str__(self) -> str:
        return f"{self.begins:6.1f} s  {self.kind:<12} {self.target} for {self.duration:.1f} s"

    @property
    def duration(self) -> float:
        return self.ends - self.begins


def plan(seed: int, seconds: float, functions: Sequence[str], *, search: bool) -> list[Fault]:
    """Return the faults of a run, in their order. Each kind has its turn before one is repeated."""
    chance = random.Random(seed)
    targets = {
        Kind.KILL: sorted(functions),
        Kind.THROTTLE: sorted(functions),
        Kind.REDEPLOY: sorted(functions),
        Kind.REFUSE: list(ACTIONS),
        Kind.LOSE: list(ACTIONS),
        Kind.JUMP: [f"{jump:+}" for jump in JUMPS],
        **({Kind.STOP_SEARCH: [""]} if search else {}),
    }
    faults: list[Fault] = []
    turn: list[Kind] = []
    for number in range(int(seconds / SECONDS_PER_FAULT)):
        turn = turn or chance.sample(list(targets), len(targets))
        kind = turn.pop()
        begins = (number + chance.random()) * SECONDS_PER_FAULT
        ends = min(begins + chance.uniform(1, MAX_SECONDS), seconds)
        if kind == Kind.KILL:
            ends = begins
        faults.append(Fault(begins, ends, kind, chance.choice(targets[kind])))
    return sorted(faults, key=lambda fault: fault.begins)
