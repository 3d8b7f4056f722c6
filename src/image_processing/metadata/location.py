"""Where a picture was taken, and all else that tells about a place: one object, easy to remove.

A position is from one source and complete, or it is left out.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from metadata import dates
from metadata.budget import Budget
from metadata.ifd import BadTag

type Tags = dict[str, Any]

_IPTC_PLACES = {
    *("Sub-location", "City", "Province/State"),
    *("Country/PrimaryLocationCode", "Country/PrimaryLocationName"),
    *("ContentLocationCode", "ContentLocationName"),
}

# XMP names without their prefix. `SubjectLocation` is a position in the picture. The last ones are
# the cell of the mobile network.
_XMP_PLACE = re.compile(
    r"(?!SubjectLocation).*(?:location|latitude|longt?itude|altitude)s?"
    r"|(?:gps|location|country|worldregion).*|city|(?:province)?state|province|lat|long?|alt"
    r"|mcc|mnc|lac|cellid|cgi",
    re.IGNORECASE,
)

_SIDES = {
    "GPSLatitude": ("N", "S", 90),
    "GPSLongitude": ("E", "W", 180),
    "GPSDestLatitude": ("N", "S", 90),
    "GPSDestLongitude": ("E", "W", 180),
}
_PAIRS = (("GPSLatitude", "GPSLongitude"), ("GPSDestLatitude", "GPSDestLongitude"))
# What belongs together is taken from one source.
_TOGETHER: tuple[tuple[str, ...], ...] = (
    (*_PAIRS[0], "GPSAltitude", "GPSAltitudeRef"),
    _PAIRS[1],
    ("GPSTimeStamp", "GPSDateStamp"),
)
# Above or below the sea level or, since Exif 3.0, the ellipsoid.
_ABOVE, _BELOW, _OF_ELLIPSOID = {"", "0", "2"}, {"1", "3"}, {"2", "3"}

_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,15})?", re.ASCII)
_DEGREES_AND_SIDE = re.compile(r"([\d., °'\"]+)([NSEW])", re.ASCII)
_SIGNED_DEGREES = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,15})?", re.ASCII)


def take(exif_gps: Tags, properties: Tags, datasets: Tags, budget: Budget) -> Tags:
    """All about the place, which is removed from the properties of XMP and the datasets of IPTC.

    The GPS properties of XMP have the names of EXIF, unless EXIF has what belongs together.
    """
    found = dict(exif_gps)
    _sign_coordinates(found, budget)
    _check(found, budget)
    _format_time(found, budget)
    names = [name for name, value in properties.items() if _is_place(name, value)]
    places = {name: properties.pop(name) for name in names}
    gps = {name: places.pop(name) for name in names if name.startswith("exif:GPS")}
    gps = {name.removeprefix("exif:"): value for name, value in gps.items()}
    _check(gps, budget, of="exif:")
    _add(found, gps, budget)
    of_iptc = {name: datasets.pop(name) for name in list(datasets) if name in _IPTC_PLACES}
    return found | places | of_iptc


def degrees(name: str, text: str) -> float:
    """The signed degrees of a coordinate of XMP, such as `33,51.4S`. Raises ValueError."""
    positive, negative, _ = _SIDES[name]
    if _SIGNED_DEGREES.fullmatch(text):
        return float(text)
    found = _DEGREES_AND_SIDE.fullmatch(text)
    if found is None or found[2] not in (positive, negative):
        raise BadTag(f"neither {positive} nor {negative}")
    angle = _sum([float(number) for number in _NUMBER.findall(found[1])])
    return angle if found[2] == positive else -angle


def is_coordinate(name: str) -> bool:
    """Whether this is the name of a coordinate."""
    return name in _SIDES


def _is_place(name: str, value: Any) -> bool:
    if _XMP_PLACE.fullmatch(name.rpartition(":")[2]):
        return True
    if isinstance(value, dict):
        return any(_is_place(*field) for field in value.items())
    return isinstance(value, list) and any(_is_place("", item) for item in value)


def _add(found: Tags, gps: Tags, budget: Budget) -> None:
    """Add the GPS tags of another source, without mixing what belongs together."""
    for group in _TOGETHER:
        if group[0] in gps and group[0] not in found:
            for name in found.keys() & set(group):
                budget.drop(name, f"{group[0]} is from another source")
                del found[name]
    first = set(found)
    for name, value in gps.items():
        group = next((names for names in _TOGETHER if name in names), (name,))
        found[name if first.isdisjoint(group) else f"exif:{name}"] = value


def _sign_coordinates(gps: Tags, budget: Budget) -> None:
    """Join the coordinates of EXIF, which have no sign, with their references."""
    for name, (positive, negative, _) in _SIDES.items():
        reference = str(gps.pop(f"{name}Ref", "")).strip().upper()
        value = gps.pop(name, None)
        try:
            if value is not None:
                angle = _sum(value if isinstance(value, list) else [value])
                gps[name] = angle * {positive: 1, negative: -1}[reference[:1]]
            elif reference:
                budget.drop(name, "no value")
        except KeyError:
            budget.drop(name, f"neither {positive} nor {negative}")
        except BadTag as error:
            budget.drop(name, error)


def _sum(parts: list[Any]) -> float:
    if not 1 <= len(parts) <= 3 or not all(isinstance(part, int | float) for part in parts):
        raise BadTag("not degrees, minutes and seconds")
    if min(parts) < 0:
        raise BadTag("out of range")
    total: float = sum(part / 60**place for place, part in enumerate(parts))
    return round(total, 9)  # precise to a tenth of a millimetre


def _check(gps: Tags, budget: Budget, *, of: str = "") -> None:
    """Remove what is no coordinate, and half of a position. Sign the altitude."""
    for name, (_, _, limit) in _SIDES.items():
        if name in gps and not (isinstance(gps[name], int | float) and abs(gps[name]) <= limit):
            budget.drop(of + name, "out of range")
            del gps[name]
    for pair in _PAIRS:
        if len(there := gps.keys() & set(pair)) == 1:
            [name] = there
            budget.drop(of + name, "the other coordinate is missing")
            del gps[name]
    _sign_altitude(gps, budget, of)


def _sign_altitude(gps: Tags, budget: Budget, of: str) -> None:
    reference, altitude = gps.pop("GPSAltitudeRef", None), gps.pop("GPSAltitude", None)
    side = "" if reference is None else str(reference).strip()
    if isinstance(altitude, int | float) and side in _ABOVE | _BELOW:
        gps["GPSAltitude"] = -abs(altitude) if side in _BELOW else altitude
        if side in _OF_ELLIPSOID:  # the sign does not tell
            gps["GPSAltitudeRef"] = reference
    elif altitude is not None or side:
        budget.drop(of + "GPSAltitude", "not an altitude with a reference")


def _format_time(gps: Tags, budget: Budget) -> None:
    """Join `GPSDateStamp` and `GPSTimeStamp` to a date and time in UTC, as far as known."""
    day, clock = gps.pop("GPSDateStamp", None), gps.pop("GPSTimeStamp", None)
    date = ""
    if day is not None:
        try:
            gps["GPSDateStamp"] = date = dates.only_date(str(day))
        except ValueError:
            budget.drop("GPSDateStamp", "not a date")
    if clock is not None:
        try:
            parts = clock.split(":") if isinstance(clock, str) else clock
            hours, minutes, seconds = map(float, parts)
            if not 0 <= hours * 3600 + minutes * 60 + seconds < 86400:
                raise BadTag("not a time of day")
            at = datetime.min + timedelta(hours=hours, minutes=minutes, seconds=seconds)
            time = f"{at.time().isoformat()}Z"
            gps["GPSTimeStamp"] = f"{date}T{time}" if date else time
        except (TypeError, ValueError, OverflowError):
            budget.drop("GPSTimeStamp", "not a time of day")
