"""EXIF as JSON: the names of the standard, coordinates in degrees, and dates as in RFC 3339."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from metadata import dates, exif_tags, exif_types, gps_tags, ifd, text
from metadata.budget import Budget
from metadata.ifd import BadTag, Entry

type Tags = dict[str, Any]

_PHOTO, _GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_SUBFILE_TYPE, _REDUCED = 0x00FE, 1
_PIXELS = {0x0111, 0x0144}  # the positions of strips and tiles: this directory is of a picture
_NAMES = exif_tags.IMAGE | exif_tags.PHOTO
_GRID_HEADER_BYTES = 4

_OFFSETS = {
    "DateTime": ("OffsetTime", "SubSecTime"),
    "DateTimeOriginal": ("OffsetTimeOriginal", "SubSecTimeOriginal"),
    "DateTimeDigitized": ("OffsetTimeDigitized", "SubSecTimeDigitized"),
}


@dataclass(slots=True)
class Exif:
    """The tags of a TIFF structure: of the picture, its location, and its embedded thumbnail."""

    image: Tags = field(default_factory=dict)
    gps: Tags = field(default_factory=dict)
    thumbnail: Tags = field(default_factory=dict)


def read(data: bytes, budget: Budget) -> Exif:
    """The tags of a TIFF structure. What is left out is named in the budget."""
    try:
        ifd.byte_order(data)
    except ValueError as error:
        budget.drop("EXIF", error)
        return Exif()
    image = _readable("IFD0", lambda: ifd.first_directory(data), budget)
    photo = _pointed("Exif", image, _PHOTO, budget)
    interoperability = _pointed("Interoperability", photo, _INTEROPERABILITY, budget)
    tags = _chosen(image, photo)
    found = Exif(
        _named(tags, _NAMES, budget) | _named(interoperability, exif_tags.INTEROPERABILITY, budget),
        _named(_pointed("GPS", image, _GPS, budget), gps_tags.NAMES, budget)
        | _named(tags, gps_tags.IN_IMAGE, budget),
    )
    unknown = {tag.tag for tag in tags} - _NAMES.keys() - gps_tags.IN_IMAGE.keys()
    for number in sorted(unknown - exif_types.STRUCTURE):
        budget.drop(f"EXIF tag {number:#06x}", "not in the standards")
    _format_dates(found.image, budget)
    second = _readable("thumbnail", lambda: ifd.second_directory(data), budget)
    if _is_page(image) and second and not _is_reduced(second):
        budget.drop("page 2", "only the first page is kept")
    else:
        found.thumbnail = _named(second, exif_tags.IMAGE, budget, of="thumbnail ")
        _format_dates(found.thumbnail, budget, of="thumbnail ")
    return found


def _readable(name: str, directory: Callable[[], Iterator[Entry]], budget: Budget) -> list[Entry]:
    """The entries of a directory; if it is damaged, those before the end of the data."""
    found: list[Entry] = []
    try:
        found.extend(directory())
    except struct.error:
        budget.drop(name, "damaged or cut off")
    return found


def _pointed(name: str, entries: Iterable[Entry], tag: int, budget: Budget) -> list[Entry]:
    """The directory that a tag points to. Pointers are followed once, so loops are harmless."""
    entry = next((entry for entry in entries if entry.tag == tag), None)
    if entry is None:
        return []
    at = _number(entry)
    if at is None:
        budget.drop(name, "not a position")
        return []
    return _readable(name, lambda: ifd.directory(entry.data, entry.order, at), budget)


def _chosen(image: list[Entry], photo: list[Entry]) -> list[Entry]:
    """The entries of both directories, each from the one that the standard writes it in."""
    chosen: dict[int, Entry] = {}
    for entry in image + photo:
        if entry.tag in exif_tags.IMAGE:
            chosen.setdefault(entry.tag, entry)
        else:
            chosen[entry.tag] = entry
    return list(chosen.values())


def _is_page(entries: list[Entry]) -> bool:
    return any(entry.tag in _PIXELS for entry in entries)


def _is_reduced(entries: list[Entry]) -> bool:
    return any(e.tag == _SUBFILE_TYPE and (_number(e) or 0) & _REDUCED for e in entries)


def _number(entry: Entry) -> int | None:
    """The value of a tag that is one whole number; None if it is not."""
    with suppress(ValueError, struct.error):
        match entry.value():
            case [int(number)]:
                return number
    return None


def _named(
    entries: Iterable[Entry], names: dict[int, str], budget: Budget, *, of: str = ""
) -> Tags:
    found: Tags = {}
    for entry in entries:
        name = names.get(entry.tag)
        if name is None:
            continue
        try:
            value = entry.value()
            if isinstance(value, bytes):
                budget.check(len(value) // 2)  # a text in UTF-16 becomes half as long
            found[name] = budget.spend(name, _json(name, entry, value))
        except (ValueError, struct.error) as error:
            budget.drop(of + name, error)
    return found


def _json(name: str, entry: Entry, value: ifd.Value) -> Any:
    if entry.type == ifd.BYTE and name in exif_types.TEXTS:
        value = bytes(value)  # type: ignore[arg-type]  # bytes are whole numbers
    if isinstance(value, bytes):
        return _text(name, entry, value)
    if name == "LensSpecification":
        return value  # 0/0 means that an f-number is unknown
    if None in value:
        raise BadTag("zero denominator")
    if not value:
        raise BadTag("no value")
    return value[0] if len(value) == 1 else value


def _text(name: str, entry: Entry, raw: bytes) -> Any:
    """What bytes mean: the standard defines it tag by tag. Raises ValueError."""
    if name in exif_types.UTF16:
        return text.utf16(raw, "<")
    if name in exif_types.WITH_HEADER:
        return text.with_header(raw, entry.order)
    if name in exif_types.VERSIONS:
        return text.decoded(raw.rstrip(b"\0"))
    if name == "Copyright":  # of the photographer and the editor (Exif 3.0, 4.6.5.4.7)
        parts = (text.decoded(part).strip(" ") for part in raw.split(b"\0"))
        return "\n".join(filter(None, parts))
    if entry.type != ifd.UNDEFINED or name in exif_types.TEXTS:
        return text.decoded(raw.partition(b"\0")[0]).strip(" ")
    if name == "ComponentsConfiguration":
        return list(raw)
    if name == "CFAPattern":
        return _grid(raw, entry.order)
    if len(raw) == 1 or (name in exif_types.ONE_BYTE and not any(raw[1:])):
        return raw[0]
    raise BadTag("its format is not public" if name == "MakerNote" else "not a single value")


def _grid(raw: bytes, order: str) -> list[int]:
    """The columns and rows of a colour filter, and its colours. Raises ValueError, struct.error."""
    for each in (order, "<" if order == ">" else ">"):  # cameras use both byte orders
        columns, rows = struct.unpack_from(each + "HH", raw)
        colours = raw[_GRID_HEADER_BYTES : _GRID_HEADER_BYTES + columns * rows]
        if columns * rows == len(colours) > 0:
            return [columns, rows, *colours]
    raise BadTag("not columns, rows and colours")


def _format_dates(tags: Tags, budget: Budget, *, of: str = "") -> None:
    for name, (offset_name, fraction_name) in _OFFSETS.items():
        offset = str(tags.get(offset_name, ""))
        if offset:
            try:
                tags[offset_name] = offset = dates.utc_offset(offset)
            except ValueError:
                del tags[offset_name]
                budget.drop(of + offset_name, "not an offset from UTC")
                offset = ""
        if name in tags:
            written = str(tags.pop(name))
            try:
                fraction = str(tags.get(fraction_name, "")).strip()
                tags[name] = dates.date_time(written, offset, fraction)
            except ValueError:
                budget.drop(of + name, "not a date")
