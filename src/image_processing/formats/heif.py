"""Pictures in HEIF files, which AVIF and HEIC are: ISO/IEC 23008-12, 23000-22 (MIAF).

A decoder is never given the uploaded file, but a new one: with the primary picture, its tiles and
its masks, and with the properties that decoding needs, no longer than the standard defines.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from formats import icc
from formats.boxes import Reader
from formats.contents import Contents, UnusablePicture
from formats.heif_file import Part, written
from formats.items import Item, Items, Property

_GRID = b"grid"
_MASKS = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"
_TIFF = (b"II*\0", b"MM\0*")
_NAMES = {b"Exif": "EXIF", b"mime": "XMP"}
_CONTENT_TYPES = {b"Exif": b"", b"mime": b"application/rdf+xml"}
_UNSUPPORTED = "this kind of HEIF file is not supported; use a JPEG"

# The properties that decoding needs, and the lengths of their contents. Others have variable ones:
# `pixi` (bits of each channel), `colr` (colours), `auxC` (what a mask is for), and the codec's.
_LENGTHS = {
    b"ispe": 12,  # size
    b"pasp": 8,  # the shape of a pixel
    b"clap": 32,  # crop
    b"irot": 1,
    b"imir": 1,
    b"a1op": 1,  # the version in a file with several
    b"lsel": 2,  # the layer in a file with several
    b"clli": 4,  # the light of an HDR picture
    b"mdcv": 24,
}


@dataclass(frozen=True, slots=True)
class Codec:
    """How the pictures of one codec are cleaned. The functions raise UnusablePicture.

    `item` is the type of an item with such a picture, and `configuration` that of the property
    which describes it to the decoder. `clean_data` is given the clean configuration and the data.
    """

    item: bytes
    configuration: bytes
    clean_configuration: Callable[[bytes], bytes]
    clean_data: Callable[[bytes, bytes], bytes]


def read(data: bytes, codec: Codec, brand: bytes) -> tuple[Contents, bytes]:
    """The contents of a file, and its `nclx` colours.

    The parts are two: the new file, and the same without its colour profile.
    Raises UnusablePicture or struct.error.
    """
    items = Items(data)
    picture = _Picture(items, codec)
    picture.add(items.primary or next(iter(items.of_kind(codec.item)), 0))
    plain = list(map(_without_profile, picture.parts))
    files = [written(brand, parts) for parts in (picture.parts, plain)]
    contents = Contents(parts=files)
    contents.set_profile(picture.profile)
    for part in picture.parts:
        contents.add_frame(*_size(part))
    exif = _metadata(items, b"Exif", contents)
    # A number says how many bytes are before the data. Some programs leave it out.
    start = 0 if exif[:4] in _TIFF else 4 + int.from_bytes(exif[:4])
    contents.add_exif(exif[start:])
    contents.xmp = list(filter(None, [_metadata(items, b"mime", contents)]))
    return contents, picture.colours


def _metadata(items: Items, kind: bytes, contents: Contents) -> bytes:
    """The EXIF or XMP data of the picture, or else of the whole file. Empty if there are none."""
    wanted = _CONTENT_TYPES[kind]
    found = [each for each in items.of_kind(kind) if items[each].content_type == wanted]
    owners = {each: items.targets(b"cdsc", each) for each in found}
    own = [each for each in found if items.primary in owners[each]]
    nobodys = [each for each in found if not owners[each]]
    chosen = (own or nobodys)[:1]
    if len(found) > len(chosen):
        contents.budget.drop(_NAMES[kind], "that of another picture in the file is left out")
    try:
        return b"".join(items.data(items[each]) for each in chosen)
    except UnusablePicture:
        contents.budget.drop(_NAMES[kind], "cut off")
        return b""


class _Picture:
    """The parts of a picture: itself, its tiles and its masks. And its colours."""

    def __init__(self, items: Items, codec: Codec) -> None:
        self._items, self._codec = items, codec
        self._numbers: dict[int, int] = {}
        self.parts: list[Part] = []
        self.profile = b""
        self.colours = b""

    def add(self, item_id: int, *, is_tile: bool = False) -> int:
        """Add an item with its tiles and its masks, once. Returns the number of its part."""
        item = self._items[item_id]
        if item.kind not in (self._codec.item, _GRID) or (is_tile and item.kind == _GRID):
            raise UnusablePicture(_UNSUPPORTED)
        if item_id in self._numbers:
            return self._numbers[item_id]
        part = Part(item.kind, list(self._needed(item)))
        self.parts.append(part)
        number = self._numbers[item_id] = len(self.parts)
        if item.kind == _GRID:
            tiles = [self.add(tile, is_tile=True) for tile in self._items.targets(b"dimg", item_id)]
            part.references.append((b"dimg", tiles))
            part.data = self._grid(self._items.data(item), tiles)
        else:
            configuration = part.property(self._codec.configuration)
            if configuration is None:
                raise UnusablePicture("the picture is damaged")
            part.data = self._codec.clean_data(configuration, self._items.data(item))
        for mask in self._items.sources(b"auxl", item_id):
            if any(map(_mask, self._items[mask].properties)):
                added = self.add(mask, is_tile=is_tile)
                self.parts[added - 1].references.append((b"auxl", [number]))
                if mask in self._items.targets(b"prem", item_id):
                    part.references.append((b"prem", [added]))
        return number

    def _grid(self, data: bytes, tiles: list[int]) -> bytes:
        """The description of a grid, whose tiles must cover the picture, and none be outside."""
        reader = Reader(data)
        _, flags, rows, columns = reader.numbers(1, 1, 1, 1)
        width, height = reader.numbers(*[4 if flags & 1 else 2] * 2)
        sizes = {_size(self.parts[tile - 1]) for tile in tiles}
        if len(tiles) != (rows + 1) * (columns + 1) or len(sizes) != 1:
            raise UnusablePicture("the picture is damaged")
        [(tile_width, tile_height)] = sizes
        for whole, tile, last in ((width, tile_width, columns), (height, tile_height, rows)):
            if not tile * last < whole <= tile * (last + 1):
                raise UnusablePicture("the picture is damaged")
        return struct.pack(">BBBBLL", 0, 1, rows, columns, width, height)

    def _needed(self, item: Item) -> Iterator[Property]:
        """The properties that decoding needs. Raises UnusablePicture if others are essential."""
        for found in item.properties:
            body = self._clean(found.kind, found.body)
            if body:
                yield Property(found.kind, body, found.essential)
            elif found.essential:
                raise UnusablePicture(_UNSUPPORTED)

    def _clean(self, kind: bytes, body: bytes) -> bytes:
        """The content of a property at its defined length; empty if decoding does not need it."""
        if kind == self._codec.configuration:
            return self._codec.clean_configuration(body)
        if kind in _LENGTHS:
            return body[: _LENGTHS[kind]]
        if kind == b"pixi":
            return bytes(4) + body[4 : 5 + body[4]]
        if kind == b"auxC":
            name = _mask(Property(kind, body))
            return bytes(4) + name + b"\0" if name else b""
        if kind == b"colr" and body[:4] == b"nclx":
            self.colours = self.colours or body[4:11]
            return body[:11]
        if _is_profile(kind, body):
            profile = icc.for_decoding(body[4:])
            if profile and not self.profile:
                self.profile = body[4:]
            return body[:4] + profile if profile else b""
        return b""


def _is_profile(kind: bytes, body: bytes) -> bool:
    return kind == b"colr" and body[:4] in (b"prof", b"rICC")


def _without_profile(part: Part) -> Part:
    kept = [each for each in part.properties if not _is_profile(each.kind, each.body)]
    return replace(part, properties=kept)


def _mask(found: Property) -> bytes:
    """The name of what a mask of transparency is for; empty if the property is another one."""
    name = found.body[4:].partition(b"\0")[0] if found.kind == b"auxC" else b""
    return name if name in _MASKS else b""


def _size(part: Part) -> tuple[int, int]:
    width, height = struct.unpack_from(">LL", part.property(b"ispe") or b"", 4)
    return width, height
