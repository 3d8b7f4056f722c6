"""PNG files with what programs of others write, and with what decoding does not need."""

from __future__ import annotations

import struct
import zlib

from tests.harness import pictures
from tests.harness.pictures import PNG, chunk, picture
from tests.images.foreign_jpeg import HIDDEN, SIDEWAYS

_SIGNATURE = 8
_P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def before_picture(*chunks: bytes) -> bytes:
    plain = picture(PNG)
    return plain[:33] + b"".join(chunks) + plain[33:]


def replaced(kind: bytes, replacement: bytes) -> bytes:
    """The picture with other bytes in place of a chunk."""
    plain, at = picture(PNG), _SIGNATURE
    while plain[at + 4 : at + 8] != kind:
        at += 12 + int(struct.unpack_from(">I", plain, at)[0])
    size = 12 + int(struct.unpack_from(">I", plain, at)[0])
    return plain[:at] + replacement + plain[at + size :]


def damaged(chunk: bytes) -> bytes:
    """The chunk with another checksum."""
    return chunk[:-4] + b"oops"


def gamma(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


def primaries(*values: int) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *values))


def raw_profile(kind: str, profile: bytes, after: bytes = b"") -> bytes:
    """A profile as ImageMagick writes it, with other bytes after it."""
    digits = profile.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = f"\n{kind}\n{len(profile):8}\n{lines}\n".encode() + after
    return chunk(b"zTXt", f"Raw profile type {kind}\0\0".encode() + zlib.compress(text))


def palette(colours: bytes, transparent: bytes) -> bytes:
    """A picture of four colours, whose palette may be longer."""
    header = struct.pack(">IIBBBBB", 8, 2, 2, 3, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x1b\x1b") * 2)
    described = chunk(b"PLTE", colours) + chunk(b"tRNS", transparent)
    return picture(PNG)[:_SIGNATURE] + b"".join(
        (chunk(b"IHDR", header), described, chunk(b"IDAT", rows), chunk(b"IEND", b""))
    )


def picture_data() -> bytes:
    """The content of the picture's IDAT chunk."""
    plain = picture(PNG)
    at = plain.index(b"IDAT")
    return plain[at + 4 : at + 4 + int(struct.unpack_from(">I", plain, at - 4)[0])]


def animated(*before: bytes) -> bytes:
    """A picture of two frames, whose first chunks are these."""
    control = [struct.pack(">IIIIIHHBB", n, 60, 40, 0, 0, 1, 10, 0, 0) for n in (0, 1)]
    chunks = {b"acTL": struct.pack(">II", 2, 0), b"fcTL": control[0]}
    plain = picture(PNG)
    first = b"".join(chunk(kind, chunks[kind]) for kind in before)
    second = chunk(b"fcTL", control[1]) + chunk(b"fdAT", b"\0\0\0\2" + picture_data())
    return plain[:33] + first + plain[33:-12] + second + plain[-12:]


GREY = picture(PNG)[:_SIGNATURE] + b"".join(
    chunk(*each)
    for each in (
        (b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)),
        (b"gAMA", struct.pack(">I", 100_000)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + bytes([40, 90, 150, 220]) for _ in range(4)))),
        (b"IEND", b""),
    )
)

SHOWN = {
    "linear light": before_picture(gamma(100_000)),
    "grey in linear light": GREY,
    "linear light, but sRGB": before_picture(gamma(100_000), chunk(b"sRGB", b"\0")),
    "the gamma of sRGB": before_picture(gamma(45_455)),
    "other primaries and a gamma": before_picture(gamma(45_455), primaries(*_P3)),
    "impossible primaries": before_picture(gamma(100_000), primaries(*[0] * 8)),
    "primaries without a gamma": before_picture(primaries(*_P3)),
    "Display P3 as cICP": before_picture(chunk(b"cICP", bytes([12, 13, 0, 1]))),
    "the curve of video as cICP": before_picture(chunk(b"cICP", bytes([1, 1, 0, 1]))),
    "a gamma behind the picture": pictures.png(gamma(100_000)),
    "a gamma with a wrong checksum": before_picture(damaged(gamma(100_000))),
    "a picture with a wrong checksum": replaced(b"IDAT", damaged(chunk(b"IDAT", picture_data()))),
    "an end with a wrong checksum": replaced(b"IEND", damaged(chunk(b"IEND", b""))),
    "no end": replaced(b"IEND", b""),
    "half an end": picture(PNG)[:-4],
    "sideways, said before the picture": before_picture(chunk(b"eXIf", SIDEWAYS)),
    "sideways, said behind the picture": pictures.png(chunk(b"eXIf", SIDEWAYS)),
    "sideways, said in a raw profile": before_picture(raw_profile("exif", b"Exif\0\0" + SIDEWAYS)),
    "sideways twice": before_picture(chunk(b"eXIf", SIDEWAYS), raw_profile("APP1", SIDEWAYS)),
    "an animation": animated(b"acTL", b"fcTL"),
    "an animation with the first frame before its header": animated(b"fcTL", b"acTL"),
    "an unknown chunk behind the picture": pictures.png(chunk(b"ABCD", HIDDEN)),
    "a palette that is too long": palette(b"rgbRGBrbgRBG" + HIDDEN[:24], b"\xff\x80"),
    "a palette that nothing uses": before_picture(chunk(b"PLTE", HIDDEN[:24])),
    "a resolution, a background and more": before_picture(
        chunk(b"pHYs", HIDDEN[:9]), chunk(b"bKGD", HIDDEN[:6]), chunk(b"sBIT", b"\5\6\5")
    ),
}
"""Files that browsers show."""

REFUSED = {
    "a header with a wrong checksum": replaced(
        b"IHDR", damaged(chunk(b"IHDR", picture(PNG)[16:29]))
    ),
    "an unknown chunk that decoding needs": before_picture(chunk(b"ABCD", b"")),
    "two palettes": palette(b"rgbRGB", b"\xff").replace(
        chunk(b"PLTE", b"rgbRGB"), 2 * chunk(b"PLTE", b"rgbRGB")
    ),
    "a picture in two places": replaced(
        b"IDAT",
        chunk(b"IDAT", picture_data()[:20])
        + chunk(b"tEXt", b"Title\0Dawn")
        + chunk(b"IDAT", picture_data()[20:]),
    ),
    "no pixels": replaced(b"IDAT", chunk(b"IDAT", b"")),
    "half of the pixels": replaced(b"IDAT", chunk(b"IDAT", picture_data()[:50])),
    "no picture": replaced(b"IDAT", b""),
}
"""Files that browsers do not show, or as nothing."""
