"""One hostile user: do a second user's orders still arrive in time, do the alarms stay silent?

Both users share a local stack. The hostile one sends every kind of request in `hostile_user`, in
turn and at a fixed rate, from several clients.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.hostile_user import CLIENTS, OTHER_USER, REQUESTS_PER_SECOND, HostileUser
from bench.report import Report, Target
from local.api_user import ApiUser
from local.emulator_clients import Outputs, client, subscribed_queue
from local.stack.local_stack import LocalStack
from local.stack_probe import wait_for

HOSTILE_SECONDS = 600
QUIET_ORDERS = 120

_ORDER_INTERVAL_SECONDS = 1
_MAX_SECONDS_TO_NOTIFICATION = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """The second user's seconds from POST to notification, and what the traffic caused."""

    quiet: list[float]
    hostile: list[float]
    statuses: dict[str, Counter[int]]
    ringing: list[str]


def report(seconds: int = HOSTILE_SECONDS) -> Report:
    """Measure a new stack, which is stopped afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder), 0, 0, say=lambda _: None)
        try:
            outcome = _measure(stack.up(), seconds)
        finally:
            stack.down()
    return _report(outcome, seconds)


class _Notifications(threading.Thread):
    """Receives the events of all orders. `at` is when each order's event was received."""

    def __init__(self, outputs: Outputs) -> None:
        super().__init__(daemon=True)
        self._sqs = client("sqs", outputs)
        self._queue = subscribed_queue("hostile", outputs["OrderEventsTopic"], outputs)
        self.at: dict[str, float] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            received = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            ).get("Messages", [])
            for message in received:
                event = json.loads(json.loads(message["Body"])["Message"])
                self.at.setdefault(event["data"]["orderID"], time.perf_counter())
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )


def _measure(outputs: Outputs, seconds: int) -> Outcome:
    buyer, hostile = ApiUser.sign_in(outputs, OTHER_USER), HostileUser(outputs)
    notifications = _Notifications(outputs)
    notifications.start()
    _latency(buyer, notifications)  # the cold start has a benchmark of its own
    quiet = [_latency(buyer, notifications) for _ in range(QUIET_ORDERS)]

    began = datetime.now(UTC)
    disturbed, end = [], time.monotonic() + seconds
    with hostile.sending():
        while time.monotonic() < end:
            disturbed.append(_latency(buyer, notifications))
    notifications.stopped.set()
    notifications.join()
    return Outcome(quiet, disturbed, hostile.statuses, _ringing(outputs, began))


def _latency(buyer: ApiUser, notifications: _Notifications) -> float:
    """Place an order, wait for its notification, and pause."""
    start = time.perf_counter()
    placed = buyer.request("POST", "/orders", {"item": "latex gloves"})
    assert placed.status == HTTPStatus.ACCEPTED, placed
    order_id = placed.body["orderID"]
    wait_for(
        f"the notification of {order_id}",
        lambda: order_id in notifications.at,
        _MAX_SECONDS_TO_NOTIFICATION,
        pause=0.002,
    )
    seconds = notifications.at[order_id] - start
    time.sleep(max(0, _ORDER_INTERVAL_SECONDS - seconds))
    return seconds


def _ringing(outputs: Outputs, began: datetime) -> list[str]:
    """The alarms of the stack that would ring now.

    The emulator has the metrics of Lambda. The depth of a queue is asked for. Dead letters stay, so
    it is enough to look at the end.
    """
    cloudwatch, sqs = client("cloudwatch", outputs), client("sqs", outputs)
    alarms = cloudwatch.get_paginator("describe_alarms").paginate().search("MetricAlarms[]")
    return [a["AlarmName"] for a in alarms if _value(a, cloudwatch, sqs, began) >= a["Threshold"]]


def _value(alarm: dict[str, Any], cloudwatch: Any, sqs: Any, began: datetime) -> float:
    if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible":
        [name] = [each["Value"] for each in alarm["Dimensions"]]
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        depths = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, depths.values()))
    points = cloudwatch.get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm["Dimensions"],
        StartTime=began,
        EndTime=datetime.now(UTC),
        Period=alarm["Period"],
        Statistics=[alarm["Statistic"]],
    )["Datapoints"]
    return max((point[alarm["Statistic"]] for point in points), default=0)


def _report(outcome: Outcome, seconds: int) -> Report:
    (quiet, quiet_p99), (hostile, hostile_p99) = (
        (median(each), quantiles(each, n=100)[-1]) for each in (outcome.quiet, outcome.hostile)
    )
    failed = sum(
        count
        for statuses in outcome.statuses.values()
        for status, count in statuses.items()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    answers = (
        (name, "", ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items())))
        for name, statuses in outcome.statuses.items()
    )
    return Report(
        "Hostile traffic",
        f"A second user places an order each second, {QUIET_ORDERS} in quiet, then for "
        f"{seconds} s while one hostile user sends {REQUESTS_PER_SECOND} requests per second from "
        f"{CLIENTS} clients. The other rows are the answers to the hostile user. All run on one "
        "machine.",
        ("", "quiet", "hostile"),
        [
            ("order to notification, median", f"{quiet * 1000:.0f} ms", f"{hostile * 1000:.0f} ms"),
            (
                "order to notification, p99",
                f"{quiet_p99 * 1000:.0f} ms",
                f"{hostile_p99 * 1000:.0f} ms",
            ),
            ("alarms", "", ", ".join(outcome.ringing) or "silent"),
            *answers,
        ],
        [
            Target("p99 of the second user, times quiet", hostile_p99 / quiet_p99, 2),
            Target("alarms that ring", len(outcome.ringing), 0),
            Target("answers of 5xx", failed, 0),
        ],
    )
