"""Quotas: how many requests one user, or one source address, may send in a window of time.

A window is an hour or a day, in UTC. Each has a counter of its own in the idempotency table, so
counting is one conditional write, and a new window needs no write to begin. Decision 0095 gives
the reasons. The limits are parameters of the template.
"""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from common import aws
from common.api.errors import TooManyRequests
from common.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Holds for the first request of a window, and for every other one below the limit.
_BELOW_LIMIT = "attribute_not_exists(id) OR used < :limit"

# DynamoDB throttles a row after 1,000 writes per second. Here they are all of the same user.
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}


@dataclass(frozen=True, slots=True)
class Quota:
    """What is counted, and the length of a window in seconds."""

    name: str
    seconds: int

    def window_end(self, now: float) -> int:
        """When the present window ends, in epoch seconds."""
        return (int(now // self.seconds) + 1) * self.seconds

    def key(self, subject: str, window_end: int) -> str:
        """The key of a counter, which contains the subject as a hash only."""
        hashed = hashlib.sha256(subject.encode()).hexdigest()
        return f"quota#{self.name}#{hashed}#{window_end}"


UPLOADS = Quota("uploads", 3600)
GROUPS = Quota("groups", 24 * 3600)
MESSAGES = Quota("messages", 3600)
CONNECTIONS = Quota("connections", 3600)
SIGN_INS = Quota("sign-ins", 3600)
CODES = Quota("codes", 3600)


class Quotas:
    """The idempotency table, in which quotas use keys with a prefix of their own."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def count(self, quota: Quota, subject: str, limit: int) -> None:
        """Count a request of a subject in its present window. Raises TooManyRequests.

        A request that cannot be counted is allowed: quotas must not be one more thing that can
        fail.
        """
        now = time.time()
        end = quota.window_end(now)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": quota.key(subject, end)}},
                UpdateExpression="SET expiration = :end ADD used :one",
                ConditionExpression=_BELOW_LIMIT,
                ExpressionAttributeValues={
                    ":end": {"N": str(end)},
                    ":limit": {"N": str(limit)},
                    ":one": {"N": "1"},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            _add_metric("QuotaExceeded", quota)
            raise _too_many(quota, math.ceil(end - now)) from error
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _THROTTLED:
                raise _too_many(quota, 1) from error
            logger.exception("request not counted", quota=quota.name)
            _add_metric("QuotaNotCounted", quota)


@cache
def quotas() -> Quotas:
    """The deployed table."""
    return Quotas(aws.env("IDEMPOTENCY_TABLE"), aws.dynamodb())


def count_upload(user_id: str) -> None:
    """Count an image that a user uploads, in any way. Raises TooManyRequests."""
    quotas().count(UPLOADS, user_id, int(aws.env("UPLOADS_PER_HOUR")))


def count_group(user_id: str) -> None:
    """Count a group that a user creates. Raises TooManyRequests."""
    quotas().count(GROUPS, user_id, int(aws.env("GROUPS_PER_DAY")))


def count_message(user_id: str) -> None:
    """Count a message that a user sends. Raises TooManyRequests."""
    quotas().count(MESSAGES, user_id, int(aws.env("MESSAGES_PER_HOUR")))


def count_connection(user_id: str) -> None:
    """Count a live connection that a user requests. Raises TooManyRequests."""
    quotas().count(CONNECTIONS, user_id, int(aws.env("LIVE_CONNECTIONS_PER_HOUR")))


def count_sign_in(address: str) -> None:
    """Count a password or a code that is tried from an address. Raises TooManyRequests."""
    quotas().count(SIGN_INS, address, int(aws.env("SIGN_INS_PER_HOUR")))


def count_code(address: str) -> None:
    """Count a code that is sent to a user, requested from an address. Raises TooManyRequests."""
    quotas().count(CODES, address, int(aws.env("CODES_PER_HOUR")))


def _too_many(quota: Quota, retry_after: int) -> TooManyRequests:
    return TooManyRequests(f"too many {quota.name}", retry_after=retry_after)


def _add_metric(name: str, quota: Quota) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("quota", quota.name)
