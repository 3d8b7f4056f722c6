"""GIF files: the GIF89a specification. XMP in GIF: the XMP specification, part 3."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from formats.contents import Contents, UnusablePicture

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_ANIMATION = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_XMP_TRAILER_BYTES = 257


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents()
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    contents.add_frame(width, height)
    at = 13 + _colour_table_bytes(flags)
    contents.parts.append(data[:at])
    while (introducer := data[at]) != _TRAILER:
        if introducer == _IMAGE:
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, at + 1)
            contents.add_frame(left + width, top + height)
            end = _end_of_blocks(data, at + 11 + _colour_table_bytes(flags))
            contents.parts.append(data[at:end])
        elif introducer == _EXTENSION:
            label, application = data[at + 1], data[at + 3 : at + 14]
            end = _end_of_blocks(data, at + 2)
            if label == _GRAPHIC_CONTROL or (label == _APPLICATION and application in _ANIMATION):
                contents.parts.append(data[at:end])
            elif label == _APPLICATION and application == b"XMP DataXMP":
                contents.xmp = data[at + 14 : end - _XMP_TRAILER_BYTES]
            elif label == _COMMENT:
                contents.add_text("Comment", b"".join(_blocks(data, at + 2)))
        else:
            raise UnusablePicture("the picture is damaged")
        at = end
    contents.parts.append(bytes([_TRAILER]))
    return contents


def clean(contents: Contents, _orientation: object) -> bytes:
    """A file of the blocks that decoding needs. GIF has no orientation."""
    return b"".join(contents.parts)


def _colour_table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> Iterator[bytes]:
    while size := data[at]:
        yield data[at + 1 : at + 1 + size]
        at += 1 + size


def _end_of_blocks(data: bytes, at: int) -> int:
    while size := data[at]:
        at += 1 + size
    return at + 1
