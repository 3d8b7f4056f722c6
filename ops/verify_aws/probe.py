"""A probe: one assumption, what is expected of it, and how to look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ops.verify_aws.target import Target

type Look = Callable[[Target], str]

PROBES: list[Probe] = []
"""All probes, in the order in which they are run."""


@dataclass(frozen=True)
class Probe:
    """An assumption that holds if `look` sees exactly what is `expected`."""

    topic: str
    assumption: str
    expected: str
    look: Look


class Verdict(StrEnum):
    """What came of a probe."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    topic: str
    assumption: str
    expected: str
    seen: str
    verdict: Verdict


class NotApplicable(Exception):
    """The probe has nothing to look at in this stack; the text says why."""


def probe(assumption: str, *, expected: str) -> Callable[[Look], Look]:
    """Make a function a probe. It returns what it saw, in the words of `expected`."""

    def register(look: Look) -> Look:
        topic = look.__module__.rpartition(".")[2]
        PROBES.append(Probe(topic, assumption, expected, look))
        return look

    return register


def only_on_aws(target: Target, why: str) -> None:
    """End a probe of something that an emulator does not have. Raises NotApplicable."""
    if target.stack.is_emulated:
        raise NotApplicable(f"not on the local stack: {why}")


def run(probe: Probe, target: Any) -> Row:
    """Look once. A probe that crashes is a row that failed, with the reason."""
    try:
        seen = probe.look(target)
        verdict = Verdict.OK if seen == probe.expected else Verdict.FAILED
    except NotApplicable as reason:
        seen, verdict = str(reason), Verdict.SKIPPED
    except Exception as error:  # whatever it is, the other probes still have to run
        seen, verdict = f"{type(error).__name__}: {error}", Verdict.FAILED
    return Row(probe.topic, probe.assumption, probe.expected, " ".join(seen.split()), verdict)
