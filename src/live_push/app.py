"""Order events, streams of messages and images -> every connection of the user concerned."""

from collections.abc import Iterator
from enum import Enum, auto
from itertools import batched
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from news import News, identifier

from common import aws
from common.connections import Connection, connections
from common.observability import logger, metrics
from common.parallel import map_parallel

# Dead connections are forgotten after each part, so that a user with very many of them is done
# in a few invocations even where one is too short.
PART = 1000


class Outcome(Enum):
    """What became of an event at one connection."""

    TAKEN = auto()
    GONE = auto()
    FAILED = auto()


Push = tuple[News, Connection]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Push the batch's events, and report the records to begin again with."""
    news = list(_readable(event["Records"]))
    done = {each.record for each in news} - push(news)
    records = [identifier(record) for record in event["Records"]]
    return {
        "batchItemFailures": [
            {"itemIdentifier": record} for record in records if record not in done
        ]
    }


def push(news: list[News]) -> set[str]:
    """Push every event to every connection of its user; the records whose event none took.

    One connection's trouble is its own. An event comes again only where its user listens and
    nothing got through: otherwise one bad phone would have all others told twice.
    """
    users = list({each.userID for each in news})
    listening = dict(
        zip(users, map_parallel(lambda user: list(connections().of(user)), users), strict=True)
    )
    pushes = [(each, connection) for each in news for connection in listening[each.userID]]
    taken, failed = set[str](), set[str]()
    counts = dict.fromkeys(Outcome, 0)
    for part in batched(pushes, PART, strict=False):
        outcomes = list(zip(part, map_parallel(_post, part), strict=True))
        _forget({connection for (_, connection), each in outcomes if each is Outcome.GONE})
        for (each, _), outcome in outcomes:
            counts[outcome] += 1
            if outcome is Outcome.TAKEN:
                taken.add(each.record)
            elif outcome is Outcome.FAILED:
                failed.add(each.record)
    metrics.add_metric("EventsPushed", MetricUnit.Count, counts[Outcome.TAKEN])
    metrics.add_metric("ConnectionsGone", MetricUnit.Count, counts[Outcome.GONE])
    metrics.add_metric("PushesFailed", MetricUnit.Count, counts[Outcome.FAILED])
    return failed - taken


def _readable(records: list[dict[str, Any]]) -> Iterator[News]:
    for record in records:
        try:
            yield News.of(record)
        except (LookupError, TypeError, ValueError):
            logger.exception("no news in this record", record=identifier(record))


def _post(push: Push) -> Outcome:
    each, connection = push
    api = aws.apigatewaymanagementapi()
    try:
        api.post_to_connection(ConnectionId=connection.connectionID, Data=each.event)
    except api.exceptions.GoneException:
        return Outcome.GONE
    except (BotoCoreError, ClientError):
        logger.exception("event not pushed", connection=connection.connectionID)
        return Outcome.FAILED
    return Outcome.TAKEN


def _forget(gone: set[Connection]) -> None:
    try:
        connections().drop(each for each in gone if not each.may_be_shaking_hands)
    except (BotoCoreError, ClientError):
        logger.exception("dead connections not forgotten")  # they are found dead again
