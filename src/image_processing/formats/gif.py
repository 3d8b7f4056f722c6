"""GIF files: the GIF89a specification. XMP in GIF: the XMP specification, part 3."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from metadata import iptc

from formats.contents import Contents, UnusablePicture

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF
_ANIMATION = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_REPEATS, _REPEATS_BYTES = 1, 3  # the block that tells how often an animation repeats
_FRAME_CONTROL_BYTES = 4
# The flags that decoders follow: how a frame is replaced, and whether one colour is transparent.
_REPLACEMENT, _TRANSPARENT = 0x1C, 0x01
_HAS_TABLE, _TABLE_SIZE, _INTERLACED = 0x80, 0x07, 0x40
# The data of a picture of one pixel: the code size, and the codes "clear", 0 and "end".
_ONE_PIXEL = b"\2\2\x44\1\0"
_TWO_COLOURS = bytes(6)
# XMP is not in blocks. Whoever reads it as blocks is led to the end by these bytes.
_XMP, _XMP_TRAILER = b"XMP DataXMP", bytes([1, *range(0xFF, -1, -1), 0])


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    file = _File(width, height)
    at = 13 + _table_bytes(flags)
    table = data[13:at]
    try:
        while (introducer := data[at]) in (_IMAGE, _EXTENSION):
            if introducer == _IMAGE:
                at = file.add_frame(data, at + 1)
            else:
                end = _end_of_blocks(data, at + 2)
                file.add_extension(data[at + 1], data[at + 2 : end])
                at = end
    except (struct.error, IndexError):
        # Browsers show the frames before. The last block is often only the end of the file.
        if not file.frames:
            raise
    return file.contents(flags, table)


def clean(contents: Contents, _orientation: object) -> bytes:
    """A file of the blocks that decoding needs. GIF has no orientation."""
    return b"".join(contents.parts)


class _File:
    """What was read of a file."""

    def __init__(self, width: int, height: int) -> None:
        self.frames: list[bytes] = []
        self._contents = Contents()
        self._contents.add_frame(width, height)
        self._screen = struct.pack("<6sHH", b"GIF89a", width, height)
        self._canvas: tuple[int, int] | None = None
        self._control = self._repeats = b""
        self._needs_table = False

    def add_frame(self, data: bytes, at: int) -> int:
        """Read a frame. Returns the position behind it."""
        left, top, width, height, flags = struct.unpack_from("<HHHHB", data, at)
        start = at + 9 + _table_bytes(flags)
        end = _end_of_blocks(data, start + 1)
        self.frames.append(self._control)
        self._control = b""
        if self._canvas and (left >= self._canvas[0] or top >= self._canvas[1]):
            # Nobody sees this frame. One pixel keeps the animation's number of frames and times.
            self.frames.append(_image(left, top, 1, 1, _HAS_TABLE, _TWO_COLOURS + _ONE_PIXEL))
            return end
        self._contents.add_frame(left + width, top + height)
        if self._canvas is None:
            # Decoders may enlarge the canvas for the first frame, and clip the others.
            self._canvas = self._contents.width, self._contents.height
            if (width, height) != self._canvas:
                self._contents.first_frame = left, top, width, height
        self._needs_table |= not flags & _HAS_TABLE
        self.frames.append(_image(left, top, width, height, flags, data[at + 9 : end]))
        return end

    def add_extension(self, label: int, data: bytes) -> None:
        """Read an extension, whose data are blocks."""
        if label == _GRAPHIC_CONTROL and len(block := next(_blocks(data), b"")) == 4:
            flags, delay, transparent = struct.unpack("<BHB", block)
            if not flags & _TRANSPARENT:
                transparent = 0
            kept = struct.pack("<BHB", flags & (_REPLACEMENT | _TRANSPARENT), delay, transparent)
            self._control = _extension(label, kept)
        elif label == _APPLICATION:
            self._add_application(*_application(data))
        elif label == _COMMENT:
            self._contents.add_text("Comment", b"".join(_blocks(data)))

    def _add_application(self, name: bytes, data: bytes) -> None:
        if name in _ANIMATION:
            for block in _blocks(data):
                if block[0] == _REPEATS and len(block) == _REPEATS_BYTES:
                    self._repeats = _extension(_APPLICATION, name, block)
        elif name == _XMP:
            # Some programs write it in blocks nevertheless.
            packet = data.removesuffix(_XMP_TRAILER)
            in_blocks = packet == data or not packet.lstrip().startswith((b"<", b"\xef\xbb\xbf"))
            self._contents.xmp.append(b"".join(_blocks(data)) if in_blocks else packet)
        elif name == b"MGKIPTC0000":  # of ImageMagick, as the next one
            self._contents.iptc = b"".join(_blocks(data))
        elif name == b"MGK8BIM0000":
            self._contents.iptc = iptc.in_photoshop(b"".join(_blocks(data)))

    def contents(self, flags: int, table: bytes) -> Contents:
        """The contents of the file. Raises UnusablePicture if there is no frame."""
        if not self.frames:
            raise UnusablePicture("the picture is damaged or cut off")
        kept = flags & (_HAS_TABLE | _TABLE_SIZE) if self._needs_table else 0
        screen = self._screen + bytes([kept, 0, 0]) + (table if kept else b"")
        self._contents.parts = [screen, self._repeats, *self.frames, bytes([_TRAILER])]
        return self._contents


def _image(left: int, top: int, width: int, height: int, flags: int, data: bytes) -> bytes:
    known = flags & (_HAS_TABLE | _INTERLACED)
    known |= flags & _TABLE_SIZE if flags & _HAS_TABLE else 0
    return struct.pack("<BHHHHB", _IMAGE, left, top, width, height, known) + data


def _extension(label: int, *blocks: bytes) -> bytes:
    content = b"".join(bytes([len(block)]) + block for block in blocks)
    return bytes([_EXTENSION, label]) + content + b"\0"


def _application(data: bytes) -> tuple[bytes, bytes]:
    """The name of an application, and its data."""
    size = data[0]
    return data[1 : 1 + size], data[1 + size :]


def _table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & _TABLE_SIZE) + 1) if flags & _HAS_TABLE else 0


def _blocks(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data) and (size := data[at]):
        yield data[at + 1 : at + 1 + size]
        at += 1 + size


def _end_of_blocks(data: bytes, at: int) -> int:
    while size := data[at]:
        at += 1 + size
    return at + 1
