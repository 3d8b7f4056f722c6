"""docs/cost.md: from counted requests and a dated table of prices."""

from __future__ import annotations

import contextlib
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from bench import growth
from bench.batches import RACES, ours, work
from bench.growth import Asked, Source
from bench.picture import picture
from bench.section import table
from bench.stub import counts, stub
from project import template
from project.template import ROOT

PAGE = ROOT / "docs" / "cost.md"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for so many of a unit, and the page that says so."""

    dollars: float
    per: int
    source: str


DATED = "2026-11-20"

# us-east-1, without free tiers and volume discounts.
PRICES = {
    "API Gateway, requests": Price(3.50, MILLION, "aws.amazon.com/api-gateway/pricing"),
    "SQS, requests": Price(0.40, MILLION, "aws.amazon.com/sqs/pricing"),
    "Lambda, invocations": Price(0.20, MILLION, "aws.amazon.com/lambda/pricing"),
    "Lambda, GB-seconds (arm64)": Price(13.3334, MILLION, "aws.amazon.com/lambda/pricing"),
    "DynamoDB, write units": Price(0.625, MILLION, "aws.amazon.com/dynamodb/pricing/on-demand"),
    "DynamoDB, read units": Price(0.125, MILLION, "aws.amazon.com/dynamodb/pricing/on-demand"),
    "SNS, requests": Price(0.50, MILLION, "aws.amazon.com/sns/pricing"),
    "SNS, emails": Price(2.00, 100_000, "aws.amazon.com/sns/pricing"),
    "S3, writes": Price(0.005, 1000, "aws.amazon.com/s3/pricing"),
    "S3, reads": Price(0.0004, 1000, "aws.amazon.com/s3/pricing"),
    "CloudWatch, MB of logs": Price(0.50, 1000, "aws.amazon.com/cloudwatch/pricing"),
    "CloudWatch, metrics a month": Price(0.30, 1, "aws.amazon.com/cloudwatch/pricing"),
    "CloudWatch, alarms a month": Price(0.10, 1, "aws.amazon.com/cloudwatch/pricing"),
    "CloudWatch, dashboards a month": Price(3.00, 1, "aws.amazon.com/cloudwatch/pricing"),
    "X-Ray, traces": Price(5.00, MILLION, "aws.amazon.com/xray/pricing"),
}

# AWS's own pages show prices to browsers only. These were compared with what others copied from
# them, when those wrote it.
CONFIRMED = {
    "API Gateway, requests": "third parties, 2025",
    "SQS, requests": "third parties, undated",
    "Lambda, invocations": "third parties, 2025",
    "Lambda, GB-seconds (arm64)": "third parties, undated",
    "DynamoDB, write units": "third parties, 2025, after the halving of November 2024",
    "DynamoDB, read units": "third parties, 2025, after the halving of November 2024",
    "SNS, requests": "third parties, June 2026; that a batch is one request, SNS guide",
    "SNS, emails": "third parties, June 2026",
    "S3, writes": "third parties, February 2020",
    "S3, reads": "third parties, February 2020",
    "CloudWatch, MB of logs": "third parties, June 2026",
    "CloudWatch, metrics a month": "third parties, February 2026",
    "CloudWatch, alarms a month": "third parties, undated",
    "CloudWatch, dashboards a month": "third parties, June 2026",
    "X-Ray, traces": "third parties, 2024",
}

type Bill = Counter[str]
"""How many of each unit."""

# How the event sources of tutorials are set: not at all (Lambda guide, defaults).
_QUEUE_DEFAULT = Source(10, 0)
_STREAM_DEFAULT = Source(100, 0)

_GIGABYTES = 1.0  # of the orders' functions, and of the baselines as well
_PICTURE_GIGABYTES = 2.0

# Lambda's own (Lambda guide, "Amazon SQS event source mappings"): no setting of ours counts.
_POLLERS, _POLL_SECONDS = 5, 20
_MONTH_SECONDS = 30 * 24 * 3600

# What `$context` holds for an order that is accepted.
_CONTEXT = {
    "requestId": "3803d0bb-1bbc-4b6e-9d9a-505c92b8f1f9",
    "requestTime": "20/Nov/2026:12:00:00 +0000",
    "httpMethod": "POST",
    "path": "/v1/orders",
    "status": "202",
    "responseLength": "50",
    "responseLatency": "12",
    "error.responseType": "-",
    "xrayTraceId": "1-69a42b00-000000000000000000000001",
    "authorizer.claims.sub": "7d8ca528-4931-4254-9273-ea5ee853f271",
    "authorizer.principalId": "-",
}

_SHOP_ORDERS, _SHOP_PICTURES, _SHOP_READS = 3000, 300, 20_000


def dollars(bill: Mapping[str, float]) -> float:
    """What the units come to."""
    return sum(count * PRICES[unit].dollars / PRICES[unit].per for unit, count in bill.items())


def orders_bill(writer: Asked, publisher: Asked, orders: int, *, ours: bool) -> Bill:
    """The units of so many orders, as they were asked in a minute of the writer's."""
    messages = writer.invocations * ceil(writer.orders / writer.invocations / 10)
    emails = publisher.requests["Publish"]
    events = publisher.requests["PublishBatch"]
    bill: Bill = Counter(
        {
            "API Gateway, requests": writer.orders,
            "SQS, requests": writer.orders + 2 * messages,  # received and deleted by tens
            "Lambda, invocations": writer.invocations + publisher.invocations,
            "Lambda, GB-seconds (arm64)": (writer.seconds + publisher.seconds) * _GIGABYTES,
            # The index of the table is written with each order.
            "DynamoDB, write units": writer.requests["write units"] + ours * writer.orders,
            "DynamoDB, read units": publisher.orders * ours,
            "SNS, requests": events + emails,
            "SNS, emails": emails,
            "CloudWatch, MB of logs": (
                writer.printed_bytes
                + publisher.printed_bytes
                + ours * writer.orders * access_line_bytes()
            )
            / 1e6,
            "X-Ray, traces": ours * _sampled(writer.orders),
        }
    )
    return Counter({unit: count * orders / writer.orders for unit, count in bill.items()})


def _sampled(per_minute: int) -> float:
    """How many of a minute's requests X-Ray records: one a second and a twentieth of the rest."""
    return min(per_minute, 60 + 0.05 * max(0, per_minute - 60))


def pictures_bill(pictures: int) -> Bill:
    """The units of so many pictures, from the invitation to READY."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        one = picture()
    asked = one.requests
    writes = asked["PutItem"] + asked["UpdateItem"]
    bill = {
        "API Gateway, requests": 1,
        "SNS, requests": 1,
        "SQS, requests": 3,  # sent, received, deleted
        "Lambda, invocations": 2,
        "Lambda, GB-seconds (arm64)": (
            one.invite_seconds * _GIGABYTES + one.process_seconds * _PICTURE_GIGABYTES
        ),
        "DynamoDB, write units": 2 * writes,  # the table and its index
        "DynamoDB, read units": asked["GetItem"],
        "S3, writes": asked["PutObject"],
        "S3, reads": asked["GetObject"],
        "CloudWatch, MB of logs": (len(printed.getvalue()) / 2 + access_line_bytes()) / 1e6,
        "X-Ray, traces": 1,
    }
    return Counter({unit: count * pictures for unit, count in bill.items()})


def access_line_bytes() -> int:
    """A line of the API's access log, in the template's format."""
    setting: Any = template.raw()["Resources"]["Api"]["Properties"]["AccessLogSetting"]
    [_, on, _] = setting["Fn::If"]
    line = re.sub(r"\$context\.([\w.]+)", lambda name: _CONTEXT[name[1]], on["Format"])
    return len(line.encode()) + 1


def custom_metrics() -> set[str]:
    """The names that the functions count by, of those that are always deployed.

    A name is a plural and what became of it, like OrdersStored.
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


def standing_bill() -> Bill:
    """A month of the stack with nothing to do."""
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
            "CloudWatch, alarms a month": types["AWS::CloudWatch::Alarm"],
            "CloudWatch, dashboards a month": types["AWS::CloudWatch::Dashboard"],
            "CloudWatch, metrics a month": len(custom_metrics()),
        }
    )


def read_bill(address: str) -> Bill:
    """The units of one look at a list of orders."""
    tries = 20
    run = work(ours("OrdersFunction", "listing"), address, [1] * tries)
    return Counter(
        {
            "API Gateway, requests": 1,
            "Lambda, invocations": 1,
            "Lambda, GB-seconds (arm64)": run.seconds / tries * _GIGABYTES,
            "DynamoDB, read units": counts(address)["Query"] / (tries + 1),
            "CloudWatch, MB of logs": (run.printed_bytes / (tries + 1) + access_line_bytes()) / 1e6,
            "X-Ray, traces": 1,
        }
    )


def page() -> str:
    """docs/cost.md."""
    with stub() as address:
        read = read_bill(address)
        rush = {"Storefront": growth.ours(growth.RATES[-1], address)}
        quiet = {"Storefront": growth.ours(growth.RATES[0], address)}
        _, tutorial, documented = RACES["writer"]
        publisher = RACES["publisher"][1]
        for rate, found in ((growth.RATES[-1], rush), (growth.RATES[0], quiet)):
            full = growth.RATES[-1] == rate
            queue = Counter({10: rate // 10}) if full else _QUEUE_DEFAULT.batches(rate)
            stream = Counter({100: rate // 100}) if full else _STREAM_DEFAULT.batches(rate)
            published = growth.minute(publisher, stream, address)
            for who, writer in (("Tutorial", tutorial), ("Documented", documented)):
                found[who] = growth.minute(writer, queue, address), published
    million, shop = (
        {who: orders_bill(*asked, orders, ours=who == "Storefront") for who, asked in found.items()}
        for found, orders in ((rush, MILLION), (quiet, _SHOP_ORDERS))
    )
    pictures, standing = pictures_bill(MILLION), standing_bill()
    few = Counter({unit: n * _SHOP_PICTURES / MILLION for unit, n in pictures.items()})
    reads = Counter({unit: n * _SHOP_READS for unit, n in read.items()})
    return _PAGE.format(
        dated=DATED,
        million=_bills(million),
        pictures=_bills({"Storefront": pictures}),
        shop_orders=_SHOP_ORDERS,
        shop_pictures=_SHOP_PICTURES,
        shop_reads=f"{_SHOP_READS:,}",
        shop=table(
            ("", "US$ a month"),
            [
                ("orders", f"{dollars(shop['Storefront']):.2f}"),
                ("pictures", f"{dollars(few):.2f}"),
                ("reads", f"{dollars(reads):.2f}"),
                ("standing: alarms, dashboard, metrics, polled queues", f"{dollars(standing):.2f}"),
                (
                    "all",
                    f"{dollars(shop['Storefront'] + few + reads + standing):.2f}",
                ),
                ("orders alone, tutorial", f"{dollars(shop['Tutorial']):.2f}"),
                ("orders alone, documented", f"{dollars(shop['Documented']):.2f}"),
            ],
        ),
        prices=table(
            ("unit", "US$", "for", "page", "confirmed by"),
            [
                (
                    unit,
                    f"{price.dollars:g}",
                    f"{price.per:,}",
                    price.source,
                    CONFIRMED.get(unit, "not confirmed"),
                )
                for unit, price in PRICES.items()
            ],
        ),
    )


def _bills(bills: Mapping[str, Bill]) -> str:
    rows = [
        (unit, *(f"{dollars({unit: bill[unit]}):.2f}" for bill in bills.values()))
        for unit in PRICES
        if any(bill[unit] for bill in bills.values())
    ]
    rows.append(("all, US$", *(f"{dollars(bill):.2f}" for bill in bills.values())))
    return table(("", *bills), rows)


_PAGE = """\
# What it costs

Written by `make bench ARGS="--keep cost"`: requests, invocations, log bytes and seconds of the
functions as built are counted, then priced. us-east-1, prices of {dated}, without free tiers,
volume discounts, storage, data transfer and tax. Lambda's seconds are those of the machine that
ran this, on services that answer after 5 ms; they are a small part of any bill here. What no
setting of ours decides is Lambda's own: five pollers ask an idle queue every 20 s.

## A million orders, in a rush

10,000 a minute. All three have the same API in front of the queue. The tutorial and the
documented writer get what Lambda hands over where nothing is set, batches of 10 messages and of
100 stream records, and the tutorial's publisher mails every order. They have no index to list a
caller's orders by (a write unit an order), no access log and no traces. Not in it is what telling
people live adds: the queue and the function that hear the events.

{million}

Over 10 emails a second SNS suspends the subscription, so of a million mails in a rush most would
never be sent: their line is what sending them would cost.

## A million pictures

Invited, uploaded, cleaned, with metadata and thumbnail: photographs of 12 megapixels. The
baselines have none.

{pictures}

## A month of a small shop

{shop_orders} orders that come one by one, {shop_pictures} pictures, {shop_reads} looks at a list of
orders, every request traced. Most of it is what stands there: AWS's free tier (10 alarms,
10 metrics, 3 dashboards and a million SQS requests) takes nearly all of that away, and is not
counted here.

{shop}

## Prices

{prices}
"""


def report(*, keep: bool) -> None:
    """Print the page, and write it."""
    text = page()
    print(text)
    if keep:
        PAGE.write_text(text)
