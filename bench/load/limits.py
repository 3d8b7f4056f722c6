"""What `make load` may send at most, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass


class TooMuch(Exception):
    """The load is above a hard limit. The text names it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Orders per second, minutes, and functions that send."""

    rate: float
    minutes: float
    senders: int


ON_AWS = Limits(rate=1000, minutes=14, senders=20)
"""A function ends after 15 minutes. A stage accepts 500 requests per second by default."""

ON_THIS_MACHINE = Limits(rate=20, minutes=5, senders=2)
"""More would measure how the processes of the local stack share the machine."""

MAX_DOLLARS = 25.0
"""Above this estimate, nothing is sent, whatever the answer."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: `rate` orders per second by all senders together. No senders: this machine."""

    rate: float
    minutes: float
    senders: int

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    @property
    def orders(self) -> int:
        """The number of orders of all senders."""
        return round(self.rate / self.parts * self.seconds) * self.parts

    @property
    def parts(self) -> int:
        """How many users send, each a part of the orders."""
        return max(1, self.senders)

    def check(self, limits: Limits) -> None:
        """Raise TooMuch above a limit."""
        for name in ("rate", "minutes", "senders"):
            given, limit = getattr(self, name), getattr(limits, name)
            if given < 0 or given > limit or (name != "senders" and given == 0):
                raise TooMuch(f"{name.upper()} must be above 0, and at most {limit:g} here")
