"""JPEG files: ITU-T T.81, annex B. The first bytes of an APPn segment tell what it contains."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from metadata import iptc, xmp

from formats import icc
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
_JFIF_HEADER, _JFIF_BYTES = b"JFIF\0", 12  # then the size of a thumbnail, and the thumbnail
_NO_THUMBNAIL = b"\0\0"
_ADOBE_HEADER, _ADOBE_BYTES = b"Adobe", 12
_PROFILE_HEADER = b"ICC_PROFILE\0"  # then the number of the piece, and how many there are
_MAX_PIECE_BYTES = 0xFFFF - 2 - len(_PROFILE_HEADER) - 2


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents(parts=[data[:2]])
    photoshop = b""
    profile: dict[bytes, bytes] = {}
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
        elif marker in _FRAMES | _TABLES:
            contents.parts.append(segment)
        elif marker == _APP0 and body.startswith(_JFIF_HEADER) and len(body) > _JFIF_BYTES + 1:
            contents.parts.append(_segment(_APP0, body[:_JFIF_BYTES] + _NO_THUMBNAIL))
        elif marker == _APP14 and body.startswith(_ADOBE_HEADER):
            contents.parts.append(_segment(_APP14, body[:_ADOBE_BYTES]))
        elif marker == _APP2 and body.startswith(_PROFILE_HEADER):
            piece = body.removeprefix(_PROFILE_HEADER)
            profile.setdefault(piece[:1], piece[2:])
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
    contents.profile = icc.without_private_tags(b"".join(profile[n] for n in sorted(profile)))
    contents.parts.append(b"\xff\xd9")
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the parts that decoding needs."""
    exif = exif_with(orientation)
    start, *rest = contents.parts
    added = [_segment(_APP1, _EXIF_HEADER + exif)] if exif else []
    return b"".join((start, *added, *_profile_segments(contents.profile), *rest))


def _profile_segments(profile: bytes) -> Iterator[bytes]:
    """The segments of a colour profile (ICC.1:2022, annex B.4)."""
    starts = range(0, len(profile), _MAX_PIECE_BYTES)
    for number, start in enumerate(starts, start=1):
        piece = bytes([number, len(starts)]) + profile[start : start + _MAX_PIECE_BYTES]
        yield _segment(_APP2, _PROFILE_HEADER + piece)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
