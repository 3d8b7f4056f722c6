"""PNG files: the W3C's PNG specification, third edition."""

from __future__ import annotations

import re
import struct
import zlib

from metadata import iptc, xmp

from formats.contents import Contents, UnusablePicture, decode_text
from formats.orientation import exif_with

_NEEDED = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_MAX_KEYWORD_BYTES = 79
# A kilobyte can be a megabyte unpacked. All compressed chunks of a file together may have four,
# so that they neither fill the memory nor take long.
_MAX_INFLATED_BYTES = 4 * xmp.MAX_BYTES
_RAW_PROFILE = re.compile(r"Raw profile type (\w+)")


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture, struct.error or IndexError."""
    contents = Contents(parts=[data[:8]])
    inflater = _Inflater()
    at, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            raise UnusablePicture("the picture is cut off")
        body = data[at + 8 : end - 4]
        if kind in _NEEDED:
            contents.parts.append(data[at:end])
        if kind == b"IHDR":
            contents.add_frame(*struct.unpack_from(">II", body))
        elif kind == b"eXIf":
            contents.exif = body
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            _read_text(kind, body, contents, inflater)
        at = end
    return contents


def clean(contents: Contents, orientation: object) -> bytes:
    """A file of the chunks that decoding needs."""
    exif = exif_with(orientation)
    body = b"eXIf" + exif
    chunk = (
        struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body)) if exif else b""
    )
    return b"".join((*contents.parts[:2], chunk, *contents.parts[2:]))


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
