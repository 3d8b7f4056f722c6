"""A probe: one assumption about AWS, the expected observation, and how to observe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ops.verify_aws.target import Target

type Look = Callable[[Target], str]

PROBES: list[Probe] = []
"""All probes, in the order in which they run."""


@dataclass(frozen=True)
class Probe:
    """An assumption that holds if `look` returns exactly the text `expected`."""

    topic: str
    assumption: str
    expected: str
    look: Look


class Verdict(StrEnum):
    """The outcome of a probe."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    topic: str
    assumption: str
    expected: str
    observed: str
    verdict: Verdict


class NotApplicable(Exception):
    """The probe does not apply to this stack; the text says why."""


def probe(assumption: str, *, expected: str) -> Callable[[Look], Look]:
    """Register a function as a probe. It returns what it observed, in the words of `expected`."""

    def register(look: Look) -> Look:
        topic = look.__module__.rpartition(".")[2]
        PROBES.append(Probe(topic, assumption, expected, look))
        return look

    return register


def only_on_aws(target: Target, why: str) -> None:
    """Skip the rest of a probe if the stack is emulated. Raises NotApplicable."""
    if target.stack.is_emulated:
        raise NotApplicable(f"not on the local stack: {why}")


def run(probe: Probe, target: Any) -> Row:
    """Run a probe. If it crashes, the row is FAILED and shows the error."""
    try:
        observed = probe.look(target)
        verdict = Verdict.OK if observed == probe.expected else Verdict.FAILED
    except NotApplicable as reason:
        observed, verdict = str(reason), Verdict.SKIPPED
    except Exception as error:  # the other probes must still run
        observed, verdict = f"{type(error).__name__}: {error}", Verdict.FAILED
    return Row(probe.topic, probe.assumption, probe.expected, " ".join(observed.split()), verdict)
