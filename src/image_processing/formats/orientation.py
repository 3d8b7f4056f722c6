"""The orientation of a clean picture: the only metadata that stays in the file."""

from __future__ import annotations

import struct

_ORIENTATION_TAG, _SHORT = 0x0112, 3


def exif_with(orientation: object) -> bytes:
    """The smallest EXIF data with this orientation; empty for an upright or unknown one."""
    if not isinstance(orientation, int) or not 1 < orientation <= 8:
        return b""
    # A TIFF header and a directory with one entry.
    return struct.pack(
        "<2sHLHHHLHHL", b"II", 42, 8, 1, _ORIENTATION_TAG, _SHORT, 1, orientation, 0, 0
    )
