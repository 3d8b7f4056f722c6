"""The emails that SNS, Cognito and SES would send.

Those of SNS come from a queue that is subscribed to the topic, the others from the emulator.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from local.gateway.services import Services

_KEPT = 200
_WAIT = 10  # seconds of long polling
_RETRY = 2  # seconds to wait after a failed request

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notification:
    """One email. `time` is the time at which it was published (RFC 3339)."""

    subject: str
    text: str
    time: str


class Notifications:
    """The newest notifications, kept in memory, newest first."""

    def __init__(self) -> None:
        self._kept: deque[Notification] = deque(maxlen=_KEPT)

    def __iter__(self) -> Iterator[Notification]:
        return iter(self._kept)

    async def receive(self, queue_url: str, services: Services) -> None:
        """Receive messages from the queue until cancelled."""
        path = urlsplit(queue_url).path
        while True:
            try:
                async for body in self._receive_batch(services, queue_url, path):
                    self._kept.appendleft(_notification(body))
            except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
                _log.info("cannot receive notifications: %s", type(error).__name__)
                await asyncio.sleep(_RETRY)

    async def _receive_batch(
        self, services: Services, queue_url: str, path: str
    ) -> AsyncIterator[str]:
        """Receive and delete messages. Each body is kept before the next message is deleted."""
        options = {
            "MaxNumberOfMessages": 10,
            "WaitTimeSeconds": _WAIT,
            "VisibilityTimeout": _RETRY,  # if this gateway stops, the next one gets them soon
        }
        received = await _sqs(services, path, "ReceiveMessage", {"QueueUrl": queue_url, **options})
        messages: list[dict[str, Any]] = received.get("Messages", [])
        for message in messages:
            handle = {"QueueUrl": queue_url, "ReceiptHandle": message["ReceiptHandle"]}
            await _sqs(services, path, "DeleteMessage", handle)
            yield message["Body"]


async def emails_to_users(services: Services) -> list[Notification]:
    """Return the emails of Cognito, with codes, and those of SES, about orders."""
    try:
        mailed = await services.get_json("/_ministack/ses/messages")
    except OSError:  # the services are not those of the emulator
        return []
    return [
        Notification(
            f"{mail['Subject']}, to {', '.join(mail['To'])}",
            mail["BodyText"],
            datetime.fromtimestamp(mail["Timestamp"], UTC).isoformat(timespec="milliseconds"),
        )
        for account in mailed["messages"].values()
        for mail in account
    ]


async def _sqs(services: Services, path: str, action: str, request: dict[str, Any]) -> Any:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AmazonSQS.{action}",
    }
    answer = await services.post("sqs", path, json.dumps(request).encode(), headers)
    if answer.status != 200:
        raise ValueError(f"{action} answered {answer.status}")
    return json.loads(answer.body or "{}")


def _notification(body: str) -> Notification:
    sent = json.loads(body)
    return Notification(sent.get("Subject") or "", sent["Message"], sent["Timestamp"])
