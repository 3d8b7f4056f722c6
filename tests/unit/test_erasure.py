"""erasure: a user is erased from every store, whatever interrupts the job, and nobody else is.

fault 65
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError

from common.erasures import (
    LATEST_ARRIVAL_SECONDS,
    SECOND_SWEEP_SECONDS,
    Erasure,
    SweepIsOver,
    erasures,
)
from common.sessions import Session, ended_sessions
from project import functions, template
from project.fake_aws import items
from tests.harness.personal_data import (
    ADA,
    BEN,
    Stores,
    begin,
    handle,
    order,
    personal_data,
    waiting,
)

pytestmark = pytest.mark.slow

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses of a sign-out take no time."""
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def stores() -> Iterator[Stores]:
    with personal_data() as made:
        yield made


def running() -> Erasure:
    found = erasures().find(ADA.sub)
    assert found is not None
    return found


def shift(seconds: int) -> None:
    """Let the erasure have begun so much earlier, with a sweep that is due."""
    before, now = running(), int(time.time())
    erasures().save(replace(before, requestedAt=now - seconds, dueAt=now), before.dueAt)


def test_nothing_of_the_user_is_left_in_any_store(stores: Stores) -> None:
    stores.add(ADA)
    begin(ADA)

    assert handle() == []

    assert stores.left(ADA) == []


def test_nothing_of_another_user_is_changed(stores: Stores) -> None:
    stores.add(BEN)
    before = sorted(stores.contents())
    stores.add(ADA)
    begin(ADA)

    handle()

    left = [each for each in stores.contents() if each[0] not in ("ErasuresTable", "ErasureQueue")]
    kept = [each for each in left if any(trace in each[1] for trace in BEN.traces)]
    assert [each[0] for each in sorted(kept)] == [
        each[0] for each in before if any(trace in each[1] for trace in BEN.traces)
    ]


def test_the_user_can_do_nothing_from_the_first_step_on(stores: Stores) -> None:
    stores.add(ADA)
    tokens = stores.pool.sign_in(ADA.name)
    begin(ADA)

    handle(milliseconds=0)

    assert running().step == "exports"
    assert not stores.pool.refreshes(tokens)
    assert ended_sessions().contain(Session(ADA.sub, ADA.name, int(time.time()) - 5))
    assert stores.devices.closed == [f"{ADA.name}="]


def test_a_job_without_time_continues_with_another_message(stores: Stores) -> None:
    stores.add(ADA)
    begin(ADA)
    messages = len(waiting("ErasureQueue"))

    while running().step or running().dueAt <= time.time():
        assert handle(milliseconds=0) == []
        messages += 1

    assert stores.left(ADA) == []
    # The last invocation sends the message of the second sweep, which SQS delays.
    assert len(waiting("ErasureQueue")) == messages - 1


def test_a_message_before_a_sweep_is_due_changes_nothing(stores: Stores) -> None:
    stores.add(ADA)
    begin(ADA)
    handle()
    order(ADA)

    handle()

    assert stores.left(ADA) == ["OrdersTable"]


def test_a_message_about_somebody_who_is_not_being_erased_changes_nothing(stores: Stores) -> None:
    stores.add(ADA)
    before = sorted(stores.contents())

    assert handle() == []

    assert sorted(stores.contents()) == before


def test_what_arrives_late_is_erased_by_the_next_sweep(stores: Stores) -> None:
    stores.add(ADA)
    begin(ADA)
    handle()
    order(ADA)
    stores.picture(ADA)
    stores.dead_letters(ADA)
    shift(SECOND_SWEEP_SECONDS)

    handle()

    assert stores.left(ADA) == []


@pytest.mark.parametrize(
    ("since_request", "due_in"),
    [
        (0, SECOND_SWEEP_SECONDS),
        (SECOND_SWEEP_SECONDS, DAY),
        (LATEST_ARRIVAL_SECONDS - 1, DAY),
        (LATEST_ARRIVAL_SECONDS, None),
    ],
)
def test_sweeps_are_repeated_until_nothing_can_arrive(
    since_request: int, due_in: int | None
) -> None:
    now = int(time.time())
    erasure = Erasure(sub=ADA.sub, requestedAt=now - since_request, dueAt=now)

    due = erasure.next_due

    assert (due and due - now) in (due_in, due_in and due_in + 1)


def test_the_last_sweep_forgets_the_user(stores: Stores) -> None:
    stores.add(ADA)
    begin(ADA)
    handle()
    shift(LATEST_ARRIVAL_SECONDS)

    handle()

    assert items("ErasuresTable") == []


def test_the_latest_arrival_follows_from_the_template() -> None:
    resources = template.raw()["Resources"]
    queue = resources["OrdersQueue"]["Properties"]["MessageRetentionPeriod"]
    dead_letters = resources["OrdersDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"]
    token = template.raw()["Parameters"]["AccessTokenMinutes"]["MaxValue"] * 60

    assert token + queue + dead_letters + queue == LATEST_ARRIVAL_SECONDS


def test_the_schedule_begins_the_sweeps_that_are_due(stores: Stores) -> None:
    begin(ADA)
    begin(BEN)
    before = running()
    erasures().save(replace(before, dueAt=before.dueAt + DAY), before.dueAt)

    assert handle("due_sweeps") == []

    bodies = [message["Body"] for message in waiting("ErasureQueue")]
    assert sum(ADA.sub in body for body in bodies) == 1
    assert sum(BEN.sub in body for body in bodies) == 2


@pytest.mark.usefixtures("stores")
def test_a_message_that_names_no_erasure_is_retried() -> None:
    event = functions.event("erasure", "one_user")
    event["Records"][0]["body"] = "[]"

    response = functions.function("erasure").handler(event, functions.context("erasure"))

    assert len(response["batchItemFailures"]) == 1


def test_a_second_request_begins_the_next_sweep_and_keeps_the_names(stores: Stores) -> None:
    begin(ADA)
    handle()

    erasures().start(ADA.sub)

    assert running().dueAt <= time.time()
    assert (running().username, running().email) == (ADA.name, ADA.email)
    assert stores.left(ADA) == []


@pytest.mark.usefixtures("stores")
def test_an_invocation_of_an_earlier_sweep_changes_nothing() -> None:
    begin(ADA)
    old = running()
    handle()

    with pytest.raises(SweepIsOver):
        erasures().save(old, old.dueAt)
    with pytest.raises(SweepIsOver):
        erasures().remove(old)


def test_a_sweep_that_somebody_else_finishes_ends_quietly(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.add(ADA)
    begin(ADA)
    steps = functions.module("erasure", "steps").STEPS

    def overtaken(erasure: Erasure, _: Any) -> None:
        erasures().save(replace(erasure, dueAt=erasure.dueAt + DAY), erasure.dueAt)

    monkeypatch.setitem(steps, "orders", overtaken)

    assert handle() == []

    assert running().dueAt > time.time()


def test_a_step_that_no_longer_exists_begins_the_sweep_again(stores: Stores) -> None:
    stores.add(ADA)
    begin(ADA)
    erasures().save(replace(running(), step="removed", position="7"), running().dueAt)

    handle()

    assert stores.left(ADA) == []


class Interruption:
    """Fails one AWS call, by its number: before it is sent, or with its answer lost."""

    def __init__(self, number: int, *, answer_lost: bool) -> None:
        self.happened = False
        self._number = number
        self._answer_lost = answer_lost
        self._calls = 0
        self._lock = threading.Lock()

    def install(self, patch: pytest.MonkeyPatch) -> None:
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def interrupted(client: BaseClient, operation: str, parameters: Any) -> Any:
            with self._lock:
                self._calls += 1
                fails = self._calls == self._number
            if not fails:
                return call(client, operation, parameters)
            self.happened = True
            if self._answer_lost:
                call(client, operation, parameters)
            raise EndpointConnectionError(endpoint_url=operation)

        patch.setattr(BaseClient, "_make_api_call", interrupted)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("answer_lost", [False, True], ids=["not sent", "answer lost"])
@pytest.mark.parametrize("stride", [13, pytest.param(3, marks=pytest.mark.nightly)])
def test_the_job_can_be_stopped_anywhere_and_started_again(
    stride: int, *, answer_lost: bool
) -> None:
    """Each call at this distance fails in turn. SQS then delivers the message again."""
    number, happened = 2 if answer_lost else 1, True
    while happened:
        with personal_data() as stores:
            stores.add(ADA)
            begin(ADA)
            with pytest.MonkeyPatch.context() as patch:
                interruption = Interruption(number, answer_lost=answer_lost)
                interruption.install(patch)
                failed = handle()
            happened = interruption.happened
            if running().dueAt <= time.time():
                assert failed, f"call {number} failed, and nobody tries again"
                assert handle() == []
            assert stores.left(ADA) == [], f"after call {number} has failed"
        number += stride
    assert number > 40
