"""Processing a picture: from the uploaded bytes to a clean picture, metadata and a thumbnail."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Protocol

import pixels
import thumbnails
from formats import avif, gif, heic, jpeg, png, tiff, webp
from formats.contents import Contents, UnusablePicture
from metadata import reader

from common.image_formats import CONTENT_TYPES, content_type

# A TIFF is rewritten without loss, so a small one with a lossy compression becomes much larger.
MAX_PICTURE_BYTES = 64 * 1024 * 1024


class Format(Protocol):
    """A module that reads and cleans the files of one image format."""

    def read(self, data: bytes, /) -> Contents: ...

    def clean(self, contents: Contents, orientation: object, /) -> bytes: ...


# A format that browsers do not show, and the one of the picture that is served in its place.
_SERVED_AS = {"image/heic": "image/jpeg"}

_FORMATS: dict[str, Format] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/gif": gif,
    "image/webp": webp,
    "image/tiff": tiff,
    "image/avif": avif,
    "image/heic": heic,
}


@dataclass(frozen=True, slots=True)
class Processed:
    """The picture without metadata, its type, the metadata as JSON, and a thumbnail."""

    picture: bytes
    content_type: str
    metadata: dict[str, Any]
    thumbnail: bytes


def process(announced: str, data: bytes) -> Processed:
    """Process a file that was announced as this content type. Raises UnusablePicture."""
    found = content_type(data)
    if found is None:
        *names, last = map(_name, CONTENT_TYPES)
        raise UnusablePicture(f"unsupported file type; use {', '.join(names)} or {last}")
    if found != announced:
        raise UnusablePicture(
            f"the picture is a {_name(found)}, but it was announced as a {_name(announced)}"
        )

    contents = _read(found, data)
    pixels.refuse_oversized(contents.width, contents.height)
    budget = contents.budget
    tags = reader.read(contents.exif, contents.iptc, contents.xmp, budget)

    orientation = tags["exif"].get("Orientation") if contents.is_turned else None
    clean = _FORMATS[found].clean(contents, orientation)
    image = pixels.header(clean)
    if not pixels.profile_works(image):  # browsers take sRGB then
        contents.profile = b""
        clean = _FORMATS[found].clean(contents, orientation)
        image = pixels.header(clean)
    if len(clean) > MAX_PICTURE_BYTES:
        raise UnusablePicture("the picture is too large when it is compressed without loss")
    return Processed(
        picture=clean,
        content_type=_SERVED_AS.get(found, found),
        metadata={
            "format": {"name": _name(found), "contentType": found},
            "size": {"bytes": len(data)} | pixels.size(image),
            "colour": pixels.colour(image, contents.profile_name),
            **tags,
            "text": contents.text,
            "dropped": budget.dropped,
        },
        thumbnail=thumbnails.thumbnail(clean, contents),
    )


def _read(content_type: str, data: bytes) -> Contents:
    try:
        return _FORMATS[content_type].read(data)
    except (struct.error, IndexError) as error:
        raise UnusablePicture("the picture is damaged or cut off") from error


def _name(content_type: str) -> str:
    name = content_type.removeprefix("image/")
    return "WebP" if name == "webp" else name.upper()
