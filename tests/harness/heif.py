"""HEIF files for the tests, with the items, properties and references that a test chooses."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache

import pyvips

from tests.harness import hevc, pictures

type Property = tuple[bytes, bytes]
"""The type and the content of a property."""

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"


@dataclass
class Item:
    """An item. Its references are to the places of others in the list, from 1."""

    kind: bytes
    data: bytes
    properties: list[Property] = field(default_factory=list)
    references: list[tuple[bytes, list[int]]] = field(default_factory=list)
    content_type: bytes = b""
    essential: tuple[bytes, ...] = (b"hvcC", b"av1C", b"irot", b"imir", b"clap")


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", len(content) + 8, kind) + content


def full_box(kind: bytes, content: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">L", version << 24 | flags) + content)


def size(width: int, height: int) -> Property:
    return b"ispe", struct.pack(">LLL", 0, width, height)


def heif(brand: bytes, items: list[Item], *, more: bytes = b"", in_meta: bool = False) -> bytes:
    """A file of these items, the first of which is the picture. `more` are boxes at its end."""
    types = references = associations = known = b""
    count = 0
    for number, item in enumerate(items, 1):
        names = b"\0" + (item.content_type + b"\0" if item.content_type else b"")
        entry = struct.pack(">HH4s", number, 0, item.kind) + names
        types += full_box(b"infe", entry, version=2)
        associations += struct.pack(">HB", number, len(item.properties))
        for kind, content in item.properties:
            known += box(kind, content)
            count += 1
            associations += struct.pack(">H", (kind in item.essential) << 15 | count)
        for kind, to in item.references:
            references += box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
    data = b"".join(item.data for item in items)
    tables = [
        full_box(b"hdlr", bytes(4) + b"pict" + bytes(12) + b"\0"),
        full_box(b"pitm", struct.pack(">H", 1)),
        full_box(b"iinf", struct.pack(">H", len(items)) + types),
        full_box(b"iref", references),
        box(
            b"iprp",
            box(b"ipco", known)
            + full_box(b"ipma", struct.pack(">L", len(items)) + associations, flags=1),
        ),
        box(b"idat", data) if in_meta else b"",
    ]
    start = box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    places = _places(items, 0, in_meta=in_meta)
    at = len(start) + len(full_box(b"meta", b"".join((*tables, places)))) + 8
    places = _places(items, 0 if in_meta else at, in_meta=in_meta)
    meta = full_box(b"meta", b"".join((*tables, places)))
    return start + meta + (b"" if in_meta else box(b"mdat", data)) + more


def _places(items: list[Item], at: int, *, in_meta: bool) -> bytes:
    table = struct.pack(">HH", 0x4400, len(items))
    for number, item in enumerate(items, 1):
        table += struct.pack(">HHHHLL", number, int(in_meta), 0, 1, at, len(item.data))
        at += len(item.data)
    return full_box(b"iloc", table, version=1)


def colours(primaries: int = 1, transfer: int = 13) -> Property:
    """What the samples of an encoded picture mean; sRGB unless the test says otherwise."""
    return b"colr", b"nclx" + struct.pack(">HHHB", primaries, transfer, 6, 0x80)


def coded(image: pyvips.Image, *properties: Property) -> Item:
    """An item with this picture, encoded with HEVC."""
    configuration, data = hevc.encode(image)
    own = [(b"hvcC", configuration), size(image.width, image.height)]
    if b"colr" not in dict(properties):
        own.append(colours())
    return Item(b"hvc1", data, [*own, *properties])


def coded_av1(image: pyvips.Image, *properties: Property) -> Item:
    """An item with this picture, encoded with AV1 and without loss."""
    file = image.write_to_buffer(".avif[lossless]", keep="none")
    at, data = file.index(b"av1C"), file.index(b"mdat") + 4
    configuration = file[at + 4 : at - 4 + int.from_bytes(file[at - 4 : at])]
    own = [(b"av1C", configuration), size(image.width, image.height)]
    if b"colr" not in dict(properties):
        own.append((b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 0, 0x80)))  # RGB as it is
    return Item(b"av01", file[data:], [*own, *properties])


def grid(rows: int, columns: int, width: int, height: int, tiles: list[int]) -> Item:
    """An item that joins tiles to a picture."""
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Item(b"grid", data, [size(width, height)], [(b"dimg", tiles)])


def metadata(kind: bytes, data: bytes, content_type: bytes = b"", *, of: int = 1) -> Item:
    """An item with metadata of another item."""
    return Item(kind, data, references=[(b"cdsc", [of])], content_type=content_type)


def exif(data: bytes, *, of: int = 1) -> Item:
    return metadata(b"Exif", struct.pack(">L", 6) + b"Exif\0\0" + data, of=of)


def xmp(data: bytes, *, of: int = 1) -> Item:
    return metadata(b"mime", data, b"application/rdf+xml", of=of)


@cache
def picture(width: int = 60, height: int = 40) -> pyvips.Image:
    """The picture of `pictures.picture`, decoded."""
    return pyvips.Image.new_from_buffer(pictures.picture(pictures.PNG, width, height), "")


def heic(*properties: Property, items: list[Item] | None = None, more: bytes = b"") -> bytes:
    """A HEIC file with one picture, with these properties, and with these items after it."""
    return heif(b"heic", [coded(picture(), *properties), *(items or [])], more=more)
