"""JPEG files: ITU-T T.81, annex B."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from formats import jpeg_tables
from formats.contents import Contents, UnusablePicture
from formats.jpeg_metadata import Segments
from formats.jpeg_tables import Frame, Tables, segment
from formats.orientation import exif_with

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_START_MARKER, _END_MARKER = bytes([0xFF, _START]), bytes([0xFF, _END])
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_TABLES = frozenset({jpeg_tables.HUFFMAN, jpeg_tables.QUANTIZATION, jpeg_tables.RESTART})
_SKIPPED = frozenset({0xDC, *range(0xE0, 0xF0), 0xFE})  # a number of lines, APPn, comments
_WITHOUT_BODY = frozenset({0x01, *range(0xD0, 0xD8)})

# A marker. Decoders skip what is before it: neither a zero byte nor a fill byte follows its 0xFF.
_MARKER = re.compile(rb"\xff([^\x00\xff])")
# A marker that ends entropy-coded data: not a restart marker, and not one below those of a frame.
# Decoders take the latter for damage, behind which they go on with the next restart marker.
_AFTER_SCAN = re.compile(rb"\xff[^\x00-\xbf\xd0-\xd7\xff]")

# A progressive picture has about ten scans. A file with thousands only wastes time.
_MAX_SCANS = 100

# A version of JFIF, a density of one by one without a unit, and no thumbnail.
_JFIF_HEADER, _JFIF_BYTES, _JFIF = b"JFIF\0", 14, b"JFIF\0\1\1\0\0\1\0\1\0\0"
# A version, two flags that decoders ignore, and how the colours are transformed. Decoders take
# what they do not know for the last transform that there is.
_ADOBE_HEADER, _ADOBE_BYTES, _ADOBE = b"Adobe", 12, b"Adobe\0\x64\0\0\0\0"
_LAST_TRANSFORM = 2
_EXIF_HEADER = b"Exif\0\0"
_PROFILE_HEADER = b"ICC_PROFILE\0"  # then the number of the piece, and how many there are
_MAX_PIECE_BYTES = 0xFFFF - 2 - len(_PROFILE_HEADER) - 2


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    file = _File()
    at = 2
    while marker := _MARKER.search(data, at):
        kind, at = marker[1][0], marker.end()
        if kind == _END:
            return file.contents()
        if kind in _WITHOUT_BODY:
            continue
        end = at + int.from_bytes(data[at : at + 2])
        try:
            file.add(kind, data[at + 2 : end])
        except (UnusablePicture, struct.error, IndexError):
            if file.has_picture():  # decoders do not read on
                break
            raise
        at = end
        if kind == _SCAN:
            following = _AFTER_SCAN.search(data, at)
            at = following.start() if following else len(data)
            file.add_entropy(data[end:at])
    # Cameras and programs have left out the end. Decoding tells whether the picture is whole.
    contents = file.contents()
    contents.has_end = data.find(_END_MARKER, at) >= 0
    return contents


class _File:
    """What was read of a file."""

    def __init__(self) -> None:
        self._scans: list[bytes] = []
        self._contents = Contents()
        self._metadata = Segments(self._contents)
        self._tables = Tables()
        self._frame: Frame | None = None
        self._headers: dict[int, bytes] = {}
        self._profile: dict[bytes, bytes] = {}
        self._count = self._entropy_bytes = 0

    def has_picture(self) -> bool:
        """Whether there is a scan after which a picture can be complete."""
        return bool(self._count) and self._frame is not None and not self._frame.is_progressive

    def add(self, kind: int, body: bytes) -> None:
        """Read a segment. Raises UnusablePicture, struct.error or IndexError."""
        if kind in _TABLES:
            self._tables.define(kind, body)
        elif kind in _FRAMES:
            if self._frame is not None:
                raise UnusablePicture("the picture is damaged")
            self._frame = Frame(kind, body)
            self._contents.add_frame(self._frame.width, self._frame.height)
        elif kind == _SCAN:
            self._count += 1
            if self._frame is None or self._count > _MAX_SCANS:
                raise UnusablePicture("the picture is damaged")
            self._scans += self._frame.scan(body, self._tables)
        elif kind == _APP0 and body.startswith(_JFIF_HEADER) and len(body) >= _JFIF_BYTES:
            self._headers[_APP0] = _JFIF
        elif kind == _APP14 and body.startswith(_ADOBE_HEADER) and len(body) >= _ADOBE_BYTES:
            self._headers[_APP14] = _ADOBE + bytes([min(body[_ADOBE_BYTES - 1], _LAST_TRANSFORM)])
        elif kind == _APP2 and body.startswith(_PROFILE_HEADER):
            piece = body.removeprefix(_PROFILE_HEADER)
            self._profile.setdefault(piece[:1], piece[2:])
        elif kind in _SKIPPED:
            self._metadata.add(kind, body)
        else:
            raise UnusablePicture("the picture is damaged")

    def add_entropy(self, data: bytes) -> None:
        """Take the entropy-coded data of a scan."""
        self._scans.append(data)
        self._entropy_bytes += len(data)

    def contents(self) -> Contents:
        """The contents of the file. Raises UnusablePicture if there is no picture."""
        if self._frame is None or 8 * self._entropy_bytes < self._frame.blocks:
            raise UnusablePicture("the picture is damaged or cut off")
        self._metadata.finish()
        profile = b"".join(self._profile[number] for number in sorted(self._profile))
        headers = (segment(*header) for header in sorted(self._headers.items()))
        self._contents.set_profile(profile)
        self._contents.parts = [*headers, self._frame.segment, *self._scans]
        return self._contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the parts that decoding needs."""
    exif = exif_with(orientation)
    added = [segment(_APP1, _EXIF_HEADER + exif)] if exif else []
    profile = _profile_segments(contents.profile)
    return b"".join((_START_MARKER, *added, *profile, *contents.parts, _END_MARKER))


def _profile_segments(profile: bytes) -> Iterator[bytes]:
    """The segments of a colour profile (ICC.1:2022, annex B.4)."""
    starts = range(0, len(profile), _MAX_PIECE_BYTES)
    for number, start in enumerate(starts, start=1):
        piece = bytes([number, len(starts)]) + profile[start : start + _MAX_PIECE_BYTES]
        yield segment(_APP2, _PROFILE_HEADER + piece)
