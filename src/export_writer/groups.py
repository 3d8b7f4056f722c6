"""The groups of pictures that the user owns."""

from __future__ import annotations

from progress import Position, Work

from common.groups import groups


def write(work: Work, start: Position) -> Position | None:
    after = start.after
    with work.archive.json_list("groups") as add:
        while True:
            found, after = groups().owned_by(work.user_id, after)
            for group in found:
                add(group.to_json())
            if after is None:
                return None
            if work.is_full():
                return Position("groups", after=after)
