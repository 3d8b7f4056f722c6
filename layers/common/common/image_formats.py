"""The formats of pictures that are taken, told by how a file begins."""

from __future__ import annotations

import re

# Each format's own magic number. SVG, PDF, EPS and HTML are no pictures here: a browser would
# run what is in them.
_BEGINNINGS = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL),
    "image/tiff": re.compile(rb"II\*\0|MM\0\*"),
}

CONTENT_TYPES = tuple(_BEGINNINGS)


def content_type(picture: bytes) -> str | None:
    """What a picture is, whatever its name or its sender says; None for anything else."""
    for name, beginning in _BEGINNINGS.items():
        if beginning.match(picture):
            return name
    return None
