"""A picture that arrived: what can be known and made of it, by its bytes alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import cleaning
import containers
import exif
import iptc
import pixels
import tiff
import xmp
from containers import Contents, UnusablePicture
from tiff import Entry

from common.image_formats import CONTENT_TYPES, content_type

_IPTC_TAG, _XMP_TAG = 0x83BB, 0x02BC
_WIDTH_TAG, _HEIGHT_TAG = 0x0100, 0x0101


@dataclass(frozen=True, slots=True)
class Processed:
    """The picture without what it said about itself, that as JSON, and a thumbnail."""

    picture: bytes
    metadata: dict[str, Any]
    thumbnail: bytes


def process(announced: str, data: bytes) -> Processed:
    """Understand a picture that was announced as this type. Raises UnusablePicture."""
    found = content_type(data)
    if found is None:
        names = ", ".join(_name(each) for each in CONTENT_TYPES)
        raise UnusablePicture(f"the file is no picture of a kind that is taken: {names}")
    if found != announced:
        raise UnusablePicture(
            f"the picture is a {_name(found)}, not the {_name(announced)} announced"
        )

    contents = _tiff(data) if found == "image/tiff" else containers.open_picture(found, data)
    pixels.refuse_oversized(contents.width, contents.height)
    dropped: list[str] = []
    exif_tags, gps = exif.read(contents.exif, dropped) if contents.exif else ({}, {})
    iptc_datasets = iptc.read(contents.iptc, dropped)
    properties, place = xmp.read(contents.xmp, dropped) if contents.xmp else ({}, {})

    if found == "image/tiff":
        pixels.header(data)
        clean = pixels.clean_tiff(data)
    else:
        clean = cleaning.assemble(found, contents.parts, exif_tags.get("Orientation"))
    image = pixels.header(clean)
    return Processed(
        picture=clean,
        metadata={
            "format": {"name": _name(found), "contentType": found},
            "size": {"bytes": len(data)} | pixels.size(image),
            "colour": pixels.colour(image),
            "exif": exif_tags,
            "gps": place | gps,
            "iptc": iptc_datasets,
            "xmp": properties,
            "text": contents.text,
            "dropped": dropped,
        },
        thumbnail=pixels.thumbnail(clean),
    )


def _tiff(data: bytes) -> Contents:
    """A TIFF file is one EXIF structure, whose first directory is the picture's."""
    contents = Contents(exif=data)
    try:
        image = {entry.tag: entry for entry in tiff.first_directory(data)}
        [width], [height] = (image[tag].value() for tag in (_WIDTH_TAG, _HEIGHT_TAG))
    except (KeyError, struct.error, ValueError) as error:
        raise UnusablePicture("the picture is damaged") from error
    contents.spread(int(width or 0), int(height or 0))
    contents.iptc, contents.xmp = (_block(image.get(tag)) for tag in (_IPTC_TAG, _XMP_TAG))
    return contents


def _block(entry: Entry | None) -> bytes:
    try:
        return entry.raw() if entry else b""
    except (struct.error, ValueError):
        return b""


def _name(content_type: str) -> str:
    name = content_type.removeprefix("image/")
    return "WebP" if name == "webp" else name.upper()
