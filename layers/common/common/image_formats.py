"""The image formats that are accepted, recognised by the first bytes of a file."""

from __future__ import annotations

import re
from collections.abc import Callable

# AVIF and HEIC are both HEIF, as are other formats. A file names all those that it conforms to.
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_MAX_BRANDS_BYTES = 1024

# Each format's magic number. SVG, PDF, EPS and HTML are not accepted: they can contain code that
# a browser would run.
_MAGIC_NUMBERS: dict[str, Callable[[bytes], object]] = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff").match,
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n").match,
    "image/gif": re.compile(rb"GIF8[79]a").match,
    "image/webp": re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL).match,
    "image/tiff": re.compile(rb"II\*\0|MM\0\*").match,
    "image/avif": lambda data: not _AVIF_BRANDS.isdisjoint(_brands(data)),
    "image/heic": lambda data: not _HEIF_BRANDS.isdisjoint(_brands(data)),
}

CONTENT_TYPES = tuple(_MAGIC_NUMBERS)

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/tiff": "tif",
    "image/avif": "avif",
    "image/heic": "heic",
}
"""How the name of a file of each type ends."""


def content_type(data: bytes) -> str | None:
    """The image type of a file, by its content alone. None for everything else."""
    for name, matches in _MAGIC_NUMBERS.items():
        if matches(data):
            return name
    return None


def _brands(data: bytes) -> set[bytes]:
    """The brands of a HEIF file, which its first box names; none for other files."""
    size = int.from_bytes(data[:4])
    if data[4:8] != b"ftyp" or size > _MAX_BRANDS_BYTES:
        return set()
    return {data[8:12], *(data[at : at + 4] for at in range(16, size, 4))}
