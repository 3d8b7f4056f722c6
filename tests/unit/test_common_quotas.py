"""Quotas: a number of requests per window, for each user, with one write per request."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.stub import Stubber

from common import aws
from common.api.errors import TooManyRequests
from common.quotas import CODES, UPLOADS, Quota, quotas
from project.fake_aws import items, tables
from tests.harness.observability import Log

NINE = 1772355600
"""An hour that begins, in epoch seconds."""


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    with tables("IdempotencyTable"):
        yield


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time: a list of one number, which the test can replace."""
    clock = [NINE + 1000.5]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    return clock


def count(subject: str = "ada", quota: Quota = UPLOADS, limit: int = 3) -> int:
    """Count a request. Returns the seconds to wait, or 0 if it is allowed."""
    try:
        quotas().count(quota, subject, limit)
    except TooManyRequests as error:
        return int(error.headers["Retry-After"])
    return 0


def emitted(output: str) -> dict[str, Any]:
    """The only metric in a function's output."""
    metric: dict[str, Any] = json.loads(output)
    return metric


def test_requests_above_the_limit_are_refused_until_the_window_ends(now: list[float]) -> None:
    """fault 73"""
    allowed = [count() for _ in range(3)]

    assert allowed == [0, 0, 0]
    assert count() == 2600  # 2599.5, and RFC 9110 knows whole seconds only


def test_a_new_window_begins_without_the_requests_of_the_last_one(now: list[float]) -> None:
    for _ in range(5):
        count()
    now[0] = NINE + 3599.9
    last = count()
    now[0] = NINE + 3600

    assert last == 1
    assert [count() for _ in range(4)] == [0, 0, 0, 3600]


def test_concurrent_requests_do_not_exceed_the_limit(now: list[float]) -> None:
    """fault 73"""
    with ThreadPoolExecutor(8) as clients:
        waits = list(clients.map(lambda _: count(limit=5), range(8)))

    assert waits.count(0) == 5


def test_users_and_quotas_are_counted_apart(now: list[float]) -> None:
    """fault 73"""
    for _ in range(4):
        count("ada")

    assert count("ben") == 0
    assert count("ada", CODES) == 0


def test_a_counter_names_nobody_and_expires_with_its_window(now: list[float]) -> None:
    count("203.0.113.10", CODES)

    [row] = items("IdempotencyTable")
    assert row["id"]["S"].startswith("quota#codes#")
    assert "203.0.113.10" not in str(row)
    assert row["expiration"] == {"N": str(NINE + 3600)}


def test_a_request_costs_one_write_whether_it_is_allowed_or_refused(
    now: list[float], requests: list[str]
) -> None:
    waits = [count() for _ in range(5)]

    assert [wait > 0 for wait in waits] == [False] * 3 + [True] * 2
    assert requests == ["UpdateItem"] * 5


def test_a_refusal_is_counted_as_a_metric(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        count()
    capsys.readouterr()

    count()

    metric = emitted(capsys.readouterr().out)
    assert (metric["quota"], metric["QuotaExceeded"]) == ("uploads", [1.0])
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["quota", "service"]]


def test_a_request_that_cannot_be_counted_is_allowed(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 74"""
    aws.dynamodb().delete_table(TableName="IdempotencyTable")
    capsys.readouterr()

    assert count() == 0

    metric = emitted(capsys.readouterr().out)
    assert (metric["quota"], metric["QuotaNotCounted"]) == ("uploads", [1.0])
    [line] = log.lines()
    assert (line["message"], line["quota"]) == ("request not counted", "uploads")


@pytest.mark.parametrize(
    "code",
    ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"],
)
def test_a_flood_that_throttles_its_own_counter_is_not_allowed(code: str) -> None:
    """fault 73: it is of one user, because each user has another counter."""
    with Stubber(aws.dynamodb()) as dynamodb:
        dynamodb.add_client_error("update_item", code)

        assert count() == 1
