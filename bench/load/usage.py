"""What a load has used, as CloudWatch measures it, and what it costs."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench.aws_stub import run_stub
from bench.bills import GIGABYTES, Bill, orders_bill
from bench.load.limits import Load
from bench.scaling import storefront_usage
from local.stack import builds
from ops.stack import DeployedStack

FUNCTIONS = ("OrdersWriterFunction", "OrdersPublisherFunction")
_METRICS = ("Invocations", "Duration", "Throttles", "Errors")

_LOAD_GIGABYTES = 1.0  # of a sender, as in template.yaml of this folder
_ATTEMPTS, _PAUSE_SECONDS = 12, 15
"""CloudWatch has the metrics of an invocation after a minute or two."""


@dataclass(frozen=True)
class Usage:
    """The sums of Lambda's metrics for the functions of orders. Durations are in milliseconds."""

    metrics: Counter[str]
    cold_starts: int


def estimate(load: Load) -> Bill:
    """The bill of a load before it is sent: that of docs/cost.md, for its rate."""
    builds.build()
    with run_stub() as endpoint:
        writer, publisher = storefront_usage(max(1, round(load.rate * 60)), endpoint)
    bill = orders_bill(writer, publisher, load.orders, is_storefront=True)
    if load.senders:
        seconds = load.senders * load.seconds * _LOAD_GIGABYTES
        bill += Counter(
            {"Lambda, invocations": load.senders, "Lambda, GB-seconds (arm64)": round(seconds)}
        )
    return bill


def measured(bill: Bill, usage: Usage, share: float) -> Bill:
    """The estimated bill for the share that was sent, with what Lambda has measured."""
    result: Bill = Counter({unit: count * share for unit, count in bill.items()})
    result["Lambda, invocations"] = usage.metrics["Invocations"]
    seconds = usage.metrics["Duration"] / 1000
    result["Lambda, GB-seconds (arm64)"] = seconds * GIGABYTES  # type: ignore[assignment]
    return result


def used(stack: DeployedStack, since: datetime) -> Usage:
    """Return the usage since a time, when CloudWatch has it."""
    before = _metrics(stack, since)
    for _ in range(_ATTEMPTS):
        time.sleep(0 if stack.is_emulated else _PAUSE_SECONDS)
        found = _metrics(stack, since)
        if found["Invocations"] and found == before:
            break
        before = found
    return Usage(before, _cold_starts(stack, since))


def _metrics(stack: DeployedStack, since: datetime) -> Counter[str]:
    cloudwatch, names = stack.client("cloudwatch"), stack.resources("AWS::Lambda::Function")
    now = datetime.now(since.tzinfo) + timedelta(minutes=1)
    sums: Counter[str] = Counter()
    for function in FUNCTIONS:
        for metric in _METRICS:
            points = cloudwatch.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName=metric,
                Dimensions=[{"Name": "FunctionName", "Value": names[function]}],
                StartTime=since,
                EndTime=now,
                Period=60,
                Statistics=["Sum"],
            )["Datapoints"]
            sums[metric] += round(sum(point["Sum"] for point in points))
    return sums


def _cold_starts(stack: DeployedStack, since: datetime) -> int:
    """Return how many invocations have started an environment; each of their lines says so."""
    logs: Any = stack.client("logs")
    groups = stack.resources("AWS::Logs::LogGroup")
    cold = set()
    for function in FUNCTIONS:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=groups[function.removesuffix("Function") + "LogGroup"],
            startTime=round(since.timestamp() * 1000),
            filterPattern='"cold_start"',
        )
        for event in pages.search("events[]"):
            if event and '"cold_start":true' in event["message"].replace(" ", ""):
                _, _, after = event["message"].partition('"function_request_id":"')
                cold.add(after.partition('"')[0])
    return len(cold - {""})
