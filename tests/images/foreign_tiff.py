"""TIFF files of many kinds, and with metadata where programs of others write them."""

from __future__ import annotations

import struct

import pyvips

from tests.harness import pictures
from tests.harness.pictures import PNG, TIFF, Tag, picture

LONG_XMP = pictures.xmp(f"<dc:title>Dawn</dc:title><dc:source>{'s' * 100_000}</dc:source>")
IPTC = pictures.iptc((2, 5, b"Dawn"), (2, 25, b"palace"))
_BYTE, _SHORT, _LONG, _UNDEFINED = 1, 3, 4, 7
_COMPRESSION, _SPACE, _ORIENTATION, _SUBSAMPLING, _EXTRA_SAMPLES = 0x103, 0x106, 0x112, 0x212, 0x152


def with_tags(plain: bytes, *tags: Tag) -> bytes:
    """The file with these tags, in place of tags of the same numbers."""
    [at] = struct.unpack_from("<L", plain, 4)
    [count] = struct.unpack_from("<H", plain, at)
    entries = {
        struct.unpack_from("<H", plain, start)[0]: plain[start : start + 12]
        for start in range(at + 2, at + 2 + 12 * count, 12)
    }
    values = b""
    for number, kind, size, raw in tags:
        place = raw.ljust(4, b"\0")
        if len(raw) > 4:
            place = struct.pack("<L", len(plain) + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        entries[number] = struct.pack("<HHL", number, kind, size) + place
    directory = struct.pack("<H", len(entries)) + b"".join(entries[n] for n in sorted(entries))
    start = struct.pack("<L", len(plain) + len(values))
    return plain[:4] + start + plain[8:] + values + directory + bytes(4)


def short(number: int, *values: int) -> Tag:
    return number, _SHORT, len(values), struct.pack(f"<{len(values)}H", *values)


def saved(image: pyvips.Image, **options: object) -> bytes:
    written: bytes = image.tiffsave_buffer(keep="none", **options)
    return written


def rgb() -> pyvips.Image:
    return pyvips.Image.new_from_buffer(picture(PNG), "")


def with_fourth_channel(meaning: int) -> bytes:
    """A picture whose fourth channel is zero everywhere."""
    image = rgb().bandjoin(0)
    return with_tags(saved(image), short(_EXTRA_SAMPLES, meaning))


def swapped(data: bytes) -> Tag:
    """IPTC data, written as numbers of four bytes in the other byte order."""
    padded = data.ljust(-(-len(data) // 4) * 4, b"\0")
    turned = b"".join(padded[at : at + 4][::-1] for at in range(0, len(padded), 4))
    return 0x83BB, _LONG, len(turned) // 4, turned


def resource(data: bytes) -> bytes:
    return b"8BIM\4\4\0\0" + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)


_CMYK = pictures.profile().replace(b"RGB XYZ", b"CMYKXYZ")

SHOWN = {
    "16 bits": saved((rgb().cast("ushort") * 257).cast("ushort").copy(interpretation="rgb16")),
    "one bit, in which zero is white": saved(
        (rgb()[0] > 100), bitdepth=1, miniswhite=True, compression="ccittfax4"
    ),
    "compressed as JPEG": saved(rgb(), compression="jpeg", Q=95),
    "in tiles": saved(rgb(), tile=True, tile_width=16, tile_height=16),
    "sideways": with_tags(picture(TIFF), short(_ORIENTATION, 6)),
    "a fourth channel without a meaning": with_fourth_channel(0),
    "a profile of another colour space": with_tags(
        picture(TIFF), (0x8773, _UNDEFINED, len(_CMYK), _CMYK)
    ),
    "XMP of 100 KB": with_tags(picture(TIFF), (0x02BC, _BYTE, len(LONG_XMP), LONG_XMP)),
    "IPTC in the other byte order": with_tags(picture(TIFF), swapped(IPTC)),
    "IPTC in Photoshop's resources": with_tags(
        picture(TIFF), (0x8649, _UNDEFINED, len(resource(IPTC)), resource(IPTC))
    ),
}
"""Files whose pixels are known: the right half is brighter than the left one."""

REFUSED = {
    "floating point": saved((rgb() / 255).cast("float").copy(interpretation="scrgb")),
    "32 bits": saved(rgb().cast("uint")),
    "signed": saved((rgb()[0].cast("short") - 128).cast("short")),
    "CIELAB": with_tags(picture(TIFF), short(_SPACE, 8)),
    "LogLuv": with_tags(picture(TIFF), short(_SPACE, 32845)),
    "old JPEG": with_tags(picture(TIFF), short(_COMPRESSION, 6)),
    "YCbCr that is not JPEG": with_tags(picture(TIFF), short(_SPACE, 6), short(_SUBSAMPLING, 1, 1)),
    "pixels behind the end": with_tags(picture(TIFF), (0x0111, _LONG, 1, b"\xff\xff\xff\0")),
}
"""Files that libvips reads wrong or not at all."""
