"""WebP files: RFC 9649."""

from __future__ import annotations

import struct

from formats.contents import Contents, UnusablePicture
from formats.orientation import exif_with

_NEEDED = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_HAS_EXIF, _HAS_XMP = 0x08, 0x04  # flags in the VP8X chunk


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents()
    [riff_size] = struct.unpack_from("<I", data, 4)
    if riff_size + 8 > len(data):
        raise UnusablePicture("the picture is cut off")
    at = 12
    while at + 8 <= riff_size + 8:
        kind, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        body = data[at + 8 : at + 8 + size]
        if kind in _NEEDED:
            contents.parts.append(data[at:end])
        if kind == b"VP8X":
            contents.add_frame(*(1 + int.from_bytes(body[i : i + 3], "little") for i in (4, 7)))
        elif kind == b"VP8 ":
            contents.add_frame(*(side & 0x3FFF for side in struct.unpack_from("<HH", body, 6)))
        elif kind == b"VP8L":
            [bits] = struct.unpack_from("<I", body, 1)
            contents.add_frame((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif kind == b"EXIF":
            contents.exif = body.removeprefix(b"Exif\0\0")
        elif kind == b"XMP ":
            contents.xmp = body
        at = end
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the chunks that decoding needs."""
    parts, exif = contents.parts, exif_with(orientation)
    # Only an extended file has flags for its metadata, and so can contain EXIF data.
    if parts and parts[0].startswith(b"VP8X"):
        header = bytearray(parts[0])
        header[8] = header[8] & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if exif else 0)
        chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif if exif else b""
        parts = [bytes(header), *parts[1:], chunk]
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content
