"""AVIF files: HEIF with the AV1 codec (AV1 Image File Format 1.1; AV1 Bitstream Specification)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from formats import coded_colours, heif
from formats.contents import Contents, UnusablePicture

# It is decoded as a whole, in up to 16 MB per megapixel.
_MAX_MEGAPIXELS = 80

_CONFIGURATION_BYTES = 4  # of an av1C property; a sequence header follows

# The units of a bitstream that decoding needs: a sequence header, a temporal delimiter, headers of
# frames, groups of tiles, and frames. Metadata, padding and unknown ones are left out.
_SEQUENCE_HEADER = 1
_NEEDED = (_SEQUENCE_HEADER, 2, 3, 4, 6, 7)
_MAX_SIZE_BYTES = 8


def read(data: bytes) -> Contents:
    """The contents of a file. Raises UnusablePicture or struct.error."""
    contents, colours = heif.read(data, _AV1, b"avif")
    if colours and not contents.profile:
        contents.colours = _profile(*struct.unpack_from(">HH", colours))
    megapixels = contents.width * contents.height / 1_000_000
    if megapixels > _MAX_MEGAPIXELS:
        raise UnusablePicture(
            f"the picture has {megapixels:.0f} megapixels; the limit for AVIF is {_MAX_MEGAPIXELS}"
        )
    return contents


def clean(contents: Contents, _orientation: object) -> bytes:
    """A file of the primary picture. HEIF's own properties have the orientation, EXIF has not."""
    picture, without_profile = contents.parts
    return picture if contents.profile else without_profile


def _profile(primaries: int, transfer: int) -> bytes:
    # Browsers show the curves of video as sRGB's in an AVIF, though not in a PNG.
    if transfer in coded_colours.VIDEO_TRANSFERS:
        transfer = coded_colours.SRGB_TRANSFER
    return coded_colours.coded(primaries, transfer)


def _clean_configuration(body: bytes) -> bytes:
    header = body[:_CONFIGURATION_BYTES]
    if len(header) < _CONFIGURATION_BYTES:
        raise UnusablePicture("the picture is damaged")
    units = _units(body[_CONFIGURATION_BYTES:])
    return header + b"".join(unit for kind, unit in units if kind == _SEQUENCE_HEADER)


def _clean_data(_configuration: bytes, data: bytes) -> bytes:
    return b"".join(unit for kind, unit in _units(data) if kind in _NEEDED)


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The types and bytes of the units of a bitstream (AV1, 5.3). Raises UnusablePicture."""
    at = 0
    while at < len(data):
        header = data[at]
        kind, has_extension, has_size = header >> 3 & 15, header >> 2 & 1, header >> 1 & 1
        start = at + 1 + has_extension
        size, start = _leb128(data, start) if has_size else (len(data) - start, start)
        end = start + size
        if end > len(data):
            raise UnusablePicture("the picture is cut off")
        yield kind, data[at:end]
        at = end


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits per byte, and the place behind it (AV1, 4.10.5)."""
    value = 0
    for place, byte in enumerate(data[at : at + _MAX_SIZE_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise UnusablePicture("the picture is cut off")


_AV1 = heif.Codec(b"av01", b"av1C", _clean_configuration, _clean_data)
