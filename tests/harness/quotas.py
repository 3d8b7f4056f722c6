"""Quotas of a stack: used up without hundreds of requests, and what the API then answers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from common.quotas import Quota
from local.api_user import ApiUser, send
from local.emulator_clients import Outputs, client


@contextmanager
def used_up(outputs: Outputs, quota: Quota, subject: str) -> Iterator[None]:
    """Nothing is left of a subject's quota, in the present window and in the next one."""
    dynamodb = client("dynamodb", outputs)
    found = client("cloudformation", outputs).describe_stack_resource(
        StackName=outputs["Stack"], LogicalResourceId="IdempotencyTable"
    )
    table = found["StackResourceDetail"]["PhysicalResourceId"]
    end = quota.window_end(time.time())
    keys: Any = [{"id": {"S": quota.key(subject, each)}} for each in (end, end + quota.seconds)]
    for key in keys:
        item = key | {"used": {"N": "1000000000"}, "expiration": {"N": str(end + quota.seconds)}}
        dynamodb.put_item(TableName=table, Item=item)
    try:
        yield
    finally:
        for key in keys:
            dynamodb.delete_item(TableName=table, Key=key)


def refused(api_user: ApiUser, path: str, body: object = None) -> int:
    """Send a POST request that a limit refuses. Returns the seconds after which to try again."""
    headers = {"Authorization": api_user.id_token, "Origin": api_user.api}
    status, content, answered = send(
        "POST", api_user.api + path, json.dumps(body).encode() if body else None, headers
    )
    assert status == 429, content
    assert json.loads(content).keys() == {"message", "details"}
    assert answered["Access-Control-Expose-Headers"] == "Retry-After"
    return int(answered["Retry-After"])
