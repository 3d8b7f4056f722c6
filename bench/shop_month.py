"""What a shop would pay AWS per month: `make cost ORDERS=3000 PICTURES=300 USERS=500`.

It multiplies what the functions, as built, take by the dated table of prices, as docs/cost.md does.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from bench.aws_stub import run_stub
from bench.bills import Bill, images_bill, orders_bill, reads_bill, standing_bill
from bench.order_changes import changes_bill, publisher_usage, shop_run
from bench.prices import DATE, MILLION, dollars
from bench.report import table
from bench.scaling import RATES, storefront_usage
from bench.transitions import units_per_order
from local.dynamodb_local import MISSING
from local.stack import builds
from project import maven

MINUTES = 30 * 24 * 60
READS_PER_USER = 40
"""Lists that a user looks at in a month, if it is not given."""

_ASSUMED = f"""
The shop changes each order four times, one at a time. A user looks at {READS_PER_USER} lists,
unless READS gives their number. Not included: storage, data transfer, emails to users, live
connections, messages and search.
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Print the bill."""
    arguments = _parse(argv)
    if not maven.is_available():
        sys.exit(f"cost: {MISSING}")
    builds.build()
    reads = arguments.users * READS_PER_USER if arguments.reads is None else arguments.reads
    with run_stub() as endpoint:
        bills = month(arguments.orders, arguments.pictures, arguments.users, reads, endpoint)
    print(f"US$ per month, with the prices of {DATE} in us-east-1, without free tiers:\n")
    rows = [(name, f"{dollars(bill):,.2f}") for name, bill in bills.items()]
    total = dollars(sum(bills.values(), Counter()))
    print(table(("", "US$"), [*rows, ("total", f"{total:,.2f}")]))
    print(_ASSUMED)


def month(
    orders: int, pictures: int, users: int, reads: int, endpoint: str
) -> dict[str, Counter[str]]:
    """The bills by what they are for. `endpoint` answers the functions' requests."""
    writer, publisher = storefront_usage(rate(orders), endpoint)
    change = changes_bill(1, shop_run(1, endpoint), units_per_order(), publisher_usage(endpoint))
    return {
        f"{orders:,} orders placed": orders_bill(writer, publisher, orders, is_storefront=True),
        "their changes": _times(change, orders),
        f"{pictures:,} pictures": images_bill(pictures),
        f"{reads:,} lists": reads_bill(reads, endpoint),
        f"{users:,} users who sign in": Counter({"Cognito, active users": users}),
        "a stack without requests": standing_bill(),
    }


def rate(orders: int) -> int:
    """The measured rate, in orders per minute, that is nearest below the month's average.

    Few orders per minute cost more each, because batches are smaller.
    """
    return max((each for each in RATES if each * MINUTES <= orders), default=RATES[0])


def _times(bill: Bill, count: int) -> Bill:
    return Counter({unit: each * count for unit, each in bill.items()})


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    add = parser.add_argument
    add("--orders", type=_count, default=3000, help="orders per month")
    add("--pictures", type=_count, default=300, help="pictures per month")
    add("--users", type=_count, default=500, help="users who sign in within a month")
    add("--reads", type=_count, help="lists that all users look at per month")
    return parser.parse_args(argv)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 1000 * MILLION):
        raise argparse.ArgumentTypeError(f"invalid number: {text!r}")
    return int(text)


if __name__ == "__main__":
    main()
