"""Writes docs/cost.md, from counted units and a dated table of prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bench.aws_stub import run_stub
from bench.bills import Bill, images_bill, orders_bill, reads_bill, standing_bill
from bench.cost_page import TEXT
from bench.implementations import DOCUMENTED_WRITER, TUTORIAL_PUBLISHER, TUTORIAL_WRITER
from bench.order_changes import MOST_AT_ONCE, changes_bill, publisher_usage, shop_run, unmoved
from bench.prices import DATE, MILLION, PRICES, dollars
from bench.report import Target, table
from bench.scaling import RATES, EventSource, MinuteUsage, measure_minute, storefront_usage
from bench.transitions import units_per_order
from project.template import ROOT

PAGE = ROOT / "docs" / "cost.md"

# The defaults of event sources, which tutorials do not change (Lambda guide).
_DEFAULT_QUEUE = EventSource(10, 0)
_DEFAULT_STREAM = EventSource(100, 0)

MAX_SHARE_OF_PLACING = 45.0
"""The bill of orders through all states, in percent of the tutorial's for placing them."""

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
        changed = _changes(endpoint)
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
    return TEXT.format(
        date=DATE,
        million=_bills_table(million),
        **_life(million, *changed),
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


def _changes(endpoint: str) -> tuple[Bill, Bill, Counter[str]]:
    """The bills of all changes of a million orders, together and singly, and an order's units."""
    units, publisher = units_per_order(), publisher_usage(endpoint)
    together, singly = (
        _times(changes_bill(at_once, shop_run(at_once, endpoint), units, publisher), MILLION)
        for at_once in (MOST_AT_ONCE, 1)
    )
    return together, singly, units


def _life(
    placed: Mapping[str, Bill], together: Bill, singly: Bill, units: Counter[str]
) -> dict[str, str]:
    """What the page says about a million orders through all states."""
    placing, tutorial = placed["Storefront"], dollars(placed["Tutorial"])
    without_states = _times({"DynamoDB, write units": unmoved()}, MILLION)
    share, least = (
        100 * dollars(bill) / tutorial
        for bill in (placing + together, placing + together - without_states)
    )
    what = "percent of the tutorial's bill for placing orders"
    return {
        "at_once": str(MOST_AT_ONCE),
        "life": _bills_table(
            {
                "placed": placing,
                f"changed, {MOST_AT_ONCE} at once": together,
                "both": placing + together,
                "changed, one at a time": singly,
                "Tutorial, placed": placed["Tutorial"],
            }
        ),
        "life_target": Target(what, share, MAX_SHARE_OF_PLACING).line(),
        "change_writes": f"{units['write units']:g}",
        "desk_writes": f"{units['write units of desk']:g}",
        "unmoved": str(unmoved()),
        "least_share": f"{least:.0f}",
    }


def _times(bill: Mapping[str, float], orders: int) -> Bill:
    return Counter({unit: count * orders for unit, count in bill.items()})


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
