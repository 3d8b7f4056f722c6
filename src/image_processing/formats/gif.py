"""GIF files: the GIF89a specification. XMP in GIF: the XMP specification, part 3."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from formats.contents import Contents, UnusablePicture

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_ANIMATION = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_FRAME_CONTROL_BYTES = 4
# The blocks of an animation: how often it repeats, and how much to load before it starts.
_ANIMATION_BLOCK_BYTES = {1: 3, 2: 5}
# The data of a picture of one pixel: the code size, and the codes "clear", 0 and "end".
_ONE_PIXEL = b"\2\2\x44\1\0"
_TWO_COLOURS, _COLOUR_TABLE = 0x80, bytes(6)
_XMP_TRAILER_BYTES = 257


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents()
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    contents.add_frame(width, height)
    at = 13 + _colour_table_bytes(flags)
    contents.parts.append(data[:at])
    canvas: tuple[int, int] | None = None
    while (introducer := data[at]) != _TRAILER:
        if introducer == _IMAGE:
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, at + 1)
            end = _end_of_blocks(data, at + 11 + _colour_table_bytes(flags))
            if canvas and (left >= canvas[0] or top >= canvas[1]):  # nobody sees this frame
                contents.parts.append(_one_pixel(left, top))
            else:
                contents.add_frame(left + width, top + height)
                contents.parts.append(data[at:end])
            # Decoders may enlarge the canvas for the first frame, and clip the others.
            canvas = canvas or (contents.width, contents.height)
        elif introducer == _EXTENSION:
            label, application = data[at + 1], data[at + 3 : at + 14]
            end = _end_of_blocks(data, at + 2)
            if label == _GRAPHIC_CONTROL:
                controls = filter(_controls_frame, _blocks(data, at + 2))
                contents.parts.append(_extension(label, *islice(controls, 1)))
            elif label == _APPLICATION and application in _ANIMATION:
                blocks = filter(_controls_animation, _blocks(data, at + 14))
                contents.parts.append(_extension(label, application, *blocks))
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


def _controls_frame(block: bytes) -> bool:
    return len(block) == _FRAME_CONTROL_BYTES


def _controls_animation(block: bytes) -> bool:
    return _ANIMATION_BLOCK_BYTES.get(block[0]) == len(block)


def _extension(label: int, *blocks: bytes) -> bytes:
    content = b"".join(bytes([len(block)]) + block for block in blocks)
    return bytes([_EXTENSION, label]) + content + b"\0"


def _one_pixel(left: int, top: int) -> bytes:
    """A frame of one pixel outside the canvas, so that the animation keeps its frames and times."""
    header = struct.pack("<BHHHHB", _IMAGE, left, top, 1, 1, _TWO_COLOURS)
    return header + _COLOUR_TABLE + _ONE_PIXEL


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
