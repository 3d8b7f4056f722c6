"""Dates and times as in RFC 3339, from the forms in which cameras and programs write them."""

from __future__ import annotations

import re
from datetime import date, time

_DATE = r"(?P<year>\d{4})(?P<mark>[:/.-]?)(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
_TIME = r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
_OFFSET = r"(?:UTC|GMT)?(?P<sign>[+\u2212-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?"

_STARTS_WITH_DATE = re.compile(_DATE, re.ASCII)
_STARTS_WITH_TIME = re.compile(_TIME, re.ASCII)
_IS_OFFSET = re.compile(_OFFSET, re.ASCII)
_MAX_FRACTION_DIGITS = 9  # nanoseconds


def date_time(text: str, offset: str = "", fraction: str = "") -> str:
    """A date, with the time if the text has one. Raises ValueError.

    `offset` and `fraction` of a second are what is known from elsewhere. Without an offset, nobody
    knows the time zone.
    """
    day, rest = _split_date(text.strip())
    rest = rest.strip(" T")
    if not rest:
        return day
    clock, rest = _split_time(rest)
    if "." not in clock and fraction.isascii() and fraction.isdigit():
        clock += f".{fraction}" if len(fraction) <= _MAX_FRACTION_DIGITS else ""
    return f"{day}T{clock}{utc_offset(rest) if rest.strip() else offset}"


def only_date(text: str) -> str:
    """A date, without what may follow it. Raises ValueError."""
    return _split_date(text.strip())[0]


def is_time(text: str) -> bool:
    """Whether this starts with a time of day rather than with a date."""
    return _STARTS_WITH_DATE.match(text) is None and _STARTS_WITH_TIME.match(text) is not None


def only_time(text: str) -> str:
    """A time of day, with its offset from UTC if the text has one. Raises ValueError."""
    clock, rest = _split_time(text.strip())
    return clock + (utc_offset(rest) if rest.strip() else "")


def utc_offset(text: str) -> str:
    """An offset from UTC, as `Z` or `+01:00`. Raises ValueError."""
    text = text.strip().upper()
    if text in ("Z", "UTC", "GMT"):
        return "Z"
    found = _IS_OFFSET.fullmatch(text)
    if found is None:
        raise ValueError("not an offset from UTC")
    shifted = time(int(found["hours"]), int(found["minutes"] or 0))
    return f"{'+' if found['sign'] == '+' else '-'}{shifted:%H:%M}"


def _split_date(text: str) -> tuple[str, str]:
    found = _STARTS_WITH_DATE.match(text)
    if found is None:
        raise ValueError("not a date")
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    return day.isoformat(), text[found.end() :]


def _split_time(text: str) -> tuple[str, str]:
    found = _STARTS_WITH_TIME.match(text)
    if found is None:
        raise ValueError("not a time of day")
    moment = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    fraction = (found["fraction"] or "")[:_MAX_FRACTION_DIGITS]
    return moment.isoformat() + (f".{fraction}" if fraction else ""), text[found.end() :]
