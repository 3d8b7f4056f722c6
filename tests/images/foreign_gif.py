"""GIF files with what programs of others write, and with what decoding does not need."""

from __future__ import annotations

import struct

from tests.harness import pictures
from tests.harness.pictures import GIF, animation, picture
from tests.images.foreign_jpeg import HIDDEN

XMP = pictures.xmp("<dc:title>Dawn</dc:title>")
IPTC = pictures.iptc((2, 5, b"Dawn"))
_TRAILER = bytes([1, *range(0xFF, -1, -1), 0])


def blocks(data: bytes) -> bytes:
    """The data in blocks."""
    parts = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def application(name: bytes, data: bytes) -> bytes:
    return b"\x21\xff\x0b" + name + data


def behind_picture(data: bytes) -> bytes:
    return picture(GIF)[:-1] + data + b"\x3b"


def before_picture(data: bytes) -> bytes:
    plain = picture(GIF)
    at = 13 + 3 * 2 ** ((plain[10] & 7) + 1)
    return plain[:at] + data + plain[at:]


def on_a_larger_canvas() -> bytes:
    """A picture whose only frame does not fill it, at the right and at the bottom."""
    plain = picture(GIF)
    return plain[:6] + struct.pack("<HH", 90, 70) + plain[10:]


def with_flags() -> bytes:
    """The picture with values in all bits that decoders skip."""
    plain = bytearray(picture(GIF))
    plain[10] |= 0x78  # the resolution of its colours, and whether they are sorted
    plain[11:13] = b"\x15\x31"  # the background, and the shape of pixels
    at = plain.index(b"\x21\xf9\4")
    plain[at + 3] |= 0xE2
    plain[at + 6] = 0x42
    return bytes(plain)


SHOWN = {
    "XMP": before_picture(application(b"XMP DataXMP", XMP + _TRAILER)),
    "XMP in blocks": behind_picture(application(b"XMP DataXMP", blocks(XMP))),
    "XMP behind the picture": behind_picture(application(b"XMP DataXMP", XMP + _TRAILER)),
    "IPTC of ImageMagick": before_picture(application(b"MGKIPTC0000", blocks(IPTC))),
    "Photoshop's resources": before_picture(
        application(
            b"MGK8BIM0000",
            blocks(b"8BIM\4\4\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)),
        )
    ),
    "a frame that does not fill the picture": on_a_larger_canvas(),
    "no trailer": picture(GIF)[:-1],
    "zeros before the trailer": behind_picture(b"\0"),
    "a block that does not exist": behind_picture(HIDDEN),
    "an animation without its last frame": animation(GIF)[:-40],
    "bits that decoders skip": with_flags(),
    "a buffer size": before_picture(application(b"NETSCAPE2.0", blocks(b"\2abcd"))),
}
"""Files that browsers show."""

REFUSED = {"no frame": picture(GIF)[:13] + bytes(3 * 2 ** ((picture(GIF)[10] & 7) + 1)) + b"\x3b"}
"""Files that browsers show as nothing."""
