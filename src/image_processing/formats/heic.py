"""HEIC files: HEIF with the HEVC codec (ISO/IEC 23008-12, annex B; ITU-T H.265).

Few browsers show them, so the picture is a JPEG. Its orientation is that of its pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import heic_to_jpeg

from formats import heif
from formats.contents import Contents, UnusablePicture

_CONFIGURATION_BYTES = 22  # of an hvcC property; lists of parameter sets follow

_PARAMETER_SETS = (32, 33, 34)  # of the video, the sequence and the picture (H.265, table 7-1)
_MAX_SLICE = 31


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture or struct.error."""
    contents, colours = heif.read(data, _HEVC, b"heic")
    contents.profile = contents.profile or heic_to_jpeg.profile(colours)
    return contents


def clean(contents: Contents, _orientation: object) -> bytes:
    """A JPEG of the primary picture. HEIF's own properties have the orientation, EXIF has not."""
    _, without_profile = contents.parts
    return heic_to_jpeg.jpeg(without_profile, contents.profile)


def _clean_configuration(body: bytes) -> bytes:
    """The configuration with its parameter sets only (ISO/IEC 14496-15, 8.3.3.1)."""
    [count] = struct.unpack_from("B", body, _CONFIGURATION_BYTES)
    kept, at = [], _CONFIGURATION_BYTES + 1
    for _ in range(count):
        head, number = struct.unpack_from(">BH", body, at)
        at += 3
        sets = b""
        for _ in range(number):
            [size] = struct.unpack_from(">H", body, at)
            sets += body[at : at + 2 + size]
            at += 2 + size
        if head & 0x3F in _PARAMETER_SETS:
            kept.append(struct.pack(">BH", head, number) + sets)
    if at > len(body):
        raise UnusablePicture("the picture is damaged")
    return body[:_CONFIGURATION_BYTES] + bytes([len(kept)]) + b"".join(kept)


def _clean_data(configuration: bytes, data: bytes) -> bytes:
    return b"".join(_units(data, (configuration[21] & 3) + 1))


def _units(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """The units of a bitstream that decoding needs: slices and parameter sets, with lengths."""
    at = 0
    while at < len(data):
        start = at + length_bytes
        end = start + int.from_bytes(data[at:start])
        if end > len(data) or end == start:
            raise UnusablePicture("the picture is cut off")
        kind = data[start] >> 1 & 0x3F
        if kind <= _MAX_SLICE or kind in _PARAMETER_SETS:
            yield data[at:end]
        at = end


_HEVC = heif.Codec(b"hvc1", b"hvcC", _clean_configuration, _clean_data)
