"""The metadata in the application segments of a JPEG, whose first bytes tell what they contain."""

from __future__ import annotations

import re
import struct

from metadata import iptc, xmp

from formats.contents import Contents

APP1, APP13, COMMENT = 0xE1, 0xED, 0xFE

# Cameras have written the header of EXIF data without its last byte, or after four other bytes.
_EXIF = re.compile(rb".{0,4}?Exif\0(?:(?=II\*\0|MM\0\*)|.)", re.DOTALL | re.IGNORECASE)
_TIFF = (b"II*\0", b"MM\0*")
# Programs have written other headers of XMP, or none.
_OTHER_XMP = re.compile(rb"(?:http|XMP\0).*?(?=<)|(?=<\?xpacket)", re.DOTALL)
# The ID, the size of all parts together, and the position of the part (XMP, part 3, 1.1.3.1).
_EXTENDED_XMP, _EXTENSION = b"http://ns.adobe.com/xmp/extension/\0", struct.Struct(">32sLL")
_PHOTOSHOP = b"Photoshop 3.0\0"
_OLD_PHOTOSHOP, _OLD_PHOTOSHOP_BYTES = b"Adobe_Photoshop2.5:", 27


class Segments:
    """The metadata of one file, segment by segment."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._photoshop = b""
        self._extensions: dict[tuple[bytes, int], dict[int, bytes]] = {}
        self._follows_exif = False

    def add(self, marker: int, body: bytes) -> None:
        """Read a segment."""
        follows_exif, self._follows_exif = self._follows_exif, False
        if marker == COMMENT:
            self._contents.add_text("Comment", body)
        elif marker == APP13 and body.startswith(_PHOTOSHOP):
            self._photoshop += body.removeprefix(_PHOTOSHOP)
        elif marker == APP13 and body.startswith(_OLD_PHOTOSHOP):
            self._photoshop += body[_OLD_PHOTOSHOP_BYTES:]
        elif marker == APP1 and (header := _EXIF.match(body)):
            self._add_exif(body[header.end() :], continues=follows_exif)
            self._contents.is_turned |= body.startswith(b"Exif\0")
        elif marker == APP1 and body.startswith(_EXTENDED_XMP):
            self._add_extension(body.removeprefix(_EXTENDED_XMP))
        elif marker == APP1 and body.startswith(xmp.HEADER):
            self._contents.xmp.append(body.removeprefix(xmp.HEADER))
        elif marker == APP1 and (header := _OTHER_XMP.match(body)):
            self._contents.xmp.append(body[header.end() :])

    def finish(self) -> None:
        """Join what was split."""
        self._contents.iptc = iptc.in_photoshop(self._photoshop)
        packets = tuple(self._contents.xmp)
        for (identity, size), parts in self._extensions.items():
            whole = b"".join(parts[at] for at in sorted(parts))
            if any(identity in packet for packet in packets) and len(whole) == size:
                self._contents.xmp.append(whole)
            else:
                self._contents.budget.drop("XMP", "a part of it is missing")

    def _add_exif(self, data: bytes, *, continues: bool) -> None:
        """EXIF data that are too long for a segment go on in the next one, after its header."""
        self._follows_exif = True
        if continues and not data.startswith(_TIFF):
            self._contents.exif += data
        elif self._contents.exif:
            self._contents.budget.drop("EXIF", "the file has it twice")
        else:
            self._contents.exif = data

    def _add_extension(self, body: bytes) -> None:
        """The main packet names the ID of its extension, which is one packet in several parts."""
        if len(body) < _EXTENSION.size:
            self._contents.budget.drop("XMP", "a part of it is cut off")
            return
        identity, size, at = _EXTENSION.unpack_from(body)
        self._extensions.setdefault((identity, size), {})[at] = body[_EXTENSION.size :]
