"""Streams of orders, images, groups and messages -> what is found of them, in OpenSearch.

A record says only that a row has changed; what the row says now is read from its table. So a
record may come late, again, or out of order, and never brings back what was.
"""

from collections.abc import Iterator
from typing import Any

import index
import letters
import rebuild
import rows
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from index import Change, Fate, Result, Results
from letters import Record

from common.api.errors import Unavailable
from common.observability import logger, metrics


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Index what a batch's rows say, and report the records that are not done; or rebuild."""
    if "reindex" in event:
        return rebuild.step(event)
    records = event["Records"]
    try:
        results = index_rows(records)
    except (BotoCoreError, ClientError, Unavailable):
        logger.exception("nothing indexed")
        results = {}
    done = _settled(records, results, context)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in records[done:]
        ]
    }


def index_rows(records: list[Record]) -> Results:
    """Index the rows that the records of one stream are of. Raises Unavailable."""
    keys = [record["dynamodb"]["Keys"] for record in records]
    table = rows.table_of(keys[0])
    changes = table.read(keys)
    results = index.write(changes)
    if table.type == "group":
        for change in changes:
            if change.document is None and not change.problem:
                results[change.key] = index.worst([results[change.key], *_disband(change)])
    _count(changes, results)
    return results


def _disband(group: Change) -> Iterator[Result]:
    """Index the images that were in a group and are their owners' own from now on."""
    for changes in rows.images_in(group.key.partition(":")[2]):
        yield from index.write(changes).values()


def _settled(records: list[Record], results: Results, context: LambdaContext) -> int:
    """How many records are done with, from the first on: Lambda goes on behind them.

    A record that can never succeed is sent off when all before it are done. Any other comes
    again, and would be sent off again.
    """
    for done, record in enumerate(records):
        key = _document_key(record)
        fate, reason = results.get(key, Result(Fate.AGAIN))
        if fate is Fate.AGAIN:
            logger.warning("not indexed", document=key, reason=reason)
            return done
        if fate is Fate.REJECTED and not _sent_off(record, reason, context):
            return done
    return len(records)


def _sent_off(record: Record, reason: str, context: LambdaContext) -> bool:
    try:
        letters.send(record, reason, context)
    except (BotoCoreError, ClientError):
        logger.exception("rejected record not kept", document=_document_key(record))
        return False
    logger.error("document rejected", document=_document_key(record), reason=reason)
    metrics.add_metric("DocumentsRejected", MetricUnit.Count, 1)
    return True


def _document_key(record: Record) -> str:
    key = record["dynamodb"]["Keys"]
    return rows.table_of(key).document_key(key)


def _count(changes: list[Change], results: Results) -> None:
    done = [change for change in changes if results[change.key].fate is Fate.DONE]
    gone = sum(change.document is None for change in done)
    metrics.add_metric("DocumentsIndexed", MetricUnit.Count, len(done) - gone)
    metrics.add_metric("DocumentsDeleted", MetricUnit.Count, gone)
