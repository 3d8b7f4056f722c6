"""The devices of the user that have a live connection now."""

from __future__ import annotations

from progress import Position, Work

from common.connections import connections
from common.dynamodb import items

ABOUT = "connections.json: your devices that received live events at that time"


def write(work: Work, _: Position) -> None:
    with work.archive.json_list("connections") as add:
        for each in connections().of_user(work.user_id, include_expired=True):
            add(
                {
                    "connectionID": each.connectionID,
                    "connectedAt": items.timestamp_of(each.connectedAt),
                    "receivesEventsUntil": items.timestamp_of(each.expiration),
                }
            )
