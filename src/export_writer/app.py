"""Queue of exports -> the next ZIP of a user's data; the user is told when it was the last one."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from live_events import tell
from part import discard, write_part

from common.export import Export, Status
from common.exports import exports
from common.observability import logger, metrics

ATTEMPTS = 5
"""How often SQS delivers a message, by the template. After that, it is a dead letter."""

RESERVE_MS = 20_000
"""What the last rows of a part, and the end of its upload, can take at most."""

STOPPED = "something went wrong here"


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Write the next part of an export. The batch has one record, which is retried if it fails."""
    [record] = event["Records"]
    job = json.loads(record["body"])
    export = exports().find(job["userID"])
    if export is None or export.exportID != job["exportID"]:
        logger.info("export was replaced or deleted", export=job["exportID"])
        return {"batchItemFailures": []}
    try:
        advance(export, context)
    except Exception:
        logger.exception("part of an export not written", export=export.exportID)
        if int(record["attributes"]["ApproximateReceiveCount"]) >= ATTEMPTS:
            fail(export)
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    return {"batchItemFailures": []}


def advance(export: Export, context: LambdaContext) -> None:
    """Write and store the next part, and let another invocation write the one after it.

    The message may be repeated because an earlier attempt failed. What that one has stored stays.
    """
    if export.status != Status.READY:
        part, position = write_part(
            export, lambda: context.get_remaining_time_in_millis() > RESERVE_MS
        )
        stored = exports().add_part(export, part, position)
        if stored is None:
            logger.info("export was replaced or deleted", export=export.exportID)
            discard(part)
            return
        export = stored
        metrics.add_metric("ExportPartsWritten", MetricUnit.Count, 1)
    if export.status == Status.READY:
        tell(export)
    else:
        exports().enqueue(export)


def fail(export: Export) -> None:
    """Tell the user, who can start another export."""
    failed = exports().fail(export, STOPPED)
    if failed:
        metrics.add_metric("ExportsFailed", MetricUnit.Count, 1)
        tell(failed)
