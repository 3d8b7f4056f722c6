"""PNG files: the W3C's PNG specification, third edition."""

from __future__ import annotations

import re
import struct
import zlib

from metadata import iptc, xmp

from formats import icc
from formats.contents import Contents, UnusablePicture, decode_text
from formats.orientation import exif_with

# The chunks that decoding needs, beside the colour profile. A file has one of each, and their
# content is at most this long.
_SINGLE = {b"IHDR": 13, b"PLTE": 768, b"tRNS": 256, b"acTL": 8, b"IEND": 0}
# The same for what is known about the colours and the size of the pixels.
_SINGLE |= {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"sBIT": 4, b"bKGD": 6, b"pHYs": 9}
_FRAME_CONTROL_BYTES = 26
_MAX_PROFILE_BYTES = 1 << 22
_MAX_KEYWORD_BYTES = 79
# A kilobyte can be a megabyte unpacked. All compressed chunks of a file together may have four,
# so that they neither fill the memory nor take long.
_MAX_INFLATED_BYTES = 4 * xmp.MAX_BYTES
_RAW_PROFILE = re.compile(r"Raw profile type (\w+)")


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents(parts=[data[:8]])
    inflater, kinds = _Inflater(), set[bytes]()
    at, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            raise UnusablePicture("the picture is cut off")
        body = data[at + 8 : end - 4]
        if _is_needed(kind, size, kinds):
            contents.parts.append(data[at:end])
        kinds.add(kind)
        if kind == b"IHDR":
            contents.add_frame(*struct.unpack_from(">II", body))
        elif kind == b"iCCP":
            packed = body.partition(b"\0")[2][1:]
            contents.profile = contents.profile or icc.without_private_tags(_profile(packed))
        elif kind == b"eXIf":
            contents.exif = body
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            _read_text(kind, body, contents, inflater)
        at = end
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the chunks that decoding needs."""
    added = []
    if exif := exif_with(orientation):
        added.append(_chunk(b"eXIf", exif))
    if contents.profile:
        added.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(contents.profile)))
    return b"".join((*contents.parts[:2], *added, *contents.parts[2:]))


def _is_needed(kind: bytes, size: int, before: set[bytes]) -> bool:
    """Whether decoding needs a chunk of this kind and size, after chunks of the kinds `before`."""
    match kind:
        case b"IDAT":
            return True
        case b"acTL" if b"IDAT" in before:  # then the file is not an animation
            return False
        case b"fcTL":
            return b"acTL" in before and size == _FRAME_CONTROL_BYTES
        case b"fdAT":
            return b"acTL" in before
    return kind not in before and size <= _SINGLE.get(kind, -1)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def _read_text(kind: bytes, body: bytes, contents: Contents, inflater: _Inflater) -> None:
    keyword_bytes, _, value = body.partition(b"\0")
    keyword = decode_text(keyword_bytes[:_MAX_KEYWORD_BYTES])
    try:
        if kind == b"zTXt":
            value = inflater.inflate(value[1:])
        elif kind == b"iTXt":
            compressed, value = value[:1] == b"\1", value[2:].split(b"\0", 2)[-1]
            value = inflater.inflate(value) if compressed else value
    except ValueError as error:
        contents.budget.drop(keyword, error)
        return
    if keyword == "XML:com.adobe.xmp":
        contents.xmp = value
    elif profile := _RAW_PROFILE.fullmatch(keyword):
        _read_raw_profile(profile[1].lower(), value, contents)
    else:
        contents.add_text(keyword, value)


def _read_raw_profile(kind: str, value: bytes, contents: Contents) -> None:
    """Read the form in which ImageMagick writes EXIF, IPTC and XMP: name, length, hexadecimals."""
    try:
        _name, _length, digits = value.strip().split(b"\n", 2)
        profile = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return
    if kind == "xmp" or profile.startswith(xmp.HEADER):
        contents.xmp = contents.xmp or profile.removeprefix(xmp.HEADER)
    elif kind in ("exif", "app1"):
        contents.exif = contents.exif or profile.removeprefix(b"Exif\0\0")
    elif kind in ("iptc", "8bim"):
        contents.iptc = iptc.in_photoshop(profile) or profile


def _profile(packed: bytes) -> bytes:
    """The colour profile in an iCCP chunk; empty if it is too long or cannot be unpacked.

    As libpng does, this reads as many bytes as the profile itself announces. If more follow, they
    and the checksum behind them are not read.
    """
    size = int.from_bytes(_inflate(packed, 4))
    return _inflate(packed, size + 1) if size <= _MAX_PROFILE_BYTES else b""


def _inflate(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


class _Inflater:
    """Unpacks the compressed chunks of one file."""

    def __init__(self) -> None:
        self._free = _MAX_INFLATED_BYTES

    def inflate(self, data: bytes) -> bytes:
        """The unpacked data. Raises ValueError if they are too long, or no such data."""
        limit = min(self._free, xmp.MAX_BYTES)
        try:
            inflated = zlib.decompressobj().decompress(data, limit + 1)
        except zlib.error as error:
            raise ValueError("damaged") from error
        self._free -= min(limit, len(inflated))
        if len(inflated) > limit:
            raise ValueError(f"over {limit} bytes unpacked")
        return inflated
