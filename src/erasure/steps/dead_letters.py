"""The dead letters of the user: orders, uploads, events of orders, exports and erasures.

Those of others stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import batched
from typing import Any
from urllib.parse import unquote_plus

from common import aws
from common.api.errors import NotFound
from common.erasures import Erasure
from common.image import image_id
from common.images import images

type Message = dict[str, Any]

# A page receives so many times. The messages of a long queue stay hidden until its last page has
# seen the rest; the function runs at most half as long per page.
_RECEIVES = 20
_HIDDEN_SECONDS = 300
_MAX_MESSAGES = 10  # per request (SQS API reference)


def erase(erasure: Erasure, start: Any) -> Any:
    """Look through a page of a dead-letter queue. The position is the number of the queue."""
    number = start or 0
    queues = list(_queues())
    url, is_of = queues[number]
    if not _look_through(url, lambda message: is_of(erasure.sub, message)):
        return number
    return number + 1 if number + 1 < len(queues) else None


def _queues() -> Iterator[tuple[str, Callable[[str, Message], bool]]]:
    yield aws.env("ORDERS_DEAD_LETTER_QUEUE_URL"), _is_order_of
    yield aws.env("UPLOADS_DEAD_LETTER_QUEUE_URL"), _is_upload_of
    yield aws.env("LIVE_DEAD_LETTER_QUEUE_URL"), _is_live_event_of
    if buyer_emails := aws.env("BUYER_EMAIL_DEAD_LETTER_QUEUE_URL"):
        yield buyer_emails, _is_order_event_of
    yield aws.env("EXPORTS_DEAD_LETTER_QUEUE_URL"), _is_export_of
    yield aws.env("ERASURE_DEAD_LETTER_QUEUE_URL"), _is_erasure_of


def _look_through(url: str, is_of_user: Callable[[Message], bool]) -> bool:
    """Delete messages of the user. Returns whether the queue has been seen to its end."""
    others: list[Message] = []
    for _ in range(_RECEIVES):
        received: list[Message] = (
            aws.sqs()
            .receive_message(  # type: ignore[assignment]
                QueueUrl=url,
                MaxNumberOfMessages=_MAX_MESSAGES,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # asks all servers of SQS, and not only some
                MessageAttributeNames=["All"],
            )
            .get("Messages", [])
        )
        if not received:
            _show(url, others)
            return True
        for message in received:
            if is_of_user(message):
                aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            else:
                others.append(message)
    return False


def _show(url: str, messages: list[Message]) -> None:
    for part in batched(messages, _MAX_MESSAGES, strict=False):
        aws.sqs().change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {
                    "Id": str(number),
                    "ReceiptHandle": message["ReceiptHandle"],
                    "VisibilityTimeout": 0,
                }
                for number, message in enumerate(part)
            ],
        )


def _is_order_of(sub: str, message: Message) -> bool:
    attribute = message.get("MessageAttributes", {}).get("placedBy", {})
    return attribute.get("StringValue") == sub  # type: ignore[no-any-return]


def _is_upload_of(sub: str, message: Message) -> bool:
    """Whether each upload belongs to an image of the user, or to one that does not exist."""
    keys = [
        unquote_plus(record["s3"]["object"]["key"]) for record in _body(message).get("Records", ())
    ]
    return bool(keys) and all(_owner(image_id(key)) in (sub, None) for key in keys)


def _owner(found: str | None) -> str | None:
    try:
        return images().find(found).owner if found else None
    except NotFound:
        return None


def _is_live_event_of(sub: str, message: Message) -> bool:
    """Whether the event is about an order or an export of the user."""
    event = _body(message)
    return sub in (event.get("userID"), event.get("data", {}).get("placedBy"))


def _is_order_event_of(sub: str, message: Message) -> bool:
    return _body(message).get("data", {}).get("placedBy") == sub  # type: ignore[no-any-return]


def _is_export_of(sub: str, message: Message) -> bool:
    return _body(message).get("userID") == sub  # type: ignore[no-any-return]


def _is_erasure_of(sub: str, message: Message) -> bool:
    """This sweep does what the message has failed to do."""
    return _body(message).get("sub") == sub  # type: ignore[no-any-return]


def _body(message: Message) -> Any:
    """The JSON object in a message, empty if there is none: a queue may contain anything."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
