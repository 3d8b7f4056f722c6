"""Where Storefront has the tags that exiftool finds, and under which names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from project.functions import module

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

# exiftool has all XMP properties of EXIF under its own names, and some of others.
XMP_RENAMED = RENAMED | {
    "ISO": "ISOSpeedRatings",
    "SerialNumber": "SerialNumber",
    "LensInfo": "LensInfo",
    "SupplementalCategories": "SupplementalCategories",
    "ModifyDate": "ModifyDate",
    "CreateDate": "CreateDate",
    "ICCProfileName": "ICCProfile",
    "RatingPercent": "Rating",
    "GPSDateTime": "GPSTimeStamp",
    "GPSAltitudeRef": "GPSAltitude",
    "ContainerDirectory": "Directory",
    "ImageMimeType": "Mime",
    "KeywordInfo": "Keywords",
    "RegionInfo": "Regions",
    "RegionInfoMP": "RegionInfo",
    "DCEvent": "Event",
    "ColorTemperature": "Temperature",
    "DigitalImageGUID": "DigImageGUID",
    "AdditionalModelInformation": "AddlModelInfo",
    "MobileCountryCode": "mcc",
    "MobileNetworkCode": "mnc",
    "LocationAreaCode": "lac",
    "CellTowerID": "cellid",
    "CellR": "r",
    "CellGlobalID": "cgi",
}

# The standard stores these as logarithms (APEX); exiftool converts them.
APEX: dict[str, Callable[[float], float]] = {
    "ShutterSpeedValue": lambda value: 2**-value,
    "ApertureValue": lambda value: 2 ** (value / 2),
    "MaxApertureValue": lambda value: 2 ** (value / 2),
}

_EXIF = module("image_processing", "metadata.exif_tags")
_TABLES = (_EXIF.IMAGE, _EXIF.PHOTO, _EXIF.INTEROPERABILITY)
# exiftool has tags of cameras' makers and of other standards in the same groups.
_STANDARD = {name for table in _TABLES for name in table.values()}
_FAMILIES = {"IFD0": "EXIF", "ExifIFD": "EXIF", "InteropIFD": "EXIF", "IFD1": "thumbnail"}
_FAMILIES |= {"GPS": "GPS", "IPTC": "IPTC"}
_REFERENCE = re.compile(r"GPS(Dest)?(Latitude|Longitude|Altitude)(Ref)?")


def family(group: str, name: str) -> str:
    """Storefront's group of a tag; empty if no standard defines the tag."""
    if STRUCTURE.fullmatch(name) or (group, name) == ("XMP-rdf", "About"):
        return ""
    found = "XMP" if group.startswith("XMP-") else _FAMILIES.get(group, "")
    is_exif = found in ("EXIF", "thumbnail")
    return "" if is_exif and RENAMED.get(name, name) not in _STANDARD else found


def find(metadata: dict[str, Any], group: str, name: str) -> Any:
    """Storefront's value for a tag of exiftool."""
    if group == "GPS":
        return _gps(metadata["gps"], name)
    if group == "IPTC":
        return _in(metadata, "iptc", RENAMED.get(name, name))
    if group.startswith("XMP-"):
        return _xmp(metadata, group.removeprefix("XMP-").replace("iptc", "Iptc4xmp"), name)
    tags = metadata.get("thumbnail", {}) if group == "IFD1" else metadata["exif"]
    return _without_logarithm(name, tags.get(RENAMED.get(name, name)))


def by_letters(tags: dict[str, Any], name: str) -> Any:
    """The value of a name, by its letters only: exiftool has `Province-State`, IPTC a slash."""
    letters = {_letters(key): value for key, value in tags.items()}
    return letters.get(_letters(name))


def without_prefixes(structure: dict[str, Any]) -> dict[str, Any]:
    return {name.rpartition(":")[2]: value for name, value in structure.items()}


def _xmp(metadata: dict[str, Any], prefix: str, name: str) -> Any:
    name, _, language = name.partition("-")
    found = next(
        (
            value
            for each in (name, XMP_RENAMED.get(name, name))
            if (value := _in(metadata, "xmp", f"{prefix}:{each}")) is not None
        ),
        None,
    )
    if language and isinstance(found, dict):
        return found.get(language)
    if prefix == "exif" and name.startswith("GPSAltitude"):
        return _gps({"GPSAltitude": found}, name)
    return _without_logarithm(name, found) if prefix == "exif" else found


def _in(metadata: dict[str, Any], group: str, name: str) -> Any:
    """The value in a group, or in that of the place; files may use another prefix than exiftool."""
    local = name.rpartition(":")[2]
    for tags in (metadata[group], metadata["gps"]):
        for known, wanted in ((tags, name), (without_prefixes(tags), local)):
            if (found := by_letters(known, wanted)) is not None:
                return found
    return None


def _without_logarithm(name: str, value: Any) -> Any:
    if name in APEX and isinstance(value, int | float) and abs(value) < 100:
        return APEX[name](value)
    return value


def _gps(gps: dict[str, Any], name: str) -> Any:
    """exiftool has the reference and the time as tags of their own; here they are one value."""
    if match := _REFERENCE.fullmatch(name):
        value = gps.get(name.removesuffix("Ref"))
        if value is None or not match[3]:
            return value if value is None else abs(value)
        sides = {"Latitude": "NS", "Longitude": "EW", "Altitude": (0, 1)}[match[2]]
        return sides[math.copysign(1, value) < 0]  # also of minus zero
    if name == "GPSTimeStamp" and name in gps:
        return str(gps[name]).rpartition("T")[2].removesuffix("Z")
    return gps.get(name)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9:]", "", name.lower())
