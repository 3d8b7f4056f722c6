"""JPEG files: ITU-T T.81, annex B. The first bytes of an APPn segment tell what it contains."""

from __future__ import annotations

import re
import struct

from metadata import iptc, xmp

from formats.contents import Contents, UnusablePicture
from formats.orientation import exif_with

_END_OF_IMAGE, _START_OF_SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})

# A marker that ends entropy-coded data: not a stuffed byte, a restart marker or a fill byte.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

# A progressive picture has about ten scans. A file with thousands only wastes time.
_MAX_SCANS = 100

_EXIF_HEADER = b"Exif\0\0"
_PHOTOSHOP_HEADER = b"Photoshop 3.0\0"


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents(parts=[data[:2]])
    photoshop = b""
    scans = 0
    at = 2
    while True:
        if data[at] != 0xFF:
            raise UnusablePicture("the picture is damaged")
        while (marker := data[at + 1]) == 0xFF:
            at += 1
        if marker == _END_OF_IMAGE:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        segment, body = data[at:end], data[at + 4 : end]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, 1)
            contents.add_frame(width, height)
        if marker == _START_OF_SCAN:
            scans += 1
            following = _AFTER_SCAN.search(data, end)
            if following is None:
                raise UnusablePicture("the picture is cut off")
            end = following.start()
            contents.parts.append(data[at:end])
        elif marker in _FRAMES | _TABLES or _is_needed(marker, body):
            contents.parts.append(segment)
        elif marker == _APP1 and body.startswith(_EXIF_HEADER):
            contents.exif = contents.exif or body.removeprefix(_EXIF_HEADER)
        elif marker == _APP1 and body.startswith(xmp.HEADER):
            contents.xmp = body.removeprefix(xmp.HEADER)
        elif marker == _APP13 and body.startswith(_PHOTOSHOP_HEADER):
            photoshop += body.removeprefix(_PHOTOSHOP_HEADER)
        elif marker == _COMMENT:
            contents.add_text("Comment", body)
        at = end
    if not scans or scans > _MAX_SCANS:
        raise UnusablePicture("the picture is damaged")
    contents.iptc = iptc.in_photoshop(photoshop)
    contents.parts.append(b"\xff\xd9")
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the parts that decoding needs."""
    exif = exif_with(orientation)
    body = _EXIF_HEADER + exif
    segment = struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body if exif else b""
    return b"".join((contents.parts[0], segment, *contents.parts[1:]))


def _is_needed(marker: int, body: bytes) -> bool:
    return (
        (marker == _APP0 and body.startswith(b"JFIF\0"))
        or (marker == _APP2 and body.startswith(b"ICC_PROFILE\0"))
        or (marker == _APP14 and body.startswith(b"Adobe"))
    )
