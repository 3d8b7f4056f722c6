"""The picture without what it said about itself: the same pixels to the bit.

One thing is said again, in the smallest EXIF there is: which side is up.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04


def assemble(content_type: str, parts: list[bytes], orientation: Any) -> bytes:
    """A file of the parts that decoding needs; `orientation` is EXIF's, 1 to 8 or nothing."""
    turned = isinstance(orientation, int) and 1 < orientation <= 8
    exif = _orientation_exif(orientation) if turned else b""
    match content_type:
        case "image/jpeg":
            return _jpeg(parts, exif)
        case "image/png":
            return _png(parts, exif)
        case "image/webp":
            return _webp(parts, exif)
        case _:
            return b"".join(parts)


def _orientation_exif(orientation: int) -> bytes:
    """A TIFF structure of one tag, 0x0112, a SHORT."""
    return struct.pack("<2sHLHHHLHHL", b"II", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def _jpeg(parts: list[bytes], exif: bytes) -> bytes:
    body = b"Exif\0\0" + exif
    segment = struct.pack(">HH", 0xFFE1, len(body) + 2) + body if exif else b""
    return b"".join((parts[0], segment, *parts[1:]))


def _png(parts: list[bytes], exif: bytes) -> bytes:
    body = b"eXIf" + exif
    chunk = (
        struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body)) if exif else b""
    )
    return b"".join((*parts[:2], chunk, *parts[2:]))


def _webp(parts: list[bytes], exif: bytes) -> bytes:
    extended = bool(parts) and parts[0].startswith(b"VP8X")
    if extended:  # else there is no place that says what else is in the file
        head = bytearray(parts[0])
        head[8] = head[8] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if exif else 0)
        chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif if exif else b""
        parts = [bytes(head), *parts[1:], chunk]
    picture = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(picture)) + picture
