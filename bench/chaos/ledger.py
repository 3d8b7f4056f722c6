"""What the clients of a run know: what they sent, and what was confirmed to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WORD = "chaos"
"""In each text that is searched for."""


@dataclass(frozen=True, slots=True)
class SentOrder:
    """An order as its client sent it. The item has a number of its own."""

    order_id: str
    buyer: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Transition:
    """A change that was confirmed: the order has this state in this version."""

    order_id: str
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message, whose text is its own. Both users are names."""

    sender: str
    recipient: str
    text: str


@dataclass
class Ledger:
    """The books of the clients. Each list is only added to, by several threads.

    `attempted` has every order, message and picture that may exist without a confirmation, because
    its client got no answer: by item, text or title.
    """

    orders: list[SentOrder] = field(default_factory=list)
    conflicts: list[SentOrder] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    messages: list[SentMessage] = field(default_factory=list)
    pictures: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By title: the owner, and the id of the image."""
    attempted: set[str] = field(default_factory=set)
    heard: set[tuple[str, str, str]] = field(default_factory=set)
    """Live events: the user, the type, and the id of what the event is about."""
