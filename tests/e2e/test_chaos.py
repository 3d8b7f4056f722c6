"""A short `make chaos`, which CI runs: everything fails in turn, and the books balance."""

from __future__ import annotations

import pytest

from bench.chaos import run as chaos
from bench.chaos.plan import Fault, Kind

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

SEED = 21
SECONDS = 90


def test_nothing_is_lost_or_doubled_while_everything_fails() -> None:
    """faults 119, 120"""
    outcome = chaos.run(SEED, SECONDS, print)

    assert outcome.problems == []
    assert outcome.recovery.balance.counts["orders stored"] > 0
    assert all(outcome.faults[kind] for kind in Kind)


def test_what_was_sent_by_a_clock_that_was_ahead_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ahead = Fault(3, 8, Kind.JUMP, "+1000")
    monkeypatch.setattr(chaos, "plan", lambda *_, **__: [ahead])

    outcome = chaos.run(SEED, 8, print)

    assert outcome.problems == []
    assert outcome.recovery.balance.counts["events published"] > 0
