"""The image formats that are accepted, recognised by the first bytes of a file."""

from __future__ import annotations

import re

# Each format's magic number. SVG, PDF, EPS and HTML are not accepted: they can contain code that
# a browser would run.
_MAGIC_NUMBERS = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL),
    "image/tiff": re.compile(rb"II\*\0|MM\0\*"),
}

CONTENT_TYPES = tuple(_MAGIC_NUMBERS)

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/tiff": "tif",
}
"""How the name of a file of each type ends."""


def content_type(data: bytes) -> str | None:
    """The image type of a file, by its content alone. None for everything else."""
    for name, magic_number in _MAGIC_NUMBERS.items():
        if magic_number.match(data):
            return name
    return None
