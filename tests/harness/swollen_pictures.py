"""Small files whose metadata would take a thousand times their size, one per way to pack them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pyvips

from tests.harness import heif, pictures
from tests.harness.pictures import GIF, JPEG, PNG, WEBP

_ASCII, _LONG, _DOUBLE = 2, 4, 12
_MAKE, _EXIF_POINTER = 0x010F, 0x8769
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"


def compressed_texts() -> bytes:
    """Sixty texts of a megabyte."""
    text = zlib.compress(b"a" * (1 << 20))
    return pictures.png(
        *(pictures.chunk(b"zTXt", b"Text %d\0\0" % number + text) for number in range(60)),
        pictures.chunk(b"eXIf", pictures.exif([pictures.ascii_tag(_MAKE, "ACME")])),
    )


def plain_texts() -> bytes:
    """A hundred thousand short texts, and one long one."""
    return pictures.png(
        *(pictures.chunk(b"tEXt", b"%d\0x" % number) for number in range(100_000)),
        pictures.chunk(b"tEXt", b"Long\0" + b"\1" * (2 << 20)),
    )


def shared_values() -> bytes:
    """Every tag of the image and of the camera has the same 60 KB of control characters."""
    return pictures.png(pictures.chunk(b"eXIf", _shared(_ASCII, b"\1" * 60_000)))


def shared_numbers() -> bytes:
    """Every tag has the same thousand numbers of 17 digits."""
    return pictures.png(pictures.chunk(b"eXIf", _shared(_DOUBLE, struct.pack(">d", 0.1) * 1000)))


def _shared(kind: int, value: bytes) -> bytes:
    """A TIFF structure of two directories with all tags that fit, whose values are one place."""
    count = len(value) // (8 if kind == _DOUBLE else 1)
    tags = [*range(0x000B, 0x0200), *range(0x8298, 0x8298 + 499), *range(0x9000, 0x9500)]
    first, second = tags[:499], tags[499:]
    start = 8
    following = start + 2 + 12 * 500 + 4
    at = following + 2 + 12 * len(second) + 4
    entries = [struct.pack(">HHLL", tag, kind, count, at) for tag in first]
    entries.append(struct.pack(">HHLL", _EXIF_POINTER, _LONG, 1, following))
    others = [struct.pack(">HHLL", tag, kind, count, at) for tag in second]
    return (
        b"MM\0*"
        + struct.pack(">L", start)
        + struct.pack(">H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
        + struct.pack(">H", len(others)) + b"".join(others) + b"\0\0\0\0"
        + value
    )  # fmt: skip


def keywords() -> bytes:
    """A million empty keywords, in Photoshop's segments."""
    return _with_iptc(struct.pack(">BBBH", 0x1C, 2, 25, 0) * 1_000_000)


def invalid_dates() -> bytes:
    """Half a million dates that are left out and named."""
    return _with_iptc((struct.pack(">BBBH", 0x1C, 2, 55, 1) + b"x") * 500_000)


def long_keyword() -> bytes:
    """A keyword of four megabytes, with an extended size."""
    return _with_iptc(struct.pack(">BBBHL", 0x1C, 2, 25, 0x8004, 4 << 20) + b"k" * (4 << 20))


def _with_iptc(datasets: bytes) -> bytes:
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(datasets)) + datasets
    parts = (resource[at : at + 65_000] for at in range(0, len(resource), 65_000))
    bodies = [b"Photoshop 3.0\0" + part for part in parts]
    plain = pictures.picture(JPEG)
    segments = (struct.pack(">BBH", 0xFF, 0xED, len(body) + 2) + body for body in bodies)
    return plain[:2] + b"".join(segments) + plain[2:]


def long_namespace() -> bytes:
    """A namespace of half a megabyte, which 60,000 attributes of one element repeat."""
    attributes = " ".join(f'n:a{number:x}=""' for number in range(40_000))
    return _with_xmp(f'<dc:x xmlns:n="{"n" * 500_000}" {attributes}/>')


def many_namespaces() -> bytes:
    """Names of a namespace that is as long as one may be."""
    properties = "".join(f"<n:{number:x}/>" for number in range(0xA0000, 0xA0000 + 90_000))
    return _with_xmp(f'<dc:x xmlns:n="{"n" * 256}">{properties}</dc:x>')


def many_properties() -> bytes:
    """Fifty thousand properties."""
    return _with_xmp("".join(f"<dc:p{number}>x</dc:p{number}>" for number in range(35_000)))


def nested_lists() -> bytes:
    """A list of empty lists, which are three bytes each as JSON."""
    return _with_xmp(f"<dc:x><rdf:Bag>{'<rdf:li><rdf:Bag/></rdf:li>' * 38_000}</rdf:Bag></dc:x>")


def nested_structures() -> bytes:
    """Structures in structures, each too deep."""
    deep = "<dc:a>" * 30 + "</dc:a>" * 30
    return _with_xmp("".join(f"<dc:b{n}>{deep}</dc:b{n}>" for n in range(2000)))


def _with_xmp(properties: str) -> bytes:
    return pictures.webp((b"XMP ", pictures.xmp(properties)))


def long_comment() -> bytes:
    """A comment of four megabytes."""
    block = b"\xff" + b"c" * 255
    plain = pictures.picture(GIF)
    return plain[:-1] + b"\x21\xfe" + block * 16_000 + b"\0" + plain[-1:]


def long_fraction() -> bytes:
    """A fraction of a second with 60,000 digits, which belongs to three dates."""
    digits, noon = "1" * 60_000, "2026:03:01 12:00:00"
    dates = [pictures.ascii_tag(tag, noon) for tag in (0x9003, 0x9004)]
    fractions = [pictures.ascii_tag(tag, digits) for tag in (0x9290, 0x9291, 0x9292)]
    image = [pictures.ascii_tag(0x0132, noon)]
    return pictures.png(pictures.chunk(b"eXIf", pictures.exif(image, dates + fractions)))


def interlaced_png(side: int) -> bytes:
    """A black square in four channels of 16 bits, which is decoded as a whole."""
    packed = zlib.compressobj(1)
    parts = []
    # The passes of Adam7 (PNG specification, 8.1): the first column and row, and their steps.
    for left, top, across, down in (
        *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
        *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
    ):
        row = b"\0" * (1 + 8 * ((side - left + across - 1) // across))
        parts += [packed.compress(row) for _ in range((side - top + down - 1) // down)]
    header = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 1)
    pixels = b"".join(parts) + packed.flush()
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(pictures.chunk(*each) for each in chunks)


def largest_avif() -> bytes:
    """The most megapixels of an AVIF, with transparency: eighty times the same tile."""
    orange = pyvips.Image.black(1000, 1000, bands=3).linear(1, [200, 100, 50], uchar=True)
    tile = heif.coded_av1(orange.copy(interpretation="srgb"))
    numbers = list(range(2, 82))
    picture = heif.grid(8, 10, 10_000, 8_000, numbers)
    picture.properties.append((b"colr", dict(tile.properties)[b"colr"]))
    mask = heif.grid(8, 10, 10_000, 8_000, numbers)
    mask.properties.append((b"auxC", bytes(4) + heif.ALPHA + b"\0"))
    mask.references.append((b"auxl", [1]))
    return heif.heif(b"avif", [picture, *[tile] * len(numbers), mask])


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    each.__name__: (announced, each)
    for announced, each in [
        (PNG, compressed_texts),
        (PNG, plain_texts),
        (PNG, shared_values),
        (PNG, shared_numbers),
        (JPEG, keywords),
        (JPEG, invalid_dates),
        (JPEG, long_keyword),
        (WEBP, long_namespace),
        (WEBP, many_namespaces),
        (WEBP, many_properties),
        (WEBP, nested_lists),
        (WEBP, nested_structures),
        (GIF, long_comment),
        (PNG, long_fraction),
    ]
}
"""The announced type and the builder of each file, by its name."""
