"""Records that can never be indexed, stored where Lambda stores the batches it gives up on."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from common import aws
from common.dynamodb import items

type Record = dict[str, Any]


def store(record: Record, reason: str, context: LambdaContext) -> None:
    """Store a whole record in the failed-events bucket, in Lambda's format and under such a key.

    `ops.buckets` reads this format.
    """
    now = datetime.now(UTC)
    change = record["dynamodb"]
    created = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    failed_event = {
        "requestContext": {
            "requestId": context.aws_request_id,
            "functionArn": context.invoked_function_arn,
            "condition": "DocumentRejected",
            "approximateInvokeCount": 1,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": context.function_version,
            "functionError": reason,
        },
        "version": "1.0",
        "timestamp": items.timestamp(now),
        "DDBStreamBatchInfo": {
            "startSequenceNumber": change["SequenceNumber"],
            "endSequenceNumber": change["SequenceNumber"],
            "approximateArrivalOfFirstRecord": items.timestamp(created),
            "approximateArrivalOfLastRecord": items.timestamp(created),
            "batchSize": 1,
            "streamArn": record["eventSourceARN"],
        },
        "payload": json.dumps({"Records": [record]}),
    }
    aws.s3().put_object(
        Bucket=aws.env("FAILED_EVENTS_BUCKET"),
        Key=f"aws/lambda/search_indexer/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}",
        Body=json.dumps(failed_event).encode(),
    )
