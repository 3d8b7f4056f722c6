"""The items of a HEIF file: ISO/IEC 14496-12, 8.11, and 23008-12.

A file has a box `meta` with a table of items: pictures, tiles, masks and metadata. Properties, such
as the size, belong to items. References say what an item is for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from formats.boxes import Reader
from formats.contents import UnusablePicture

_MAX_ITEMS = 4096  # a phone's picture of 48 megapixels has 300: tiles, a gain map and metadata
_MAX_EXTENTS = 2 * _MAX_ITEMS
_MAX_DATA_BYTES = 64 * 1024 * 1024  # items can share data, as the tiles of a clear sky do

_IN_FILE, _IN_META = 0, 1  # where the data of an item are (14496-12, 8.11.3)


@dataclass(frozen=True, slots=True)
class Property:
    """A box that describes items. An item must not be shown without an essential one."""

    kind: bytes
    body: bytes
    essential: bool = False


@dataclass(slots=True)
class Item:
    """An item: its type, its properties, and where its data are."""

    kind: bytes = b""
    content_type: bytes = b""
    properties: list[Property] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    is_readable: bool = False


class Items:
    """The items of a file, by their IDs. Raises UnusablePicture or struct.error."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._free = _MAX_DATA_BYTES
        self._in_meta = (0, 0)
        self.primary = 0
        self._items: dict[int, Item] = {}
        self.references: list[tuple[bytes, int, list[int]]] = []
        meta = next((content for kind, content in Reader(data).boxes() if kind == b"meta"), None)
        if meta is None:
            raise UnusablePicture("the file has no still picture")
        self._read(meta)

    def __getitem__(self, item_id: int) -> Item:
        if item_id not in self._items:
            raise UnusablePicture("the picture is damaged")
        return self._items[item_id]

    def data(self, item: Item) -> bytes:
        """The data of an item. Raises UnusablePicture if they are not in the file."""
        if not item.is_readable:
            raise UnusablePicture("the picture is encrypted or damaged")
        parts = []
        for at, size in item.extents:
            part = self._data[at : at + size] if size else self._data[at:]
            self._free -= len(part)
            if len(part) < size or self._free < 0:
                raise UnusablePicture("the picture is cut off")
            parts.append(part)
        return b"".join(parts)

    def targets(self, kind: bytes, source: int) -> list[int]:
        """The items to which the source has references of this type."""
        found = [to for name, item_id, to in self.references if (name, item_id) == (kind, source)]
        return [item_id for to in found for item_id in to]

    def sources(self, kind: bytes, target: int) -> list[int]:
        """The items that have a reference of this type to the target."""
        return [item_id for name, item_id, to in self.references if name == kind and target in to]

    def of_kind(self, kind: bytes) -> list[int]:
        return [item_id for item_id, item in self._items.items() if item.kind == kind]

    def _read(self, meta: Reader) -> None:
        meta.version()
        found: dict[bytes, Reader] = {}
        for kind, content in meta.boxes():
            found.setdefault(kind, content)
        if b"idat" in found:
            self._in_meta = found[b"idat"].at, found[b"idat"].end
        for kind, read in (
            (b"iinf", self._read_types),
            (b"pitm", self._read_primary),
            (b"iloc", self._read_places),
            (b"iprp", self._read_properties),
            (b"iref", self._read_references),
        ):
            if kind in found:
                read(found[kind])

    def _read_types(self, content: Reader) -> None:
        content.number(2 if content.version() == 0 else 4)  # how many follow
        for kind, entry in content.boxes():
            version = entry.version() if kind == b"infe" else 0
            if version < 2:
                continue
            item_id, protection = entry.number(2 if version == 2 else 4), entry.number(2)
            item = Item(kind=entry.take(4), is_readable=not protection)
            entry.text()  # the name
            item.content_type = entry.text() if item.kind == b"mime" else b""
            self._items[item_id] = item
            if len(self._items) > _MAX_ITEMS:
                raise UnusablePicture("the picture has too many parts")

    def _read_primary(self, content: Reader) -> None:
        self.primary = content.number(2 if content.version() == 0 else 4)

    def _read_places(self, content: Reader) -> None:
        version = content.version()
        sizes, more = content.numbers(1, 1)
        at_size, size_size, base_size = sizes >> 4, sizes & 15, more >> 4
        index_size = more & 15 if version else 0
        count, extents = content.number(2 if version < 2 else 4), 0
        for _ in range(count):
            item = self._items.get(content.number(2 if version < 2 else 4), Item())
            place = content.number(2) & 15 if version else _IN_FILE
            is_elsewhere = content.number(2) or place not in (_IN_FILE, _IN_META)
            base = content.number(base_size) + (self._in_meta[0] if place == _IN_META else 0)
            item.is_readable = item.is_readable and not is_elsewhere
            for _ in range(content.number(2)):
                _, at, size = content.numbers(index_size, at_size, size_size)
                item.extents.append((base + at, size))
                extents += 1
                if extents > _MAX_EXTENTS:
                    raise UnusablePicture("the picture has too many parts")

    def _read_properties(self, content: Reader) -> None:
        known: list[tuple[bytes, bytes]] = []
        for kind, inner in content.boxes():
            if kind == b"ipco":
                known += [(name, box.take(box.end - box.at)) for name, box in inner.boxes()]
            elif kind == b"ipma":
                self._assign(known, inner)

    def _assign(self, known: list[tuple[bytes, bytes]], table: Reader) -> None:
        header = table.number(4)
        size = 2 if header & 1 else 1
        for _ in range(table.number(4)):
            item = self._items.get(table.number(4 if header >> 24 else 2), Item())
            for _ in range(table.number(1)):
                essential, number = divmod(table.number(size), 1 << (8 * size - 1))
                if 0 < number <= len(known):
                    item.properties.append(Property(*known[number - 1], bool(essential)))

    def _read_references(self, content: Reader) -> None:
        size = 2 if content.version() == 0 else 4
        for kind, entry in content.boxes():
            source, count = entry.number(size), entry.number(2)
            self.references.append((kind, source, [entry.number(size) for _ in range(count)]))
