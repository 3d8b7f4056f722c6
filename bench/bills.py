"""Bills: how many units of PRICES the orders, images and reads of a shop use."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from math import ceil
from typing import Any

from bench.aws_stub import take_counts
from bench.image_cost import measure_image
from bench.implementations import run_batches, storefront
from bench.scaling import MinuteUsage
from project import template
from project.template import ROOT

type Bill = Counter[str]
"""The number of each unit."""

GIGABYTES = 1.0  # the memory of the functions for orders and of the baselines
_IMAGE_GIGABYTES = 2.0

# Lambda polls an idle queue (Lambda guide, "Amazon SQS event source mappings").
_POLLERS, _POLL_SECONDS = 5, 20
_MONTH_SECONDS = 30 * 24 * 3600

# Example values of `$context` for an accepted order.
_CONTEXT = {
    "requestId": "3803d0bb-1bbc-4b6e-9d9a-505c92b8f1f9",
    "requestTime": "20/Nov/2026:12:00:00 +0000",
    "httpMethod": "POST",
    "resourcePath": "/orders",
    "status": "202",
    "responseLength": "50",
    "responseLatency": "12",
    "error.responseType": "-",
    "xrayTraceId": "1-69a42b00-000000000000000000000001",
    "authorizer.claims.sub": "7d8ca528-4931-4254-9273-ea5ee853f271",
    "authorizer.principalId": "-",
}


def orders_bill(
    writer: MinuteUsage, publisher: MinuteUsage, orders: int, *, is_storefront: bool
) -> Bill:
    """The units of a number of orders, from what one minute's orders used.

    Only Storefront has indexes of the table, an access log and traces.
    """
    receives = writer.invocations * ceil(writer.orders / writer.invocations / 10)
    emails = publisher.requests["Publish"]
    events = publisher.requests["PublishBatch"]
    bill: Bill = Counter(
        {
            "API Gateway, requests": writer.orders,
            "SQS, requests": writer.orders + 2 * receives,  # received and deleted ten at a time
            "Lambda, invocations": writer.invocations + publisher.invocations,
            "Lambda, GB-seconds (arm64)": (writer.seconds + publisher.seconds) * GIGABYTES,
            # Each order also writes to the indexes of the table.
            "DynamoDB, write units": (
                writer.requests["write units"] + is_storefront * writer.orders * _indexes()
            ),
            # Each batch reads the progress of one record.
            "DynamoDB, read units": publisher.invocations * is_storefront,
            "SNS, requests": events + emails,
            "SNS, emails": emails,
            "CloudWatch, MB of logs": (
                writer.printed_bytes
                + publisher.printed_bytes
                + is_storefront * writer.orders * access_log_line_bytes()
            )
            / 1e6,
            "X-Ray, traces": is_storefront * sampled_traces(writer.orders),
        }
    )
    return Counter({unit: count * orders / writer.orders for unit, count in bill.items()})


def _indexes() -> int:
    """The number of indexes of the orders table."""
    table: Any = template.raw()["Resources"]["OrdersTable"]
    return len(table["Properties"]["GlobalSecondaryIndexes"])


def sampled_traces(per_minute: int) -> float:
    """The requests per minute that X-Ray records: one per second, and 5 % of the others."""
    return min(per_minute, 60 + 0.05 * max(0, per_minute - 60))


def images_bill(images: int) -> Bill:
    """The units of a number of images, from POST /images to READY."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        usage = measure_image()
    requests = usage.requests
    writes = requests["PutItem"] + requests["UpdateItem"]
    bill = {
        "API Gateway, requests": 1,
        "SNS, requests": 1,
        "SQS, requests": 3,  # sent, received, deleted
        "Lambda, invocations": 2,
        "Lambda, GB-seconds (arm64)": (
            usage.upload_seconds * GIGABYTES + usage.processing_seconds * _IMAGE_GIGABYTES
        ),
        "DynamoDB, write units": 2 * writes,  # the table and its index
        "DynamoDB, read units": requests["GetItem"],
        "S3, writes": requests["PutObject"],
        "S3, reads": requests["GetObject"],
        "CloudWatch, MB of logs": (len(printed.getvalue()) / 2 + access_log_line_bytes()) / 1e6,
        "X-Ray, traces": 1,
    }
    return Counter({unit: count * images for unit, count in bill.items()})


def reads_bill(reads: int, endpoint: str) -> Bill:
    """The units of a number of requests for a list of orders."""
    measured = 20
    run = run_batches(storefront("OrdersFunction", "list_orders"), endpoint, [1] * measured)
    handled = measured + 1  # with the one that warms up
    bill = {
        "API Gateway, requests": 1,
        "Lambda, invocations": 1,
        "Lambda, GB-seconds (arm64)": run.seconds / measured * GIGABYTES,
        "DynamoDB, read units": take_counts(endpoint)["Query"] / handled,
        "CloudWatch, MB of logs": (run.printed_bytes / handled + access_log_line_bytes()) / 1e6,
        "X-Ray, traces": 1,
    }
    return Counter({unit: count * reads for unit, count in bill.items()})


def standing_bill() -> Bill:
    """The units of one month of a stack without requests."""
    resources: Any = [r for r in template.raw()["Resources"].values() if "Condition" not in r]
    types = Counter(resource["Type"] for resource in resources)
    queues = sum(
        event["Type"] == "SQS"
        for resource in resources
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
    )
    return Counter(
        {
            "SQS, requests": queues * _POLLERS * _MONTH_SECONDS / _POLL_SECONDS,
            "CloudWatch, alarms per month": types["AWS::CloudWatch::Alarm"],
            "CloudWatch, dashboards per month": types["AWS::CloudWatch::Dashboard"],
            "CloudWatch, metrics per month": len(custom_metrics()),
        }
    )


def access_log_line_bytes() -> int:
    """The length of one line of the API's access log, in the template's format."""
    setting: Any = template.raw()["Resources"]["Api"]["Properties"]["AccessLogSetting"]
    [_, enabled, _] = setting["Fn::If"]
    line = re.sub(r"\$context\.([\w.]+)", lambda name: _CONTEXT[name[1]], enabled["Format"])
    return len(line.encode()) + 1


def custom_metrics() -> set[str]:
    """The names of the metrics of all functions that are always deployed.

    A name is a plural and what happened, like OrdersStored.
    """
    functions: Any = template.raw()["Resources"].values()
    code = [
        (ROOT / function["Properties"]["CodeUri"] / "app.py").read_text()
        for function in functions
        if function["Type"] == "AWS::Serverless::Function" and "Condition" not in function
    ]
    return {
        found
        for text in code
        if "add_metric" in text
        for found in re.findall(r'"([A-Z][a-z]+s[A-Z][A-Za-z]+)"', text)
    }
