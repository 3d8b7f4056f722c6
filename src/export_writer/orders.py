"""The orders that the user has placed."""

from __future__ import annotations

from progress import Position, Work, read

from common import aws
from common.orders_table import orders


def write(work: Work, start: Position) -> Position | None:
    after = start.after
    with work.archive.json_list("orders") as add:
        while True:
            found, after = read(
                aws.env("ORDERS_TABLE"), "placedBy", work.user_id, after, IndexName="placedBy"
            )
            for order in orders().whole(found, work.user_id):
                add(order.to_json(with_history=True))
            if after is None:
                return None
            if work.is_full():
                return Position("orders", after=after)
