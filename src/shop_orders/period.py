"""The days in which orders were placed, from `from` to `to`, both included, in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from common.api.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DAYS = 366
"""Orders that are not open are found month by month, so a period cannot be endless."""

# Python also reads other forms of ISO 8601, such as 2026-W48-1.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Period:
    """A period. `first` is None if the client gave no `from`."""

    first: date | None
    last: date

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """The period that a query string asks for, until today if it names no end.

        Raises Invalid.
        """
        first, last = _date(query, "from"), _date(query, "to") or datetime.now(UTC).date()
        if first is not None and not 0 <= (last - first).days < MAX_DAYS:
            raise Invalid("invalid from", [f"from: must be at most {MAX_DAYS - 1} days before to"])
        return cls(first, last)

    @property
    def start(self) -> str:
        """Not later than any `placedAt` in the period."""
        return "0" if self.first is None else self.first.isoformat()

    @property
    def end(self) -> str:
        """Not earlier than any `placedAt` in the period."""
        return f"{self.last.isoformat()}~"  # sorts behind the T of a time

    def limited(self) -> Self:
        """The period, or the longest one that ends with it if it has no first day."""
        first = self.first or date.fromordinal(max(1, self.last.toordinal() - MAX_DAYS + 1))
        return replace(self, first=first)

    def months(self) -> list[str]:
        """The months of the limited period, latest first: 2026-11, 2026-10, …"""
        first = self.limited().start[:7]
        months, month = [], self.last.replace(day=1)
        while month.isoformat()[:7] >= first:
            months.append(month.isoformat()[:7])
            if month == date.min:
                break
            month = (month - timedelta(days=1)).replace(day=1)
        return months


def _date(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError("not a date")
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"invalid {name}", [f"{name}: must be a date like 2026-11-29"]) from error
