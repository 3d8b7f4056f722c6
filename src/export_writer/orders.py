"""The orders that the user has placed."""

from __future__ import annotations

from progress import Position, Work, read

from common import aws
from common.orders import Order


def write(work: Work, start: Position) -> Position | None:
    after = start.after
    with work.archive.json_list("orders") as add:
        while True:
            found, after = read(
                aws.env("ORDERS_TABLE"), "placedBy", work.user_id, after, IndexName="placedBy"
            )
            for item in found:
                add(Order.from_item(item).to_json())
            if after is None:
                return None
            if work.is_full():
                return Position("orders", after=after)
