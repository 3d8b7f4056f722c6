"""Picture files taken apart: what they say about themselves, and the parts that decoding needs.

Comments, places, embedded thumbnails and whatever hangs behind a picture are none of the latter.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from common.api.errors import StorefrontError


class UnusablePicture(StorefrontError):
    """Nothing can be made of the picture. The text is the reason that its owner reads."""


@dataclass(slots=True)
class Contents:
    """What a file holds. `parts` are those that decoding needs, in their order."""

    width: int = 0
    height: int = 0
    parts: list[bytes] = field(default_factory=list)
    exif: bytes = b""
    iptc: bytes = b""
    xmp: bytes = b""
    text: dict[str, str] = field(default_factory=dict)

    def spread(self, width: int, height: int) -> None:
        """Note the size of a frame: the largest counts."""
        self.width, self.height = max(self.width, width), max(self.height, height)


def open_picture(content_type: str, data: bytes) -> Contents:
    """Take a JPEG, PNG, GIF or WebP file apart. Raises UnusablePicture."""
    try:
        contents = _READERS[content_type](data)
    except (struct.error, IndexError) as error:
        raise UnusablePicture("the picture is damaged or cut off") from error
    return contents


# JPEG: ITU-T T.81 annex B; what the APPn segments hold is by their own first bytes.

_ENTROPY_CODED = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})
_MAX_SCANS = 100  # a progressive picture has about ten; thousands only serve to keep us busy
_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def _jpeg(data: bytes) -> Contents:
    contents = Contents(parts=[data[:2]])
    photoshop = b""
    scans = 0
    at = 2
    while True:
        if data[at] != 0xFF:
            raise UnusablePicture("the picture is damaged")
        while (marker := data[at + 1]) == 0xFF:
            at += 1
        if marker == 0xD9:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        segment, body = data[at:end], data[at + 4 : end]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, 1)
            contents.spread(width, height)
        if marker == 0xDA:
            scans += 1
            behind = _ENTROPY_CODED.search(data, end)
            if behind is None:
                raise UnusablePicture("the picture is cut off")
            end = behind.start()
            contents.parts.append(data[at:end])
        elif marker in _FRAMES | _TABLES or _needed_to_decode(marker, body):
            contents.parts.append(segment)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            contents.exif = contents.exif or body[6:]
        elif marker == 0xE1 and body.startswith(_XMP):
            contents.xmp = body[len(_XMP) :]
        elif marker == 0xED and body.startswith(b"Photoshop 3.0\0"):
            photoshop += body[14:]
        elif marker == 0xFE:
            contents.text["Comment"] = _text(body)
        at = end
    if not scans or scans > _MAX_SCANS:
        raise UnusablePicture("the picture is damaged")
    contents.iptc = _photoshop_iptc(photoshop)
    contents.parts.append(b"\xff\xd9")
    return contents


def _needed_to_decode(marker: int, body: bytes) -> bool:
    return (
        (marker == 0xE0 and body.startswith(b"JFIF\0"))
        or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and body.startswith(b"Adobe"))
    )


def _photoshop_iptc(resources: bytes) -> bytes:
    """IPTC out of Photoshop's image resources (its file format specification)."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        kind, name_length = struct.unpack_from(">HB", resources, at + 4)
        at += 6 + (name_length + 2) // 2 * 2
        [size] = struct.unpack_from(">I", resources.ljust(at + 4, b"\0"), at)
        if kind == 0x0404:
            return resources[at + 4 : at + 4 + size]
        at += 4 + (size + 1) // 2 * 2
    return b""


# PNG: W3C PNG third edition.

_PNG_PARTS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_MAX_INFLATED = 1 << 20
_RAW_PROFILE = re.compile(r"Raw profile type (\w+)")


def _png(data: bytes) -> Contents:
    contents = Contents(parts=[data[:8]])
    at, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            raise UnusablePicture("the picture is cut off")
        body = data[at + 8 : end - 4]
        if kind in _PNG_PARTS:
            contents.parts.append(data[at:end])
        if kind == b"IHDR":
            contents.spread(*struct.unpack_from(">II", body))
        elif kind == b"eXIf":
            contents.exif = body
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            _png_text(kind, body, contents)
        at = end
    return contents


def _png_text(kind: bytes, body: bytes, contents: Contents) -> None:
    keyword_bytes, _, value = body.partition(b"\0")
    keyword = _text(keyword_bytes)
    if kind == b"zTXt":
        value = _inflate(value[1:])
    elif kind == b"iTXt":
        compressed, value = value[:1] == b"\1", value[2:].split(b"\0", 2)[-1]
        value = _inflate(value) if compressed else value
    if keyword == "XML:com.adobe.xmp":
        contents.xmp = value
    elif raw := _RAW_PROFILE.fullmatch(keyword):
        _raw_profile(raw[1].lower(), value, contents)
    else:
        contents.text[keyword] = _text(value)


def _raw_profile(kind: str, value: bytes, contents: Contents) -> None:
    """ImageMagick's way to write EXIF, IPTC and XMP into a PNG: name, length, hexadecimals."""
    try:
        _name, _length, digits = value.strip().split(b"\n", 2)
        profile = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return
    if kind == "xmp" or profile.startswith(_XMP):
        contents.xmp = contents.xmp or profile.removeprefix(_XMP)
    elif kind in ("exif", "app1"):
        contents.exif = contents.exif or profile.removeprefix(b"Exif\0\0")
    elif kind in ("iptc", "8bim"):
        contents.iptc = _photoshop_iptc(profile) or profile


def _inflate(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MAX_INFLATED)
    except zlib.error:
        return b""


# GIF: the GIF89a specification; XMP in it: the XMP specification, part 3.

_ANIMATION = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_XMP_TRAILER_BYTES = 257


def _gif(data: bytes) -> Contents:
    contents = Contents()
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    contents.spread(width, height)
    at = 13 + _colour_table_bytes(flags)
    contents.parts.append(data[:at])
    while (introducer := data[at]) != 0x3B:
        if introducer == 0x2C:
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, at + 1)
            contents.spread(left + width, top + height)
            end = _behind_blocks(data, at + 11 + _colour_table_bytes(flags))
            contents.parts.append(data[at:end])
        elif introducer == 0x21:
            label, application = data[at + 1], data[at + 3 : at + 14]
            end = _behind_blocks(data, at + 2)
            if label == 0xF9 or (label == 0xFF and application in _ANIMATION):
                contents.parts.append(data[at:end])
            elif label == 0xFF and application == b"XMP DataXMP":
                contents.xmp = data[at + 14 : end - _XMP_TRAILER_BYTES]
            elif label == 0xFE:
                contents.text["Comment"] = _text(b"".join(_blocks(data, at + 2)))
        else:
            raise UnusablePicture("the picture is damaged")
        at = end
    contents.parts.append(b"\x3b")
    return contents


def _colour_table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, at: int) -> Iterator[bytes]:
    while size := data[at]:
        yield data[at + 1 : at + 1 + size]
        at += 1 + size


def _behind_blocks(data: bytes, at: int) -> int:
    while size := data[at]:
        at += 1 + size
    return at + 1


# WebP: RFC 9649.

_WEBP_PARTS = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})


def _webp(data: bytes) -> Contents:
    contents = Contents()
    [riff_size] = struct.unpack_from("<I", data, 4)
    if riff_size + 8 > len(data):
        raise UnusablePicture("the picture is cut off")
    at = 12
    while at + 8 <= riff_size + 8:
        kind, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        body = data[at + 8 : at + 8 + size]
        if kind in _WEBP_PARTS:
            contents.parts.append(data[at:end])
        if kind == b"VP8X":
            contents.spread(*(1 + int.from_bytes(body[i : i + 3], "little") for i in (4, 7)))
        elif kind == b"VP8 ":
            contents.spread(*(side & 0x3FFF for side in struct.unpack_from("<HH", body, 6)))
        elif kind == b"VP8L":
            [bits] = struct.unpack_from("<I", body, 1)
            contents.spread((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        elif kind == b"EXIF":
            contents.exif = body.removeprefix(b"Exif\0\0")
        elif kind == b"XMP ":
            contents.xmp = body
        at = end
    return contents


def _text(raw: bytes) -> str:
    try:
        return raw.decode().rstrip("\0")
    except UnicodeDecodeError:
        return raw.decode("latin-1").rstrip("\0")


_READERS = {"image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif, "image/webp": _webp}
