"""How many of the tags that exiftool finds in images Storefront finds with an equal value."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.exiftool_samples import write_samples
from bench.image_processing import process

# Positions in the file, the signature of the XMP toolkit, and values that exiftool computes itself.
STRUCTURE = re.compile(
    r".*(Offsets?|ByteCounts|Thumbnail\w+|XMPToolkit|CodedCharacterSet|EnvelopeRecordVersion)"
)

# Names that exiftool and the standards spell differently.
RENAMED = {
    "ISO": "PhotographicSensitivity",
    "ModifyDate": "DateTime",
    "CreateDate": "DateTimeDigitized",
    "ExposureCompensation": "ExposureBiasValue",
    "AmbientTemperature": "Temperature",
    "SerialNumber": "BodySerialNumber",
    "OwnerName": "CameraOwnerName",
    "LensInfo": "LensSpecification",
    "ExifImageWidth": "PixelXDimension",
    "ExifImageHeight": "PixelYDimension",
    "ImageHeight": "ImageLength",
    "FocalLengthIn35mmFormat": "FocalLengthIn35mmFilm",
    "InteropIndex": "InteroperabilityIndex",
    "InteropVersion": "InteroperabilityVersion",
    "SubfileType": "NewSubfileType",
    "OldSubfileType": "SubfileType",
    "Thresholding": "Threshholding",
    "RelatedImageHeight": "RelatedImageLength",
    "UniqueObjectName": "UNO",
    "SupplementalCategories": "SupplementalCategory",
    "ApplicationRecordVersion": "RecordVersion",
}
XMP_RENAMED = {"exif:ISO": "exif:ISOSpeedRatings", "exif:ExifImageWidth": "exif:PixelXDimension"}

# The standard stores these as logarithms (APEX); exiftool converts them.
APEX = {
    "ShutterSpeedValue": lambda value: 2**-value,
    "ApertureValue": lambda value: 2 ** (value / 2),
    "MaxApertureValue": lambda value: 2 ** (value / 2),
}


@dataclass(frozen=True)
class Coverage:
    """How many of exiftool's tags Storefront finds with an equal value, and the other tags."""

    equal: int
    total: int
    differences: list[str]


def measure(folder: Path) -> Coverage:
    """Compare the metadata of all samples, which are written into the folder."""
    equal = total = 0
    differences = []
    for path, content_type in write_samples(folder):
        metadata: dict[str, Any] = process(content_type, path.read_bytes()).metadata
        for group, name, expected in _exiftool(path):
            total += 1
            found = _find(metadata, group, name)
            if _equal(found, expected):
                equal += 1
            else:
                values = f"exiftool has {expected!r}, Storefront {found!r}"
                differences.append(f"{path.name} {group}:{name}: {values}")
    return Coverage(equal, total, differences)


def _exiftool(path: Path) -> Iterator[tuple[str, str, Any]]:
    """(group, name, value) of every tag that the standards define."""
    groups = ["-EXIF:all", "-GPS:all", "-IPTC:all", "-XMP:all"]
    command = ["exiftool", "-j", "-n", "-G1", "-struct", *groups, str(path)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    for tag, value in json.loads(output)[0].items():
        group, _, name = tag.rpartition(":")
        if group and group != "IFD1" and not STRUCTURE.fullmatch(name):
            yield group, name, value


def _find(metadata: dict[str, Any], group: str, name: str) -> Any:
    """Storefront's value for a tag of exiftool."""
    if group == "IPTC":
        return _by_letters(metadata["iptc"], RENAMED.get(name, name))
    if group.startswith("XMP-"):
        full = f"{group.removeprefix('XMP-')}:{name}"
        if name.startswith("GPS"):
            return metadata["gps"].get(name)
        full, _, language = full.partition("-")
        value = _by_letters(
            metadata["xmp"], XMP_RENAMED.get(full, full).replace("iptc", "Iptc4xmp")
        )
        return value.get(language) if language and isinstance(value, dict) else value
    if group == "GPS":
        return _gps(metadata["gps"], name)
    value = metadata["exif"].get(RENAMED.get(name, name))
    return APEX[name](value) if name in APEX and value is not None else value


def _gps(gps: dict[str, Any], name: str) -> Any:
    """exiftool has the reference and the time as tags of their own; here they are one value."""
    if match := re.fullmatch(r"GPS(Dest)?(Latitude|Longitude|Altitude)(Ref)?", name):
        value = gps.get(name.removesuffix("Ref"))
        if value is None or not match[3]:
            return value if value is None else abs(value)
        sides = {"Latitude": "NS", "Longitude": "EW", "Altitude": (0, 1)}[match[2]]
        return sides[value < 0]
    if name == "GPSTimeStamp":
        return str(gps.get(name)).rpartition("T")[2].removesuffix("Z")
    return gps.get(name)


def _by_letters(tags: dict[str, Any], name: str) -> Any:
    """The value of a name, by its letters only: exiftool has `Province-State`, IPTC a slash."""
    letters = {re.sub(r"[^a-z0-9:]", "", key.lower()): value for key, value in tags.items()}
    return letters.get(re.sub(r"[^a-z0-9:]", "", name.lower()))


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, int | float) and isinstance(expected, int | float | str):
        return math.isclose(found, _number(expected), rel_tol=1e-5, abs_tol=1e-9)
    if isinstance(found, dict) and isinstance(expected, dict):
        return len(found) == len(expected) and all(
            _equal(_by_letters(_bare(found), k), v) for k, v in expected.items()
        )
    if isinstance(found, dict) and isinstance(expected, str):
        return bool(found.get("x-default") == expected)
    if isinstance(found, list):
        values = (
            expected
            if isinstance(expected, list)
            else str(expected).split(" ")
            if len(found) > 1
            else [expected]
        )
        return len(found) == len(values) and all(map(_equal, found, values))
    return _plain(found) == _plain(expected)


def _number(value: float | str) -> float:
    """exiftool writes numbers with many digits as text."""
    try:
        return float(value)
    except ValueError:
        return math.nan


def _bare(structure: dict[str, Any]) -> dict[str, Any]:
    return {name.rpartition(":")[2]: value for name, value in structure.items()}


def _plain(value: Any) -> str:
    """The text. Dates lose their punctuation, and what exiftool has in tags of its own."""
    text = "undef" if value is None else str(value)
    if moment := re.fullmatch(
        r"(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T]([\d:]{8})(?:\.\d+)?)?(.*)", text
    ):
        return "".join(part or "" for part in moment.groups()[:4])
    return text
