"""A short `make chaos`, which CI runs: everything fails in turn, and the books balance."""

from __future__ import annotations

import pytest

from bench.chaos.plan import Kind
from bench.chaos.run import run

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

SEED = 21
SECONDS = 90


def test_nothing_is_lost_or_doubled_while_everything_fails() -> None:
    """faults 119, 120"""
    outcome = run(SEED, SECONDS, print)

    assert outcome.problems == []
    assert outcome.recovery.balance.counts["orders stored"] > 0
    assert all(outcome.faults[kind] for kind in Kind)
