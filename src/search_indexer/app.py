"""Streams of orders, images, groups and messages -> their documents in OpenSearch.

A record says only that a row has changed. The row itself is then read from its table. So records
can be late, repeated or out of order without restoring an earlier state.
"""

from collections.abc import Iterator
from typing import Any

import failed_events
import index
import rebuild
import tables
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from failed_events import Record
from index import Change, Outcome, Result, Results

from common.api.errors import Unavailable
from common.observability import logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Index the rows of a batch and report the records to retry, or run a step of a rebuild."""
    if "reindex" in event:
        return rebuild.run_step(event)
    records = event["Records"]
    try:
        results = index_rows(records)
    except (BotoCoreError, ClientError, Unavailable):
        logger.exception("nothing indexed")
        results = {}
    done = _count_done(records, results, context)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in records[done:]
        ]
    }


def index_rows(records: list[Record]) -> Results:
    """Index the rows of the records, which are of one stream. Raises Unavailable."""
    keys = [record["dynamodb"]["Keys"] for record in records]
    table = tables.table_of(keys[0])
    changes = table.read(keys)
    results = index.write(changes)
    if table.type == "group":
        for change in changes:
            if change.document is None and not change.problem:
                images = _index_images_of(change)
                results[change.key] = index.worst([results[change.key], *images])
    _count_written(changes, results)
    return results


def _index_images_of(deleted_group: Change) -> Iterator[Result]:
    """Index the images of a deleted group, which only their owners can see from now on."""
    for changes in tables.images_in(deleted_group.key.partition(":")[2]):
        yield from index.write(changes).values()


def _count_done(records: list[Record], results: Results, context: LambdaContext) -> int:
    """The number of records that are done, from the first one on. Lambda retries all others.

    A record that can never be indexed is stored as a failed event only when all records before it
    are done. Otherwise Lambda would retry it, and it would be stored again.
    """
    for done, record in enumerate(records):
        key = _document_key(record)
        outcome, reason = results.get(key, Result(Outcome.RETRY))
        if outcome is Outcome.RETRY:
            logger.warning("not indexed", document=key, reason=reason)
            return done
        if outcome is Outcome.REJECTED and not _store_failed_event(record, reason, context):
            return done
    return len(records)


def _store_failed_event(record: Record, reason: str, context: LambdaContext) -> bool:
    try:
        failed_events.store(record, reason, context)
    except (BotoCoreError, ClientError):
        logger.exception("failed event not stored", document=_document_key(record))
        return False
    logger.error("document rejected", document=_document_key(record), reason=reason)
    metrics.add_metric("DocumentsRejected", MetricUnit.Count, 1)
    return True


def _document_key(record: Record) -> str:
    key = record["dynamodb"]["Keys"]
    return tables.table_of(key).document_key(key)


def _count_written(changes: list[Change], results: Results) -> None:
    done = [change for change in changes if results[change.key].outcome is Outcome.DONE]
    for change in done:
        logger.info("document written", correlation_id=change.key.partition(":")[2])
    deleted = sum(change.document is None for change in done)
    metrics.add_metric("DocumentsIndexed", MetricUnit.Count, len(done) - deleted)
    metrics.add_metric("DocumentsDeleted", MetricUnit.Count, deleted)
