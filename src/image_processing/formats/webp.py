"""WebP files: RFC 9649."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from formats import icc
from formats.contents import Contents, UnusablePicture
from formats.orientation import exif_with

# The chunks that decoding needs, beside the colour profile and frames, and the maximum length of
# their content; None for those that contain a picture.
_NEEDED = {b"VP8X": 10, b"ANIM": 6, b"VP8 ": None, b"VP8L": None, b"ALPH": None}
_NEEDED_IN_FRAMES = (b"ALPH", b"VP8 ", b"VP8L")
_FRAME_HEADER_BYTES = 16  # of an ANMF chunk; the chunks of the frame follow
_HAS_PROFILE, _HAS_EXIF, _HAS_XMP = 0x20, 0x08, 0x04  # flags in the VP8X chunk


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents()
    [riff_size] = struct.unpack_from("<I", data, 4)
    if riff_size + 8 > len(data):
        raise UnusablePicture("the picture is cut off")
    kinds = set[bytes]()
    for kind, body in _chunks(data, 12, riff_size + 8):
        if kind == b"ANMF":
            contents.parts.append(_chunk(kind, _clean_frame(body)))
        elif kind in _NEEDED and kind not in kinds:
            contents.parts.append(_chunk(kind, body[: _NEEDED[kind]]))
        kinds.add(kind)
        if kind == b"VP8X":
            contents.add_frame(*(1 + int.from_bytes(body[i : i + 3], "little") for i in (4, 7)))
        elif kind == b"VP8 ":
            contents.add_frame(*(side & 0x3FFF for side in struct.unpack_from("<HH", body, 6)))
        elif kind == b"VP8L":
            [bits] = struct.unpack_from("<I", body, 1)
            contents.add_frame((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif kind == b"ICCP":
            contents.profile = contents.profile or icc.without_private_tags(body)
        elif kind == b"EXIF":
            contents.exif = body.removeprefix(b"Exif\0\0")
        elif kind == b"XMP ":
            contents.xmp = body
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the chunks that decoding needs."""
    parts, exif, profile = contents.parts, exif_with(orientation), contents.profile
    # Only an extended file has flags for its metadata, and so can contain EXIF data.
    if parts and parts[0].startswith(b"VP8X"):
        header = bytearray(parts[0])
        header[8] &= ~(_HAS_PROFILE | _HAS_EXIF | _HAS_XMP)
        header[8] |= (_HAS_PROFILE if profile else 0) | (_HAS_EXIF if exif else 0)
        before = [_chunk(b"ICCP", profile)] if profile else []
        after = [_chunk(b"EXIF", exif)] if exif else []
        parts = [bytes(header), *before, *parts[1:], *after]
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _clean_frame(body: bytes) -> bytes:
    """The content of an ANMF chunk, with the chunks that decoding the frame needs."""
    chunks = dict(reversed(list(_chunks(body, _FRAME_HEADER_BYTES, len(body)))))
    needed = (_chunk(kind, chunks[kind]) for kind in _NEEDED_IN_FRAMES if kind in chunks)
    return body[:_FRAME_HEADER_BYTES] + b"".join(needed)


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """The kinds and contents of the chunks in a part of the data."""
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
