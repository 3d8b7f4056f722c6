"""Writing a HEIF file with one picture: ISO/IEC 14496-12 and 23008-12."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from formats.items import Property


@dataclass(slots=True)
class Part:
    """An item of a new file. Its references are to the numbers of other parts, from 1."""

    kind: bytes
    properties: list[Property]
    data: bytes = b""
    references: list[tuple[bytes, list[int]]] = field(default_factory=list)

    def property(self, kind: bytes) -> bytes | None:
        """The content of its property of this type."""
        return next((found.body for found in self.properties if found.kind == kind), None)


def written(brand: bytes, parts: list[Part]) -> bytes:
    """A file of these parts. The first one is the picture."""
    start = _box(b"ftyp", brand + bytes(4) + brand + b"mif1miaf")
    data = dict.fromkeys(part.data for part in parts)  # equal tiles share their data
    tables = [
        _full_box(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        _full_box(b"pitm", struct.pack(">H", 1)),
        _types(parts),
        _references(parts),
        _properties(parts),
    ]
    # The places depend on the length of the table of places, but not the other way round.
    length = len(start + _full_box(b"meta", b"".join((*tables, _places(parts, data, 0))))) + 8
    meta = _full_box(b"meta", b"".join((*tables, _places(parts, data, length))))
    return start + meta + _box(b"mdat", b"".join(data))


def _types(parts: list[Part]) -> bytes:
    entries = (
        _full_box(b"infe", struct.pack(">HH4sB", number, 0, part.kind, 0), version=2)
        for number, part in enumerate(parts, 1)
    )
    return _full_box(b"iinf", struct.pack(">H", len(parts)) + b"".join(entries))


def _references(parts: list[Part]) -> bytes:
    entries = [
        _box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
        for number, part in enumerate(parts, 1)
        for kind, to in part.references
    ]
    return _full_box(b"iref", b"".join(entries)) if entries else b""


def _properties(parts: list[Part]) -> bytes:
    distinct = dict.fromkeys((each.kind, each.body) for part in parts for each in part.properties)
    numbers = {each: number for number, each in enumerate(distinct, 1)}
    table = struct.pack(">L", len(parts))
    for number, part in enumerate(parts, 1):
        table += struct.pack(">HB", number, len(part.properties))
        for each in part.properties:
            table += struct.pack(">H", each.essential << 15 | numbers[each.kind, each.body])
    container = _box(b"ipco", b"".join(_box(kind, body) for kind, body in distinct))
    return _box(b"iprp", container + _full_box(b"ipma", table, flags=1))


def _places(parts: list[Part], data: dict[bytes, None], at: int) -> bytes:
    places = {}
    for each in data:
        places[each], at = at, at + len(each)
    table = struct.pack(">BBH", 0x44, 0, len(parts))  # places and sizes have four bytes
    for number, part in enumerate(parts, 1):
        table += struct.pack(">HHHLL", number, 0, 1, places[part.data], len(part.data))
    return _full_box(b"iloc", table)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", len(content) + 8, kind) + content


def _full_box(kind: bytes, content: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">L", version << 24 | flags) + content)
