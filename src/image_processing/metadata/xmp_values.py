"""The values of XMP, which writes them all as text."""

from __future__ import annotations

import re
from typing import Any

from metadata import dates, location, xmp_names

_NUMBER = re.compile(r"([+-]?\d{1,15})(?:(\.\d{1,15})|/(\d{1,15}))?", re.ASCII)
_PART_OF_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)  # a year, or a month


def scalar(name: str, text: str) -> Any:
    """The value of a property: a number, a truth value or a date if the standards say so.

    Raises ValueError for a date that is none.
    """
    text = text.strip()
    if xmp_names.is_boolean(name) and text in ("True", "False"):
        return text == "True"
    if xmp_names.is_date(name) and text and not _PART_OF_DATE.fullmatch(text):
        return _date(name, text)
    if location.is_coordinate(name.removeprefix("exif:")):
        return _coordinate(name.removeprefix("exif:"), text)
    if xmp_names.is_number(name):
        return _number(text, otherwise=text)
    if xmp_names.is_list_of_numbers(name):
        return [_number(part) for part in text.split()]
    return text


def _date(name: str, text: str) -> str:
    try:
        if name == "exif:GPSTimeStamp" and dates.is_time(text):
            return dates.only_time(text)
        return dates.date_time(text)
    except ValueError as error:
        raise ValueError("not a date") from error


def _coordinate(name: str, text: str) -> float | str:
    try:
        return location.degrees(name, text)
    except ValueError:
        return text


def _number(text: str, otherwise: str | None = None) -> float | int | str | None:
    found = _NUMBER.fullmatch(text)
    if found is None or (found[3] and not int(found[3])):
        return otherwise
    whole, fraction, denominator = found.groups()
    if denominator:
        quotient = int(whole) / int(denominator)
        return int(quotient) if quotient.is_integer() else quotient
    return float(whole + fraction) if fraction else int(whole)
