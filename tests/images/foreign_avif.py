"""AVIF files whose colours are described by codes, and not by a profile."""

from __future__ import annotations

import struct

from tests.harness.pictures import AVIF, picture


def coded(primaries: int, transfer: int) -> bytes:
    """A picture with other codes of colours (ITU-T H.273) in its `colr` box."""
    before, box, after = picture(AVIF).partition(b"colrnclx")
    return before + box + struct.pack(">HH", primaries, transfer) + after[4:]


SHOWN = {
    "Display P3": coded(12, 13),
    "BT.2020": coded(9, 14),
    "BT.709": coded(1, 1),
}
"""Files that browsers show."""

REFUSED = {"cut off": picture(AVIF)[:-20]}
"""Files that browsers do not show, or as nothing."""
