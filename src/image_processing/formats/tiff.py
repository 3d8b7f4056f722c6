"""TIFF files: TIFF 6.0. The file is a TIFF structure, in which EXIF data is written as well."""

from __future__ import annotations

import struct

import pixels
from metadata import ifd

from formats.contents import Contents, UnusablePicture

_IPTC_TAG, _XMP_TAG = 0x83BB, 0x02BC
_WIDTH_TAG, _HEIGHT_TAG = 0x0100, 0x0101


def read(data: bytes) -> Contents:
    """The contents of a file, whose first directory describes the picture.

    Raises UnusablePicture.
    """
    contents = Contents(parts=[data], exif=data)
    try:
        image = {entry.tag: entry for entry in ifd.first_directory(data)}
        [width], [height] = (image[tag].value() for tag in (_WIDTH_TAG, _HEIGHT_TAG))
    except (KeyError, struct.error, ValueError) as error:
        raise UnusablePicture("the picture is damaged") from error
    contents.add_frame(int(width or 0), int(height or 0))
    contents.iptc, contents.xmp = (_bytes(image.get(tag)) for tag in (_IPTC_TAG, _XMP_TAG))
    return contents


def clean(contents: Contents, _orientation: object) -> bytes:
    """A file of the first page, rotated upright. Raises UnusablePicture."""
    [data] = contents.parts
    pixels.header(data)  # checks the size before anything is decoded
    return pixels.clean_tiff(data)


def _bytes(entry: ifd.Entry | None) -> bytes:
    try:
        return entry.raw() if entry else b""
    except (struct.error, ValueError):
        return b""
