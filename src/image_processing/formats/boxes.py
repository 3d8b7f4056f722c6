"""The boxes of which HEIF files consist: ISO/IEC 14496-12, 4.2."""

from __future__ import annotations

import struct
from collections.abc import Iterator


class Reader:
    """Reads numbers and boxes from a part of the data. Raises struct.error at its end."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    def take(self, size: int) -> bytes:
        if size > self.end - self.at:
            raise struct.error("cut off")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def numbers(self, *sizes: int) -> Iterator[int]:
        return map(self.number, sizes)

    def text(self) -> bytes:
        """The bytes up to the next zero byte, which is skipped."""
        found = self.data[self.at : self.end].partition(b"\0")[0]
        self.at = min(self.end, self.at + len(found) + 1)
        return found

    def version(self) -> int:
        """The version of a full box. Its flags are skipped."""
        return self.number(4) >> 24

    def boxes(self) -> Iterator[tuple[bytes, Reader]]:
        """The types and contents of the boxes up to the end. One that is longer is cut off."""
        while self.end - self.at >= 8:
            start = self.at
            size, kind = self.number(4), self.take(4)
            if size == 1:
                size = self.number(8)
            end = start + size if size else self.end
            if end < self.at:
                raise struct.error("a box is shorter than its header")
            yield kind, Reader(self.data, self.at, min(end, self.end))
            self.at = end
