"""EXIF as JSON: the names of the standard, coordinates in degrees, and dates as in RFC 3339."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from metadata import exif_tags, gps_tags, ifd
from metadata.budget import Budget
from metadata.ifd import BadTag, Entry

type Tags = dict[str, Any]

_PHOTO, _GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005

# Tags of the type UNDEFINED, for which the standard defines the meaning of the bytes tag by tag.
_VERSIONS = {"ExifVersion", "FlashpixVersion", "InteroperabilityVersion"}
_ENCODED = {"UserComment", "GPSProcessingMethod", "GPSAreaInformation"}
_ENCODINGS = {b"ASCII\0\0\0": "ascii", b"JIS\0\0\0\0\0": "iso2022_jp", b"\0" * 8: "utf-8"}

_OFFSETS = {
    "DateTime": ("OffsetTime", "SubSecTime"),
    "DateTimeOriginal": ("OffsetTimeOriginal", "SubSecTimeOriginal"),
    "DateTimeDigitized": ("OffsetTimeDigitized", "SubSecTimeDigitized"),
}


def read(data: bytes, budget: Budget) -> tuple[Tags, Tags]:
    """The EXIF and GPS tags of a TIFF structure. What is left out is named in the budget."""
    exif: Tags = {}
    gps: Tags = {}
    try:
        image = list(ifd.first_directory(data))
        exif |= _named(image, exif_tags.IMAGE, budget)
        photo = _pointed(image, _PHOTO)
        exif |= _named(image + photo, exif_tags.PHOTO, budget)
        exif |= _named(_pointed(photo, _INTEROPERABILITY), exif_tags.INTEROPERABILITY, budget)
        gps |= _named(_pointed(image, _GPS), gps_tags.NAMES, budget)
    except (struct.error, ValueError) as error:
        budget.drop("EXIF", error)
    _format_dates(exif, budget)
    _format_location(gps, budget)
    return exif, gps


def _pointed(entries: Iterable[Entry], tag: int) -> list[Entry]:
    """The directory that a tag points to. Pointers are followed once, so loops are harmless."""
    for entry in entries:
        if entry.tag == tag:
            match entry.value():
                case [int(at)]:
                    return list(ifd.directory(entry.data, entry.order, at))
    return []


def _named(entries: Iterable[Entry], names: dict[int, str], budget: Budget) -> Tags:
    found: Tags = {}
    for entry in entries:
        name = names.get(entry.tag)
        if name is None:
            continue
        try:
            found[name] = budget.spend(name, _json(name, entry))
        except (ValueError, struct.error) as error:
            budget.drop(name, error)
    return found


def _json(name: str, entry: Entry) -> Any:
    value = entry.value()
    if name in exif_tags.UTF16:
        return _bytes(value).decode("utf-16-le").rstrip("\0")
    if isinstance(value, bytes):
        return _undefined(name, value) if entry.type == ifd.UNDEFINED else _ascii(name, value)
    if name == "LensSpecification":
        return value  # 0/0 means that an f-number is unknown
    if None in value:
        raise BadTag("zero denominator")
    if not value:
        raise BadTag("no value")
    return value[0] if len(value) == 1 else value


def _bytes(value: ifd.Value) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return bytes(value)  # type: ignore[arg-type]  # the check is for the TypeError
    except TypeError as error:
        raise BadTag("not a text") from error


def _ascii(name: str, raw: bytes) -> str:
    if name == "Copyright":  # of the photographer and the editor (Exif 3.0, 4.6.5.4.7)
        return "\n".join(filter(None, (_decoded(part) for part in raw.split(b"\0"))))
    return _decoded(raw.partition(b"\0")[0])


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode().strip(" ")
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip(" ")


def _undefined(name: str, raw: bytes) -> Any:
    if name in _VERSIONS:
        return raw.rstrip(b"\0").decode("ascii")
    if name in _ENCODED:
        encoding = _ENCODINGS.get(raw[:8])
        if raw.startswith(b"UNICODE\0"):
            # The standard does not define the byte order, and cameras use their own.
            encoding = "utf-16-le" if raw[9:10] == b"\0" else "utf-16-be"
        if encoding is None:
            raise BadTag("unknown encoding")
        return raw[8:].decode(encoding).rstrip("\0 ")
    if name == "ComponentsConfiguration":
        return list(raw)
    if len(raw) == 1:
        return raw[0]
    raise BadTag("its format is not public")


def _format_dates(exif: Tags, budget: Budget) -> None:
    for name, (offset_name, fraction_name) in _OFFSETS.items():
        if name not in exif:
            continue
        text = str(exif.pop(name)).strip()
        try:
            exif[name] = _date_time(
                text, str(exif.get(offset_name, "")), str(exif.get(fraction_name, ""))
            )
        except ValueError:
            budget.drop(name, "not a date")


def _date_time(text: str, offset: str, fraction: str) -> str:
    """A date-time as in RFC 3339; without an offset if the camera did not record one."""
    moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat()
    fraction = fraction.strip()
    if fraction.isascii() and fraction.isdigit() and len(fraction) <= 9:  # nanoseconds
        moment += f".{fraction}"
    try:
        datetime.strptime(offset, "%z")
    except ValueError:
        return moment
    return moment + offset


def _format_location(gps: Tags, budget: Budget) -> None:
    for name, positive, negative, limit in (
        ("GPSLatitude", "N", "S", 90),
        ("GPSLongitude", "E", "W", 180),
        ("GPSDestLatitude", "N", "S", 90),
        ("GPSDestLongitude", "E", "W", 180),
    ):
        reference = gps.pop(f"{name}Ref", None)
        if name in gps:
            try:
                degrees = _degrees(gps.pop(name), limit)
                gps[name] = degrees * {positive: 1, negative: -1}[reference]
            except (KeyError, TypeError):
                budget.drop(name, f"neither {positive} nor {negative}")
            except ValueError as error:
                budget.drop(name, error)
    below = gps.pop("GPSAltitudeRef", 0) in (1, 3)  # 3 since Exif 3.0: below the ellipsoid
    if isinstance(gps.get("GPSAltitude"), int | float):
        gps["GPSAltitude"] *= -1 if below else 1
    _format_time(gps, budget)


def _degrees(value: Any, limit: int) -> float:
    parts = value if isinstance(value, list) else [value]
    if not 1 <= len(parts) <= 3 or not all(isinstance(part, int | float) for part in parts):
        raise BadTag("not degrees, minutes and seconds")
    degrees: float = sum(part / 60**place for place, part in enumerate(parts))
    if not 0 <= degrees <= limit:
        raise BadTag("out of range")
    return round(degrees, 9)  # precise to a tenth of a millimetre


def _format_time(gps: Tags, budget: Budget) -> None:
    """Join `GPSDateStamp` and `GPSTimeStamp` to a date and time in UTC, as far as known."""
    day, clock = gps.pop("GPSDateStamp", None), gps.pop("GPSTimeStamp", None)
    date, time = "", ""
    try:
        if day is not None:
            date = datetime.strptime(str(day), "%Y:%m:%d").date().isoformat()
            gps["GPSDateStamp"] = date
        if clock is not None:
            hours, minutes, seconds = clock
            at = datetime.min + timedelta(hours=hours, minutes=minutes, seconds=seconds)
            if not 0 <= hours * 3600 + minutes * 60 + seconds < 86400:
                raise BadTag("not a time of day")
            time = f"{at.time().isoformat()}Z"
            gps["GPSTimeStamp"] = f"{date}T{time}" if date else time
    except (TypeError, ValueError, OverflowError):
        budget.drop("GPSTimeStamp", "not a date and time")
