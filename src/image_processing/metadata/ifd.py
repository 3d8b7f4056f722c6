"""Image file directories: the structure of EXIF data and TIFF files (TIFF 6.0; Exif 3.0, 4.6)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_ENTRIES = 500
MAX_VALUE_BYTES = 64 * 1024  # a JPEG segment cannot contain more
MAX_NUMBERS = 1000

BYTE, ASCII, UNDEFINED, UTF8 = 1, 2, 7, 129

_ENTRY_BYTES = 12

_RATIONALS = (5, 10)
# The format character of `struct` for each TIFF type. A rational consists of two such numbers.
_FORMATS = dict(zip(range(1, 14), "BsHLLbshllfdL", strict=True)) | {UTF8: "s"}

type Value = bytes | list[float | int | None]


class BadTag(ValueError):
    """The value of a tag cannot be read. The text is the reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: its number, its TIFF type, and the position `at` of its `count` values."""

    tag: int
    type: int
    count: int
    data: bytes
    at: int
    order: str

    def value(self) -> Value:
        """The value as bytes, or as numbers; a rational with a zero denominator is None.

        Raises BadTag.
        """
        if self.count > MAX_NUMBERS and not self._is_bytes:
            raise BadTag(f"too long: {self.count} values")
        raw = self.raw()
        if self._is_bytes:
            return raw
        letter = _FORMATS[self.type]
        length = len(raw) // struct.calcsize(self.order + letter)
        numbers = struct.unpack(f"{self.order}{length}{letter}", raw)
        if self.type in _RATIONALS:
            return [_quotient(n, d) for n, d in zip(numbers[::2], numbers[1::2], strict=True)]
        if not all(math.isfinite(number) for number in numbers):
            raise BadTag("not a finite number")
        return list(numbers)

    def raw(self) -> bytes:
        """The bytes of the value. Raises BadTag."""
        letter = _FORMATS.get(self.type)
        if letter is None:
            raise BadTag(f"unknown type {self.type}")
        numbers = 2 if self.type in _RATIONALS else 1
        size = struct.calcsize(self.order + letter) * numbers * self.count
        if size > MAX_VALUE_BYTES:
            raise BadTag(f"too long: {size} bytes")
        at = self.at
        if size > 4:  # a shorter value is in the place of its offset
            [at] = struct.unpack_from(self.order + "L", self.data, at)
        raw = self.data[at : at + size]
        if len(raw) < size:
            raise BadTag("extends beyond the end of the data")
        return raw

    @property
    def _is_bytes(self) -> bool:
        return _FORMATS.get(self.type) == "s"


def first_directory(data: bytes) -> Iterator[Entry]:
    """The entries of IFD 0. Raises struct.error or ValueError if this is no TIFF structure."""
    order = byte_order(data)
    return directory(data, order, struct.unpack_from(order + "L", data, 4)[0])


def second_directory(data: bytes) -> Iterator[Entry]:
    """The entries of IFD 1, whose position follows IFD 0. Raises struct.error or ValueError."""
    order = byte_order(data)
    [first] = struct.unpack_from(order + "L", data, 4)
    [count] = struct.unpack_from(order + "H", data, first)
    [at] = struct.unpack_from(order + "L", data, first + 2 + _ENTRY_BYTES * count)
    return directory(data, order, at) if at else iter(())


def byte_order(data: bytes) -> str:
    """The byte order of a TIFF structure, as `struct` names it. Raises ValueError."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError("unknown byte order")
    return order


def directory(data: bytes, order: str, at: int) -> Iterator[Entry]:
    """The entries of the directory at an offset. Raises struct.error at the end of the data."""
    [count] = struct.unpack_from(order + "H", data, at)
    first = at + 2
    for start in range(first, first + _ENTRY_BYTES * min(count, MAX_ENTRIES), _ENTRY_BYTES):
        tag, kind, number = struct.unpack_from(order + "HHL", data, start)
        yield Entry(tag, kind, number, data, start + 8, order)


def _quotient(numerator: int, denominator: int) -> float | int | None:
    if denominator == 0:
        return None
    whole, rest = divmod(numerator, denominator)
    return numerator / denominator if rest else whole
