"""WebP files: RFC 9649."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from formats.contents import Contents, UnusablePicture

_NEEDED = (b"ALPH", b"VP8 ", b"VP8L")  # of a picture, and of each frame
_FRAME_HEADER_BYTES = 16  # of an ANMF chunk; the chunks of the frame follow
_FRAME_FLAGS = 0x03  # of its last byte: how the frame is blended and replaced
_HEADER_BYTES, _ANIMATION_BYTES = 10, 6
# The flags in the VP8X chunk.
_HAS_PROFILE, _HAS_ALPHA, _IS_ANIMATED = 0x20, 0x10, 0x02


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    [riff_size] = struct.unpack_from("<I", data, 4)
    if riff_size + 8 > len(data):
        raise UnusablePicture("the picture is cut off")
    contents = Contents()
    chunks: dict[bytes, bytes] = {}  # the first of each kind
    frames: list[bytes] = []
    for kind, body in _chunks(data, 12, riff_size + 8):
        chunks.setdefault(kind, body)
        if kind == b"ANMF":
            frames.append(_chunk(kind, _clean_frame(body)))
        elif kind == b"EXIF":
            contents.add_exif(body)
        elif kind in (b"XMP ", b"XMP\0"):
            contents.xmp.append(body)
    picture = [_chunk(kind, chunks[kind]) for kind in _NEEDED if kind in chunks]
    if header := chunks.get(b"VP8X"):
        contents.add_frame(*(1 + int.from_bytes(header[at : at + 3], "little") for at in (4, 7)))
        flags = header[0] & (_HAS_ALPHA | _IS_ANIMATED)
        if flags & _IS_ANIMATED:
            picture = [_chunk(b"ANIM", chunks.get(b"ANIM", b"")[:_ANIMATION_BYTES]), *frames]
        if header[0] & _HAS_PROFILE:
            contents.set_profile(chunks.get(b"ICCP", b""))
        extended = bytes([flags, 0, 0, 0]) + header[4:_HEADER_BYTES]
        picture.insert(0, _chunk(b"VP8X", extended))
    if b"VP8 " in chunks:
        contents.add_frame(*(n & 0x3FFF for n in struct.unpack_from("<HH", chunks[b"VP8 "], 6)))
    elif b"VP8L" in chunks:
        [bits] = struct.unpack_from("<I", chunks[b"VP8L"], 1)
        contents.add_frame((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    contents.parts = picture
    return contents


def clean(contents: Contents, _orientation: object) -> bytes:
    """A file of the chunks that decoding needs. Browsers ignore the orientation in a WebP."""
    parts, profile = contents.parts, contents.profile
    # Only an extended file has a flag for its profile.
    if profile and parts[0].startswith(b"VP8X"):
        header = bytearray(parts[0])
        header[8] |= _HAS_PROFILE
        parts = [bytes(header), _chunk(b"ICCP", profile), *parts[1:]]
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _clean_frame(body: bytes) -> bytes:
    """The content of an ANMF chunk, with the chunks that decoding the frame needs."""
    chunks = dict(reversed(list(_chunks(body, _FRAME_HEADER_BYTES, len(body)))))
    needed = (_chunk(kind, chunks[kind]) for kind in _NEEDED if kind in chunks)
    flags = body[_FRAME_HEADER_BYTES - 1] & _FRAME_FLAGS
    return body[: _FRAME_HEADER_BYTES - 1] + bytes([flags]) + b"".join(needed)


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """The kinds and contents of the chunks in a part of the data. Raises UnusablePicture."""
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise UnusablePicture("the picture is cut off")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
