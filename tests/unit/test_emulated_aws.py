"""The emulated AWS of the unit tests: conditional writes are atomic, as in DynamoDB."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from moto.dynamodb.comparisons import get_filter_expression

from common import aws
from project.fake_aws import items, tables

pytestmark = pytest.mark.slow

ITEM = {"id": {"S": "key"}}


def put(_: int) -> bool:
    """Put an item on the condition that it does not exist. Returns whether that succeeded."""
    condition = "attribute_not_exists(id)"
    try:
        aws.dynamodb().put_item(
            TableName="IdempotencyTable", Item=ITEM, ConditionExpression=condition
        )
    except aws.dynamodb().exceptions.ConditionalCheckFailedException:
        return False
    return True


def test_only_one_of_two_concurrent_conditional_puts_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both_have_read = threading.Barrier(2, timeout=0.5)

    def read_together(*arguments: Any) -> Any:
        """Pause a put between its read and its write until the other put has read too."""
        with suppress(threading.BrokenBarrierError):
            both_have_read.wait()
        return get_filter_expression(*arguments)

    monkeypatch.setattr("moto.dynamodb.models.table.get_filter_expression", read_together)

    with tables("IdempotencyTable"), ThreadPoolExecutor(2) as clients:
        succeeded = list(clients.map(put, range(2)))

        assert items("IdempotencyTable") == [ITEM]

    assert sorted(succeeded) == [False, True]
