"""What the shop of `make seed` contains. It is the same each time."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Any

USERS = ("ann", "ben", "cleo", "dan", "femi")
STAFF = "sam"
"""A member of the group `staff`, who reads all orders."""

GROUPS = {
    "Chairs": "Chairs that we have restored, and where they came from.",
    "Lamps": "Table lamps and floor lamps. Please switch them on before you take the picture.",
    "Before and after": "The same piece twice.",
    "Küche & Tisch": "Alles für die Küche, auch Einzelstücke. 🍽️",
}

_ITEMS = (
    *("Oak chair", "Desk lamp, brass", "Bookshelf, five boards", "Wool blanket, grey"),
    *("Kitchen table, beech", "Mirror with a round frame", "Tea set for six", "Coat hooks"),
    *("Vase, blue glass", "Linen curtains", "Footstool", "Wall clock", "Teekanne, Emaille"),
)
_NOTES = (
    *("Please ring twice.", "A present: no invoice in the parcel, please.", "No hurry."),
    *("Deliver after 5 p.m.", "Bitte beim Nachbarn abgeben.", "The colour as in the picture."),
)
_TALKS = (
    ("Is the oak chair still there?", "Yes, two of them.", "Then I take both. 🪑"),
    ("Which bulb does the brass lamp need?", "E14, 25 W at most."),
    ("The table has arrived, thank you!", "Good to hear. Enjoy it.", "We do, every evening."),
    ("Can you post the blanket abroad?", "Yes, for 12 more."),
)

_NAMESPACE = uuid.UUID("5c9b2d52-6f0f-4cb4-8c4c-0c1b6f0a7e55")

ORDERS = 500
_REFUSED_EVERY, _TAKEN_EVERY = 50, 100


@dataclass(frozen=True, slots=True)
class SeedOrder:
    """An order of a user. `second` is sent afterwards under the same ID, and refused."""

    id: str
    user: str
    body: dict[str, Any]
    second: dict[str, Any] | None = None
    taken_by: str = ""
    """The user who sends an order under the same ID, and is refused."""


def key(*parts: object) -> str:
    """Return an ID that is the same in each run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def orders() -> list[SeedOrder]:
    """Return all orders: of all users, with and without optional fields, some refused."""
    chance = random.Random(17)  # noqa: S311  # the same orders each time
    return [_order(number, chance) for number in range(ORDERS)]


def _order(number: int, chance: random.Random) -> SeedOrder:
    user, other = chance.sample(USERS, 2)
    body: dict[str, Any] = {"item": chance.choice(_ITEMS)}
    if chance.random() < 0.8:
        body["quantity"] = chance.choice((1, 1, 1, 2, 2, 3, 6, 2.5, 120))
    if chance.random() < 0.6:
        body["customerID"] = f"C-{chance.randrange(10_000):04}"
    if chance.random() < 0.3:
        body["note"] = chance.choice(_NOTES)
    return SeedOrder(
        key("order", number),
        user,
        body,
        second={"item": "Something else"} if number % _REFUSED_EVERY == 1 else None,
        taken_by=other if number % _TAKEN_EVERY == 2 else "",
    )


def conversations() -> list[tuple[str, str, str]]:
    """Return the sender, the recipient and the text of each message, in their order."""
    messages = []
    for number, talk in enumerate(_TALKS):
        one, two = USERS[number], USERS[(number + 1) % len(USERS)]
        for turn, text in enumerate(talk):
            sender, recipient = (one, two) if turn % 2 == 0 else (two, one)
            messages.append((sender, recipient, text))
    return messages
