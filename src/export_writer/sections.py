"""The contents of an export, in their order: one section per capability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import connections
import conversations
import pictures
import profile_of_user
from progress import Position, Work

import groups
import orders
from common.dynamodb import items
from common.export import Export

_BEGINNING = """\
Your data
=========

This is a copy of the data that is stored about you (user ID {user_id}).
It was prepared on {started} (UTC), and has the data of that time.

All texts are in JSON files. They open in every text editor and web browser,
and other programs can read them. Times are in UTC.

If there is too much for one ZIP file, there are several. They can be unpacked
into the same folder: a list that continues has the number of the ZIP file in
its name, such as orders-2.json.

"""

_END = """
Not included: your password and the secret of your authenticator app, which
nobody can read, not even we; small previews of your pictures; uploads that
are not processed yet; and copies of the above for search.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One section: what it writes, and what a person has to know about it.

    `write` begins at a position. It returns the one at which the next part must go on, or None.
    """

    name: str
    write: Callable[[Work, Position], Position | None]
    about: str


SECTIONS = (
    Section("profile", profile_of_user.write, "profile.json: your account"),
    Section("orders", orders.write, "orders.json: the orders that you have placed"),
    Section("groups", groups.write, "groups.json: the groups of pictures that you have created"),
    Section("pictures", pictures.write, pictures.ABOUT),
    Section("conversations", conversations.write, conversations.ABOUT),
    Section("connections", connections.write, connections.ABOUT),
)


def readme(export: Export) -> str:
    """The text that explains the files to the person."""
    started = items.timestamp_of(export.startedAt)
    beginning = _BEGINNING.format(user_id=export.userID, started=started[:16].replace("T", " "))
    return beginning + "".join(f"- {section.about}\n" for section in SECTIONS) + _END
