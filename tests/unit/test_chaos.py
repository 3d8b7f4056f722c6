"""The plan of `make chaos`."""

from __future__ import annotations

import pytest

from bench.chaos.plan import ACTIONS, MAX_SECONDS, Kind, plan
from project import template

FUNCTIONS = ["OrdersWriterFunction", "OrdersPublisherFunction", "SearchFunction"]


def test_a_seed_gives_one_plan() -> None:
    first, again, other = (plan(seed, 90, FUNCTIONS, search=True) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_ninety_seconds_have_every_kind_of_fault() -> None:
    faults = plan(1, 90, FUNCTIONS, search=True)

    assert {fault.kind for fault in faults} == set(Kind)
    assert [fault.begins for fault in faults] == sorted(fault.begins for fault in faults)
    assert all(0 <= fault.duration <= MAX_SECONDS and fault.ends <= 90 for fault in faults)


def test_a_stack_without_search_does_not_stop_it() -> None:
    faults = plan(1, 90, FUNCTIONS, search=False)

    assert Kind.STOP_SEARCH not in {fault.kind for fault in faults}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_that_fails_is_one_that_a_policy_allows(action: str) -> None:
    assert action in str(template.raw()["Resources"])
