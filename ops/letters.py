"""Dead letters and the places where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `source` is what AWS gave us; it and `body` hold personal data."""

    id: str
    orders: str
    error: str
    reason: str
    sent: datetime
    details: dict[str, str]
    body: str
    source: Any


type Outcomes = Iterator[tuple[Letter, str]]
"""Each letter as it is done with, and what went wrong, which is empty where nothing did."""


class Letters(Protocol):
    """A place where dead letters lie."""

    name: str
    target: str
    has_more: bool

    def hold(self, seconds: int) -> AbstractContextManager[list[Letter]]:
        """The letters, nobody else's for so long at most; given back on leaving."""

    def replay(self, letters: Iterable[Letter]) -> Outcomes:
        """Send held letters where they came from, and only then delete them."""

    def discard(self, letters: Iterable[Letter]) -> Outcomes:
        """Delete held letters for good."""
