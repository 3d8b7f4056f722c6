"""The metadata in the text chunks of a PNG (PNG, 11.3.3)."""

from __future__ import annotations

import binascii
import re
import zlib

from metadata import iptc, xmp

from formats.contents import Contents, decode_text

_MAX_KEYWORD_BYTES = 79
# A kilobyte can be a megabyte unpacked. All compressed chunks of a file together may have four,
# so that they neither fill the memory nor take long.
_MAX_INFLATED_BYTES = 4 * xmp.MAX_BYTES
_RAW_PROFILE = re.compile(r"Raw profile type (\w+)")
_NO_DIGIT = re.compile(rb"[^0-9A-Fa-f\s]")


class Texts:
    """The text chunks of one file."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._free = _MAX_INFLATED_BYTES
        self._exif = b""

    def add(self, kind: bytes, body: bytes) -> None:
        """Read a chunk of a text, or of metadata in the form of a text."""
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            return
        keyword_bytes, _, value = body.partition(b"\0")
        keyword = decode_text(keyword_bytes[:_MAX_KEYWORD_BYTES])
        try:
            if kind == b"zTXt":
                value = self._inflated(value[1:])
            elif kind == b"iTXt":
                compressed, value = value[:1] == b"\1", value[2:].split(b"\0", 2)[-1]
                value = self._inflated(value) if compressed else value
            if keyword == "XML:com.adobe.xmp":
                self._contents.xmp.append(value)
            elif profile := _RAW_PROFILE.fullmatch(keyword):
                self._add_profile(profile[1].lower(), value)
            else:
                self._contents.add_text(keyword, value)
        except ValueError as error:
            self._contents.budget.drop(keyword, error)

    def finish(self) -> None:
        """Take EXIF data in the form of a text, unless the file has them in their own chunk."""
        if self._exif:
            self._contents.add_exif(self._exif)

    def _add_profile(self, kind: str, value: bytes) -> None:
        """Read the form in which ImageMagick writes metadata: name, length, hexadecimals.

        Raises ValueError.
        """
        _name, length, rest = value.strip().split(b"\n", 2)
        # Some programs write more after the profile, which does not belong to it.
        digits = b"".join(_NO_DIGIT.split(rest, maxsplit=1)[0].split())[: 2 * int(length)]
        if not digits:
            raise ValueError("damaged")
        profile = binascii.unhexlify(digits)
        if kind == "xmp" or profile.startswith(xmp.HEADER):
            self._contents.xmp.append(profile.removeprefix(xmp.HEADER))
        elif kind in ("exif", "app1"):
            self._exif = self._exif or profile
        elif kind in ("iptc", "8bim"):
            self._contents.iptc = iptc.in_photoshop(profile) or profile

    def _inflated(self, data: bytes) -> bytes:
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
