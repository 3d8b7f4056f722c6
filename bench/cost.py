"""Writes docs/cost.md, from counted units and a dated table of prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bench.aws_stub import run_stub
from bench.bills import Bill, images_bill, orders_bill, reads_bill, standing_bill
from bench.implementations import DOCUMENTED_WRITER, TUTORIAL_PUBLISHER, TUTORIAL_WRITER
from bench.prices import DATE, MILLION, PRICES, dollars
from bench.report import table
from bench.scaling import RATES, EventSource, MinuteUsage, measure_minute, storefront_usage
from project.template import ROOT

PAGE = ROOT / "docs" / "cost.md"

# The defaults of event sources, which tutorials do not change (Lambda guide).
_DEFAULT_QUEUE = EventSource(10, 0)
_DEFAULT_STREAM = EventSource(100, 0)

_SHOP_ORDERS, _SHOP_IMAGES, _SHOP_READS = 3000, 300, 20_000

type Usages = dict[str, tuple[MinuteUsage, MinuteUsage]]
"""What writer and publisher use, by implementation."""


def report(*, keep: bool) -> None:
    """Print the page. With `keep`, write it to docs/cost.md too."""
    text = page()
    print(text)
    if keep:
        PAGE.write_text(text)


def page() -> str:
    """The text of docs/cost.md."""
    with run_stub() as endpoint:
        reads = reads_bill(_SHOP_READS, endpoint)
        rush = _usages(RATES[-1], endpoint)
        quiet = _usages(RATES[0], endpoint)
    million = _orders_bills(rush, MILLION)
    shop = _orders_bills(quiet, _SHOP_ORDERS)
    images, standing = images_bill(MILLION), standing_bill()
    shop_images = Counter({unit: n * _SHOP_IMAGES / MILLION for unit, n in images.items()})
    month = {
        "orders": shop["Storefront"],
        "images": shop_images,
        "reads": reads,
        "standing: alarms, dashboard, metrics, queue polling": standing,
        "total": shop["Storefront"] + shop_images + reads + standing,
        "orders only, tutorial": shop["Tutorial"],
        "orders only, documented": shop["Documented"],
    }
    return _PAGE.format(
        date=DATE,
        million=_bills_table(million),
        images=_bills_table({"Storefront": images}),
        shop_orders=f"{_SHOP_ORDERS:,}",
        shop_images=_SHOP_IMAGES,
        shop_reads=f"{_SHOP_READS:,}",
        shop=table(
            ("", "US$ per month"), [(name, f"{dollars(bill):.2f}") for name, bill in month.items()]
        ),
        prices=_prices_table(),
    )


def _usages(rate: int, endpoint: str) -> Usages:
    """What all implementations use at this rate; at the highest one, baselines get full batches."""
    is_rush = rate == RATES[-1]
    queue = Counter({10: rate // 10}) if is_rush else _DEFAULT_QUEUE.batches(rate)
    stream = Counter({100: rate // 100}) if is_rush else _DEFAULT_STREAM.batches(rate)
    publisher = measure_minute(TUTORIAL_PUBLISHER, stream, endpoint)
    return {
        "Storefront": storefront_usage(rate, endpoint),
        "Tutorial": (measure_minute(TUTORIAL_WRITER, queue, endpoint), publisher),
        "Documented": (measure_minute(DOCUMENTED_WRITER, queue, endpoint), publisher),
    }


def _orders_bills(usages: Usages, orders: int) -> dict[str, Bill]:
    return {
        name: orders_bill(writer, publisher, orders, is_storefront=name == "Storefront")
        for name, (writer, publisher) in usages.items()
    }


def _bills_table(bills: Mapping[str, Bill]) -> str:
    rows = [
        (unit, *(f"{dollars({unit: bill[unit]}):.2f}" for bill in bills.values()))
        for unit in PRICES
        if any(bill[unit] for bill in bills.values())
    ]
    rows.append(("total, US$", *(f"{dollars(bill):.2f}" for bill in bills.values())))
    return table(("", *bills), rows)


def _prices_table() -> str:
    rows = [
        (unit, f"{price.dollars:g}", f"{price.per:,}", price.page, price.confirmed_by)
        for unit, price in PRICES.items()
    ]
    return table(("unit", "US$", "per", "page", "confirmed by"), rows)


_PAGE = """\
# What it costs

`make bench ARGS="--keep cost"` writes this page. It counts the requests, invocations, log bytes and
seconds of the functions as built, and multiplies them by the prices of {date} in us-east-1.
Free tiers, volume discounts, storage, data transfer and tax are not included. Lambda's seconds
were measured on the machine that ran the benchmark, with services that answer after 5 ms; they are
a small part of every bill here. Lambda polls an idle queue with five pollers, every 20 s each; no
setting changes that.

## A million orders in a rush

10,000 orders per minute. All three implementations have the same API in front of the queue. The
tutorial and the documented writer get Lambda's default batches, of 10 messages and of 100 stream
records, and the tutorial's publisher sends one email per order. They have no index for listing the
caller's orders (one write unit per order), no access log and no traces. Live events are not
included: they add the queue and the function that receive the events.

{million}

SNS suspends a subscription that gets more than 10 emails per second. Most of the million emails of
the baselines would therefore never be sent; their line shows what sending them would cost.

## A million images

Photographs of 12 megapixels, uploaded and cleaned, with metadata and a thumbnail. The baselines
have no images.

{images}

## A month of a small shop

{shop_orders} orders that arrive one at a time, {shop_images} images, {shop_reads} requests for a
list of orders; every request is traced. Most of the total is the standing cost. AWS's free tier
(10 alarms, 10 metrics, 3 dashboards and a million SQS requests) covers nearly all of it; it is not
included here.

{shop}

## Prices

{prices}
"""
