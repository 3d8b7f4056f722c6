"""Storefront's metadata compared with exiftool's, tag by tag."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from bench.exiftool import Tag
from bench.exiftool_names import RENAMED, by_letters, family, find, without_prefixes

_VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
"""exiftool shows the terms of this vocabulary without its address."""


class Outcome(StrEnum):
    """What became of a tag that exiftool finds."""

    EQUAL = "equal"
    DROPPED = "named in dropped"
    DIFFERENT = "different"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One tag: exiftool's value and Storefront's."""

    group: str
    name: str
    outcome: Outcome
    expected: Any
    found: Any


def compare(metadata: dict[str, Any], tags: Iterable[Tag]) -> Iterator[Comparison]:
    """Compare our metadata of a file with exiftool's tags, if a standard defines them."""
    dropped = {line.partition(":")[0].rpartition(":")[2] for line in metadata["dropped"]}
    tags = list(tags)
    values = {name: value for group, name, value in tags if group == "GPS"}
    for group, name, expected in tags:
        kind = family(group, name)
        has_no_value = name.endswith("Ref") and name.removesuffix("Ref") not in values
        if not kind or (kind == "GPS" and has_no_value):  # a reference to nothing tells nothing
            continue
        found = find(metadata, group, name)
        if _equal(found, expected):
            outcome = Outcome.EQUAL
        elif found is not None:
            outcome = Outcome.DIFFERENT
        else:
            names = {name, RENAMED.get(name, name), name.removesuffix("Ref"), kind}
            names |= {"page 2"} if kind == "thumbnail" else set()  # exiftool has both as IFD1
            outcome = Outcome.DROPPED if dropped & names else Outcome.MISSING
        yield Comparison(kind, name, outcome, expected, found)


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return str(found).lower() == str(expected).lower()
    if isinstance(found, list | dict) and not found:
        return not str(expected).strip()
    if isinstance(found, int | float) or isinstance(expected, int | float):
        return math.isclose(_number(found), _number(expected), rel_tol=1e-5, abs_tol=1e-9)
    if isinstance(found, dict) and isinstance(expected, dict):
        return len(found) == len(expected) and all(
            _equal(by_letters(without_prefixes(found), k), v) for k, v in expected.items()
        )
    if isinstance(found, dict) and isinstance(expected, str):
        return _plain(found.get("x-default")) == _plain(expected)
    if isinstance(found, list):
        values = (
            expected
            if isinstance(expected, list)
            else str(expected).split(" ")
            if len(found) > 1
            else [expected]
        )
        return len(found) == len(values) and all(map(_equal, found, values))
    return _plain(found) in (_plain(expected), _plain(_as_utf_8(expected)))


def _as_utf_8(text: Any) -> Any:
    """The text, if it is UTF-8 that exiftool has read as Latin: the file does not say which."""
    try:
        return text.encode("cp1252").decode()
    except (AttributeError, UnicodeError):
        return text


def _number(value: Any) -> float:
    """The number that a value is, also as a text, a quotient or a list of one; NaN for others."""
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    try:
        return float(Fraction(value) if isinstance(value, str) else value)
    except (TypeError, ValueError, ArithmeticError):
        return math.nan


def _quotient(found: re.Match[str]) -> str:
    numerator, denominator = map(int, found.groups())
    return f"{numerator / denominator:g}" if denominator else "undef"


def _plain(value: Any) -> str:
    """The text without white space around it, and with quotients as numbers.

    Dates lose their punctuation, and what exiftool has in tags of its own.
    """
    text = "undef" if value is None else str(value).strip().removeprefix(_VOCABULARY)
    text = re.sub(r"\b(\d+)/(\d+)\b", _quotient, text)
    if moment := re.fullmatch(
        r"(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?:\.\d+)?)?(.*)", text
    ):
        *day, time, seconds, _offset = moment.groups()
        return "".join(day) + (time + (seconds or ":00") if time else "")
    return re.sub(r"(:\d\d\.\d*?)0+$", r"\1", text)  # of a time
