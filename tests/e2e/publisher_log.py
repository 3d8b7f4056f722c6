"""What the publisher says that it did. SNS may deliver more than that."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from local.stack_probe import wait_for
from ops.stack import DeployedStack


class PublisherLog:
    """How often the publisher has published and mailed which orders since now.

    A request to SNS that takes longer than 2 s is sent again, so on a busy machine some events and
    emails come twice. In the log, each is there once.
    """

    def __init__(self, deployed: DeployedStack) -> None:
        self._logs = deployed.client("logs")
        self._group = deployed.resources("AWS::Logs::LogGroup")["OrdersPublisherLogGroup"]
        self._since = round(time.time() * 1000)

    def published(self, order_ids: Iterable[str], versions: int = 1) -> list[int]:
        """Wait until so many versions of each order are published. Returns how many were."""
        return self._counts("event published", order_ids, versions)

    def mailed(self, order_ids: Iterable[str]) -> list[int]:
        """Wait until each order is mailed. Returns how often each was."""
        return self._counts("email sent", order_ids, 1)

    def _counts(self, message: str, order_ids: Iterable[str], least: int) -> list[int]:
        ids = list(order_ids)

        def counts() -> list[int] | None:
            counted = Counter(self._orders(message))
            found = [counted[order_id] for order_id in ids]
            return found if min(found) >= least else None

        return wait_for(f"{message!r} in the log", counts)

    def _orders(self, message: str) -> Iterator[str]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._group, filterPattern=f'"{message}"', startTime=self._since
        )
        for page in pages:
            for event in page["events"]:
                line: dict[str, Any] = json.loads(event["message"])
                if line["message"] == message:
                    yield from line.get("order_ids") or [line["correlation_id"]]
