"""The groups of pictures that the user owns."""

from __future__ import annotations

from progress import Position, Work, read

from common import aws
from common.groups import LIST_KEY, Group


def write(work: Work, start: Position) -> Position | None:
    after = start.after
    [(key, value)] = LIST_KEY.items()
    with work.archive.json_list("groups") as add:
        while True:
            # All groups are read. An index of owners would cost a write for each group, and would
            # be used by nothing else.
            found, after = read(
                aws.env("GROUPS_TABLE"),
                key,
                value,
                after,
                IndexName="newest",
                FilterExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": work.user_id}},
            )
            for item in found:
                add(Group.from_item(item).to_json())
            if after is None:
                return None
            if work.is_full():
                return Position("groups", after=after)
