"""JPEG files with what programs and cameras write, and with what decoding does not need."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

import pyvips

from tests.harness import pictures
from tests.harness.pictures import JPEG, picture, segment

HIDDEN = b"nobody decodes these bytes"
JFIF = b"JFIF\0\1\2\1\0\x48\0\x48\0\0"
ADOBE = b"Adobe\0\x64\0\0\0\0"
SIDEWAYS = pictures.exif([pictures.short(0x112, 6)])


def parts(plain: bytes) -> Iterator[tuple[int, bytes]]:
    """The marker and the content of each segment. What follows the last header is its scan."""
    at = 2
    while True:
        marker, size = plain[at + 1], struct.unpack_from(">H", plain, at + 2)[0]
        if marker == 0xDA:
            yield marker, plain[at + 4 :]
            return
        yield marker, plain[at + 4 : at + 2 + size]
        at += 2 + size


def rewritten(plain: bytes, before: dict[int, bytes]) -> bytes:
    """The file with these bytes before the first segment of a kind."""
    found, seen = plain[:2], set[int]()
    for marker, body in parts(plain):
        added = b"" if marker in seen else before.get(marker, b"")
        seen.add(marker)
        if marker == 0xDA:
            size = struct.pack(">H", 2 + 1 + 2 * body[0] + 3)
            return found + added + b"\xff\xda" + size + body
        found += added + segment(marker, body)
    return found


def table(marker: int, name: int) -> bytes:
    """A quantization or Huffman table with hidden bytes."""
    if marker == 0xDB:
        return segment(0xDB, bytes([name]) + HIDDEN.ljust(64, b"\1"))
    counts = bytes([0, 0, 0, 0, len(HIDDEN), *[0] * 11])
    return segment(0xC4, bytes([name]) + counts + HIDDEN)


def extended_xmp(properties: str, size: int = 400) -> bytes:
    """The segments of a main packet, and of an extension in several parts, not in their order."""
    extension = pictures.xmp(properties)
    identity = hashlib.md5(extension).hexdigest().upper().encode()
    note = "http://ns.adobe.com/xmp/note/"
    main = f'<n:HasExtendedXMP xmlns:n="{note}">{identity.decode()}</n:HasExtendedXMP>'
    pieces = [
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + identity
            + struct.pack(">LL", len(extension), at)
            + extension[at : at + size],
        )
        for at in range(0, len(extension), size)
    ]
    header = b"http://ns.adobe.com/xap/1.0/\0"
    packet = pictures.xmp(f"<dc:format>main</dc:format>{main}")
    return segment(0xE1, header + packet) + b"".join(reversed(pieces))


def long_exif() -> bytes:
    """The segments of EXIF data that are too long for one."""
    exif = pictures.exif(
        [pictures.ascii_tag(0x10E, "d" * 50_000), pictures.ascii_tag(0x13B, "Ada")]
    )
    exif += b"\0" * 30_000
    start, rest = exif[:65_000], exif[65_000:]
    return segment(0xE1, b"Exif\0\0" + start) + segment(0xE1, b"Exif\0\0" + rest)


def in_jpeg(*segments: bytes) -> bytes:
    return pictures.with_segments(picture(JPEG), *segments)


def without_tables() -> bytes:
    """A progressive file, which defines its Huffman tables scan by scan."""
    image = pyvips.Image.new_from_buffer(picture(JPEG), "")
    written: bytes = image.jpegsave_buffer(interlace=True, keep="none")
    return written


def in_inks() -> bytes:
    """A picture in CMYK without a profile: cyan at the left, and dark red at the right."""
    none = pyvips.Image.black(30, 40, bands=4)
    left, right = (none.linear(1, inks) for inks in ([200, 0, 0, 20], [0, 210, 190, 90]))
    inks = left.join(right, "horizontal").cast("uchar").copy(interpretation="cmyk")
    written: bytes = inks.jpegsave_buffer(Q=95, keep="none")
    return written


def damaged_scan() -> bytes:
    """A picture with restart markers, and with a marker that does not exist between two of them."""
    image = pyvips.Image.new_from_buffer(picture(JPEG, 128, 64), "")
    plain: bytes = image.jpegsave_buffer(restart_interval=2, keep="none")
    at = plain.index(b"\xff\xd3") + 4
    return plain[:at] + b"\xff\x3c" + plain[at:]


def _sized(marker: int) -> bytes:
    """The file with another kind of frame."""
    return picture(JPEG).replace(b"\xff\xc0", bytes([0xFF, marker]))


def _scan() -> int:
    """Where the entropy-coded data of the picture start."""
    plain = picture(JPEG)
    at = plain.index(b"\xff\xda")
    return at + 2 + int(struct.unpack_from(">H", plain, at + 2)[0])


SHOWN = {
    "junk between segments": rewritten(picture(JPEG), {0xC0: b"junk\xff\0junk"}),
    "fill bytes before a marker": rewritten(picture(JPEG), {0xC0: b"\xff\xff"}),
    "a restart marker between segments": rewritten(picture(JPEG), {0xC0: b"\xff\xd0"}),
    "damage behind the picture": picture(JPEG)[:-2] + b"\xff\xf5\0\4ab\xff\xd9",
    "a progressive file": without_tables(),
    "sideways": in_jpeg(segment(0xE1, b"Exif\0\0" + SIDEWAYS)),
    "EXIF in two segments": in_jpeg(long_exif()),
    "extended XMP": in_jpeg(extended_xmp("<dc:title>far</dc:title>")),
    "tables that no scan uses": rewritten(
        picture(JPEG), {0xC0: table(0xDB, 3) + table(0xC4, 0x13), 0xDB: table(0xDB, 0)}
    ),
    "an unknown transform of the colours": in_jpeg(segment(0xEE, ADOBE + b"\xc7")),
    "JFIF and Adobe": in_jpeg(segment(0xE0, JFIF), segment(0xEE, ADOBE + b"\1")),
    "CMYK": in_inks(),
    "a damaged scan with restart markers": damaged_scan(),
    "a profile that does not work": pictures.with_profile(
        JPEG, pictures.profile().replace(b"RGB XYZ", b"CMYKXYZ")
    ),
}
"""Files that browsers show."""

REFUSED = {
    "lossless": _sized(0xC3),
    "arithmetic": _sized(0xC9),
    "twelve bits": picture(JPEG).replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
    "an unknown marker": rewritten(picture(JPEG), {0xC0: b"\xff\xf5\0\4ab"}),
    "a second start": rewritten(picture(JPEG), {0xC0: b"\xff\xd8"}),
    "no pixels": picture(JPEG)[: _scan()] + b"\0\xff\xd9",
}
"""Files that browsers do not show, or as one grey area."""
