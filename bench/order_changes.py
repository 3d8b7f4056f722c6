"""The bill of changing an order from placed to delivered, by the shop and the publisher."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from bench.bills import GIGABYTES, Bill, access_log_line_bytes, sampled_traces
from bench.implementations import PUBLISHER, Run, run_batches, storefront
from bench.scaling import RATES, SHARDS, EventSource, MinuteUsage, measure_minute
from bench.transitions import WAY
from common import order_desk
from common.order_states import State

RATE = RATES[-1]
"""Orders per minute, all of which are changed in the minute."""

MOST_AT_ONCE = 100
"""How many orders one request can change."""

_REQUESTS = 10


def publisher_usage(endpoint: str) -> MinuteUsage:
    """What the publisher uses for the changes of one minute."""
    changes = EventSource.of("OrdersPublisherFunction").batches(RATE * len(WAY), SHARDS)
    return measure_minute(replace(PUBLISHER, batch="change_batch"), changes, endpoint)


def shop_run(at_once: int, endpoint: str) -> Run:
    """The requests of a shop that changes so many orders at once."""
    shop = storefront("ShopOrdersFunction", "change_states")
    return run_batches(shop, endpoint, [at_once] * _REQUESTS)


def changes_bill(
    at_once: int, shop: Run, units: Mapping[str, float], publisher: MinuteUsage
) -> Bill:
    """The bill of all changes of one order, if the shop changes so many orders at once.

    `units` are the read and write units of these changes. A record of the publisher is a change.
    """
    seconds = shop.seconds / _REQUESTS
    printed = shop.printed_bytes / (_REQUESTS + 1)  # with the one that warms up
    requests = len(WAY) / at_once
    published = len(WAY) / publisher.orders
    return Counter(
        {
            "API Gateway, requests": requests,
            "Lambda, invocations": requests + publisher.invocations * published,
            "Lambda, GB-seconds (arm64)": (
                (requests * seconds + publisher.seconds * published) * GIGABYTES
            ),
            "DynamoDB, write units": units["write units"],
            # Each batch of the publisher reads the progress of one record.
            "DynamoDB, read units": units["read units"] + publisher.invocations * published,
            "SNS, requests": publisher.requests["PublishBatch"] * published,
            "CloudWatch, MB of logs": (
                requests * (printed + access_log_line_bytes()) + publisher.printed_bytes * published
            )
            / 1e6,
            "X-Ray, traces": sampled_traces(round(RATE * requests)) / RATE,
        }
    )


def unmoved() -> int:
    """After how many changes of the way an order has the same key of the index `desk`."""
    keys = [order_desk.key("", "2026-11", state) for state in (State.PLACED, *WAY)]
    return sum(before == after for before, after in pairwise(keys))
