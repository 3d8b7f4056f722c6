"""Order events, streams of messages and images -> all connections of the user concerned."""

from collections import Counter
from collections.abc import Iterator
from enum import Enum, auto
from itertools import batched
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from user_events import UserEvent, record_id

from common.connections import Connection, connections
from common.observability import logger, metrics
from common.parallel import map_parallel
from common.sockets import sockets

# Closed connections are deleted after every thousand. So a few invocations are enough even for a
# user with so many of them that one invocation times out.
PUSHES_PER_PART = 1000


class Outcome(Enum):
    """The outcome of sending an event to one connection."""

    SENT = auto()
    CLOSED = auto()
    FAILED = auto()


Push = tuple[UserEvent, Connection]


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Push the events of a batch, and report the records that must be retried."""
    events = list(_readable(event["Records"]))
    done = {each.record for each in events} - push(events)
    records = [record_id(record) for record in event["Records"]]
    return {
        "batchItemFailures": [
            {"itemIdentifier": record} for record in records if record not in done
        ]
    }


def push(events: list[UserEvent]) -> set[str]:
    """Push each event to all connections of its user. Returns the records that must be retried.

    An event is retried only if its user is connected and no connection received it. Otherwise
    one bad connection would make all others receive the event twice.
    """
    users = list({each.userID for each in events if each.userID})  # empty if the user was erased
    found = map_parallel(lambda user: list(connections().of_user(user)), users)
    connected = dict(zip(users, found, strict=True))
    pushes = [
        (each, connection) for each in events for connection in connected.get(each.userID, [])
    ]
    sent, failed = set[str](), set[str]()
    counts = dict.fromkeys(Outcome, 0)
    pushed = Counter[str]()
    for part in batched(pushes, PUSHES_PER_PART, strict=False):
        outcomes = list(zip(part, map_parallel(_post, part), strict=True))
        _remove({connection for (_, connection), each in outcomes if each is Outcome.CLOSED})
        for (each, _), outcome in outcomes:
            counts[outcome] += 1
            if outcome is Outcome.SENT:
                sent.add(each.record)
                pushed[each.subject] += 1
            elif outcome is Outcome.FAILED:
                failed.add(each.record)
    for subject, reached in pushed.items():
        logger.info("event pushed", correlation_id=subject, connections=reached)
    metrics.add_metric("EventsPushed", MetricUnit.Count, counts[Outcome.SENT])
    metrics.add_metric("ConnectionsGone", MetricUnit.Count, counts[Outcome.CLOSED])
    metrics.add_metric("PushesFailed", MetricUnit.Count, counts[Outcome.FAILED])
    return failed - sent


def _readable(records: list[dict[str, Any]]) -> Iterator[UserEvent]:
    for record in records:
        try:
            yield UserEvent.from_record(record)
        except (LookupError, TypeError, ValueError):
            logger.exception("record contains no event", record=record_id(record))


def _post(push: Push) -> Outcome:
    event, connection = push
    try:
        is_open = sockets().send(connection.connectionID, event.data)
    except (BotoCoreError, ClientError):
        logger.exception("event not pushed", connection=connection.connectionID)
        return Outcome.FAILED
    return Outcome.SENT if is_open else Outcome.CLOSED


def _remove(closed: set[Connection]) -> None:
    try:
        connections().remove_all(each for each in closed if not each.may_be_connecting)
    except (BotoCoreError, ClientError):
        # The next event for this user finds them closed again.
        logger.exception("closed connections not deleted")
