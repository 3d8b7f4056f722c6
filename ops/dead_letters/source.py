"""A dead letter, and the interface of the queues and buckets that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter. `body` and `raw` contain personal data.

    `subject` is an order id, or the number of records in a batch. `raw` is the SQS message or
    the S3 object as AWS returned it.
    """

    id: str
    subject: str
    error: str
    reason: str
    sent_at: datetime
    details: dict[str, str]
    body: str
    raw: Any


class Outcome(NamedTuple):
    """What happened to one dead letter. `problem` is empty on success."""

    dead_letter: DeadLetter
    problem: str = ""


class DeadLetterSource(Protocol):
    """A queue or a bucket that holds dead letters."""

    name: str
    """Its logical id in the template."""

    target: str
    """The logical ids of what a replay sends the dead letters to."""

    has_more: bool
    """True if the last `hold` ran out of time before it had read everything."""

    def hold(self, seconds: int) -> AbstractContextManager[list[DeadLetter]]:
        """Return the dead letters, hidden from other readers for at most `seconds`.

        Leaving the context makes those that are still here visible again.
        """

    def replay(self, dead_letters: Iterable[DeadLetter]) -> Iterator[Outcome]:
        """Send held dead letters back to where they came from, then delete them here."""

    def discard(self, dead_letters: Iterable[DeadLetter]) -> Iterator[Outcome]:
        """Delete held dead letters permanently."""
