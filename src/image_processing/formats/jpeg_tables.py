"""The tables and headers of a JPEG's scans: ITU-T T.81, annex B.2.

A file can define tables that no scan uses. They could contain anything, so each scan gets only the
tables that decoding it needs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from formats.contents import UnusablePicture

BASELINE, EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
HUFFMAN, QUANTIZATION, RESTART = 0xC4, 0xDB, 0xDD
_SCAN = 0xDA
_BLOCK_SIDE = 8
_COEFFICIENTS = _BLOCK_SIDE**2
_AC = 0x10  # the bit that tells a Huffman table for AC coefficients from one for DC


def segment(marker: int, body: bytes) -> bytes:
    """A marker segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


class Frame:
    """The one frame of a file, and the tables of its scans."""

    def __init__(self, marker: int, body: bytes) -> None:
        """Read a frame header. Raises UnusablePicture, struct.error or IndexError."""
        if marker not in (BASELINE, EXTENDED, PROGRESSIVE) or body[0] != 8:
            raise UnusablePicture("browsers do not show this kind of JPEG; use a baseline JPEG")
        _bits, self.height, self.width, count = struct.unpack_from(">BHHB", body)
        if len(body) != 6 + 3 * count:
            raise UnusablePicture("the picture is damaged")
        # Each block of a channel has at least one bit.
        self.blocks = -(-self.height // _BLOCK_SIDE) * -(-self.width // _BLOCK_SIDE)
        self.segment = segment(marker, body)
        self.is_progressive = marker == PROGRESSIVE
        self._quantization = {body[6 + 3 * n]: body[8 + 3 * n] for n in range(count)}

    def scan(self, body: bytes, tables: Tables) -> Iterator[bytes]:
        """The segments that start a scan. Raises UnusablePicture or IndexError."""
        count = body[0]
        if len(body) != 4 + 2 * count:
            raise UnusablePicture("the picture is damaged")
        first, last, bits = body[1 + 2 * count :]
        if not self.is_progressive:
            first, last, bits = 0, _COEFFICIENTS - 1, 0  # decoders ignore what is written there
        refines = bits >> 4
        for at in range(1, 1 + 2 * count, 2):
            component, chosen = body[at], body[at + 1]
            # A component has the table that is defined when its first scan starts.
            if (table := self._quantization.pop(component, None)) is not None:
                yield from tables.take(QUANTIZATION, table)
            if first == 0 and not refines:
                yield from tables.take(HUFFMAN, chosen >> 4)
            if last > 0:
                yield from tables.take(HUFFMAN, _AC | chosen & 0x0F)
        yield from tables.take(RESTART, 0)
        yield segment(_SCAN, body[: 1 + 2 * count] + bytes([first, last, bits]))


class Tables:
    """The tables that are defined, and were not written since."""

    def __init__(self) -> None:
        self._defined: dict[tuple[int, int], bytes] = {}

    def define(self, marker: int, body: bytes) -> None:
        """Read the tables in a segment. Raises UnusablePicture or IndexError."""
        if marker == RESTART:
            self._defined[marker, 0] = body[:2]
            return
        while body:
            if marker == HUFFMAN:
                size = 17 + sum(body[1:17])
            else:
                size = 1 + _COEFFICIENTS * (2 if body[0] >> 4 else 1)
            if len(body) < size:
                raise UnusablePicture("the picture is damaged")
            self._defined[marker, body[0] & (0x1F if marker == HUFFMAN else 0x0F)] = body[:size]
            body = body[size:]

    def take(self, marker: int, name: int) -> Iterator[bytes]:
        """The segment of a table, unless it was written before."""
        if table := self._defined.pop((marker, name), b""):
            yield segment(marker, table)
