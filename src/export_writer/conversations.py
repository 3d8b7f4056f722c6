"""The user's conversations: a list of them, and the messages of both sides of each one.

Of the other user, they contain what the user sees: the name of when a message was sent, and the ID.
"""

from __future__ import annotations

from typing import Any

from file_names import numbered
from progress import Position, Work, read

from common import aws
from common.messages import Conversation, Message

ABOUT = """conversations.json: whom you have exchanged messages with
- conversations: a folder with the messages of each conversation"""


def write(work: Work, start: Position) -> Position | None:
    rows: list[dict[str, Any]] = []  # as many as there are conversations in one ZIP
    end = _write_conversations(work, start, rows)
    with work.archive.json_list("conversations") as add:
        for row in rows:
            add(row)
    return end


def _write_conversations(
    work: Work, start: Position, rows: list[dict[str, Any]]
) -> Position | None:
    position = start
    while True:
        # By their keys, because a new message would change a row's place among the latest ones.
        found, after = read(
            aws.env("CONVERSATIONS_TABLE"), "userID", work.user_id, position.after, Limit=1
        )
        for row in map(Conversation.from_item, found):
            # The row may be another one than before, if a conversation was deleted meanwhile.
            is_begun = (position.within or {}).get("conversation") == {"S": row.conversation}
            count = position.count if is_begun else position.count + 1
            within = position.within if is_begun else None
            position = Position("conversations", count, position.after, within)
            name = f"conversations/{numbered(count, row.name)}"
            rows.append(
                {"with": row.name, "withID": row.partner_id, "unread": row.unread, "file": name}
            )
            if stopped := _write_messages(work, name, row, position):
                return stopped
        position = Position("conversations", position.count, after)
        if after is None:
            return None
        if work.is_full():
            return position


def _write_messages(work: Work, name: str, row: Conversation, start: Position) -> Position | None:
    within = start.within
    with work.archive.json_list(name) as add:
        while True:
            found, within = read(
                aws.env("MESSAGES_TABLE"), "conversation", row.conversation, within
            )
            for item in found:
                add(Message.from_item(item).to_json())
            if within is None:
                return None
            if work.is_full():
                return Position("conversations", start.count, start.after, within)
