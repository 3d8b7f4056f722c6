"""WebP files with what programs of others write, and with what decoding does not need."""

from __future__ import annotations

import struct

from tests.harness import pictures
from tests.harness.pictures import WEBP, picture, webp_chunk
from tests.images.foreign_jpeg import SIDEWAYS


def with_size(plain: bytes, difference: int) -> bytes:
    """The file, which says that it is longer or shorter."""
    [size] = struct.unpack_from("<I", plain, 4)
    return plain[:4] + struct.pack("<I", size + difference) + plain[8:]


def without_picture() -> bytes:
    body = b"WEBP" + webp_chunk(b"VP8X", bytes(4) + b"\x3b\0\0\x27\0\0")
    return b"RIFF" + struct.pack("<I", len(body)) + body


SHOWN = {
    "sideways": pictures.webp((b"EXIF", b"Exif\0\0" + SIDEWAYS)),
    "a profile that the header does not name": pictures.webp(before=[(b"ICCP", b"none")]),
    "XMP under another name": pictures.webp((b"XMP\0", pictures.xmp("<dc:title>Dawn</dc:title>"))),
}
"""Files that browsers show."""

REFUSED = {
    "longer than the file": with_size(picture(WEBP), 100),
    "shorter than the picture": with_size(picture(WEBP), -40),
    "no picture": without_picture(),
}
"""Files that browsers do not show, or as nothing."""
