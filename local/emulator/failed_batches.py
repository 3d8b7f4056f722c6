"""Stream batches that a mapping gives up: what streams.py does with them.

The emulator itself can send their metadata to a queue or a topic, but no batch to a bucket.

Upstream: yes, with streams.py.
"""

import asyncio
import json
import time
from typing import Any

from event_sources import failure_destination
from event_sources.shards import Batch
from ministack.core import iam_evaluator
from ministack.core.lambda_runtime import execution_credentials
from ministack.services import dynamodb_streams, lambda_svc, s3

_SHARD = dynamodb_streams._DEFAULT_SHARD_ID  # a stream of the emulator has one


def send_to_destination(mapping: dict[str, Any], function: dict[str, Any], batch: Batch) -> None:
    """Send a batch that is given up to the failure destination, if there is one."""
    destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    lambda_svc.logger.warning(
        "ESM: %s gave up %d records: %s",
        *(mapping["FunctionName"], len(batch.records), batch.condition),
    )
    if ":s3:" not in destination:
        lambda_svc._send_ddb_stream_failure_record(
            *(mapping, function, batch.records, mapping["EventSourceArn"]),
            *({"function_error": batch.function_error}, batch.condition),
        )
        return
    now = time.time()
    record = failure_destination.invocation_record(
        batch,
        function=mapping["FunctionArn"],
        stream=mapping["EventSourceArn"],
        shard=_SHARD,
        now=now,
    )
    content = failure_destination.with_payload(record, batch.records)
    key = failure_destination.object_key(mapping["UUID"], _SHARD, now)
    _put(function["config"], destination.rpartition(":")[2], key, json.dumps(content).encode())


def _put(function: dict[str, Any], bucket: str, key: str, body: bytes) -> None:
    """Write an object with the permissions of the function's role."""
    access_key = execution_credentials(function)["AWS_ACCESS_KEY_ID"]
    arn = f"arn:aws:s3:::{bucket}/{key}"
    region = lambda_svc.get_region()
    if iam_evaluator.enforce(access_key, "s3:PutObject", "s3", region, arn):
        lambda_svc.logger.error("ESM: the role of %s must not write %s", function["Role"], arn)
        return
    headers = {"content-type": "application/json", "host": "s3.localhost"}
    asyncio.run(s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True))
