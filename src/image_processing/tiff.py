"""TIFF structures: the form of EXIF, and of TIFF files (TIFF 6.0; Exif 3.0, section 4.6)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_ENTRIES = 500
MAX_VALUE_BYTES = 64 * 1024  # as much as a JPEG could hold at all
MAX_NUMBERS = 1000

ASCII, UNDEFINED, UTF8 = 2, 7, 129

_RATIONALS = (5, 10)
# How struct calls each type of TIFF; of a rational, one of its two numbers.
_FORMATS = dict(zip(range(1, 14), "BsHLLbshllfdL", strict=True)) | {UTF8: "s"}

type Value = bytes | list[float | int | None]


class BadTag(ValueError):
    """The value of one tag cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: its number, its TIFF type, and where its `count` values are."""

    tag: int
    type: int
    count: int
    data: bytes
    at: int
    order: str

    def value(self) -> Value:
        """Numbers, a rational without a value being None, or bytes. Raises BadTag."""
        if self.count > MAX_NUMBERS and not self._is_bytes:
            raise BadTag(f"too long, {self.count} values")
        raw = self.raw()
        if self._is_bytes:
            return raw
        letter = _FORMATS[self.type]
        length = len(raw) // struct.calcsize(self.order + letter)
        numbers = struct.unpack(f"{self.order}{length}{letter}", raw)
        if self.type in _RATIONALS:
            return [_quotient(n, d) for n, d in zip(numbers[::2], numbers[1::2], strict=True)]
        if not all(math.isfinite(number) for number in numbers):
            raise BadTag("no finite number")
        return list(numbers)

    def raw(self) -> bytes:
        """The values' bytes. Raises BadTag."""
        letter = _FORMATS.get(self.type)
        if letter is None:
            raise BadTag(f"unknown type {self.type}")
        numbers = 2 if self.type in _RATIONALS else 1
        size = struct.calcsize(self.order + letter) * numbers * self.count
        if size > MAX_VALUE_BYTES:
            raise BadTag(f"too long, {size} bytes")
        at = self.at
        if size > 4:  # else they are here, where otherwise their offset is
            [at] = struct.unpack_from(self.order + "L", self.data, at)
        raw = self.data[at : at + size]
        if len(raw) < size:
            raise BadTag("reaches behind the end")
        return raw

    @property
    def _is_bytes(self) -> bool:
        return _FORMATS.get(self.type) == "s"


def first_directory(data: bytes) -> Iterator[Entry]:
    """The entries of IFD 0. Raises struct.error or ValueError if it is no TIFF structure."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError("no byte order")
    return directory(data, order, struct.unpack_from(order + "L", data, 4)[0])


def directory(data: bytes, order: str, at: int) -> Iterator[Entry]:
    """The entries of one directory, as far as they are there; no other is followed."""
    [count] = struct.unpack_from(order + "H", data, at)
    for start in range(at + 2, at + 2 + 12 * min(count, MAX_ENTRIES), 12):
        tag, kind, number = struct.unpack_from(order + "HHL", data, start)
        yield Entry(tag, kind, number, data, start + 8, order)


def _quotient(numerator: int, denominator: int) -> float | int | None:
    if denominator == 0:
        return None
    whole, rest = divmod(numerator, denominator)
    return numerator / denominator if rest else whole
