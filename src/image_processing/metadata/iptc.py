"""IPTC as JSON: the datasets of the Information Interchange Model 4.2, under its names."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from metadata.budget import Budget, OverBudget

MAX_DATASETS = 2000

_CHARACTER_SET = (1, 90)
_UTF8 = b"\x1b%G"
_IPTC_RESOURCE = 0x0404

_NAMES = {
    (1, 0): "ModelVersion",
    (1, 5): "Destination",
    (1, 20): "FileFormat",
    (1, 22): "FileFormatVersion",
    (1, 30): "ServiceIdentifier",
    (1, 40): "EnvelopeNumber",
    (1, 50): "ProductID",
    (1, 60): "EnvelopePriority",
    (1, 70): "DateSent",
    (1, 80): "TimeSent",
    (1, 100): "UNO",
    (1, 120): "ARMIdentifier",
    (1, 122): "ARMVersion",
    (2, 0): "RecordVersion",
    (2, 3): "ObjectTypeReference",
    (2, 4): "ObjectAttributeReference",
    (2, 5): "ObjectName",
    (2, 7): "EditStatus",
    (2, 8): "EditorialUpdate",
    (2, 10): "Urgency",
    (2, 12): "SubjectReference",
    (2, 15): "Category",
    (2, 20): "SupplementalCategory",
    (2, 22): "FixtureIdentifier",
    (2, 25): "Keywords",
    (2, 26): "ContentLocationCode",
    (2, 27): "ContentLocationName",
    (2, 30): "ReleaseDate",
    (2, 35): "ReleaseTime",
    (2, 37): "ExpirationDate",
    (2, 38): "ExpirationTime",
    (2, 40): "SpecialInstructions",
    (2, 42): "ActionAdvised",
    (2, 45): "ReferenceService",
    (2, 47): "ReferenceDate",
    (2, 50): "ReferenceNumber",
    (2, 55): "DateCreated",
    (2, 60): "TimeCreated",
    (2, 62): "DigitalCreationDate",
    (2, 63): "DigitalCreationTime",
    (2, 65): "OriginatingProgram",
    (2, 70): "ProgramVersion",
    (2, 75): "ObjectCycle",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 90): "City",
    (2, 92): "Sub-location",
    (2, 95): "Province/State",
    (2, 100): "Country/PrimaryLocationCode",
    (2, 101): "Country/PrimaryLocationName",
    (2, 103): "OriginalTransmissionReference",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 118): "Contact",
    (2, 120): "Caption/Abstract",
    (2, 122): "Writer/Editor",
    (2, 130): "ImageType",
    (2, 131): "ImageOrientation",
    (2, 135): "LanguageIdentifier",
    (2, 150): "AudioType",
    (2, 151): "AudioSamplingRate",
    (2, 152): "AudioSamplingResolution",
    (2, 153): "AudioDuration",
    (2, 154): "AudioOutcue",
}

_REPEATABLE = {
    *("Destination", "ProductID"),
    *("ObjectAttributeReference", "SubjectReference", "SupplementalCategory", "Keywords"),
    *("ContentLocationCode", "ContentLocationName", "ReferenceService", "ReferenceDate"),
    *("ReferenceNumber", "By-line", "By-lineTitle", "Contact", "Writer/Editor"),
}

_BINARY = {
    *("ModelVersion", "FileFormat", "FileFormatVersion", "ARMIdentifier", "ARMVersion"),
    "RecordVersion",
}
_NUMBERS = {"EnvelopePriority", "Urgency"}
_DATES = {
    *("DateSent", "ReleaseDate", "ExpirationDate", "ReferenceDate", "DateCreated"),
    "DigitalCreationDate",
}
_TIMES = {"TimeSent", "ReleaseTime", "ExpirationTime", "TimeCreated", "DigitalCreationTime"}


def read(data: bytes, budget: Budget) -> dict[str, Any]:
    """The datasets of the envelope and application records. Repeatable ones are always lists."""
    found: dict[str, Any] = {}
    encoding = "latin-1"
    try:
        for count, (number, raw) in enumerate(_datasets(data)):
            if count == MAX_DATASETS:
                budget.drop("IPTC", f"over {MAX_DATASETS} datasets")
                break
            if number == _CHARACTER_SET:
                encoding = "utf-8" if raw == _UTF8 else "latin-1"
            name = _NAMES.get(number)
            if name is None:
                continue
            try:
                budget.check(len(raw))
                value = budget.spend(name, _json(name, raw, encoding))
            except OverBudget as error:
                budget.drop(name, error)
                continue
            except ValueError:
                budget.drop(name, "not in the form that the standard defines")
                continue
            if name in _REPEATABLE:
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
    except struct.error:
        budget.drop("IPTC", "cut off")
    return found


def in_photoshop(resources: bytes) -> bytes:
    """The IPTC data in Photoshop's image resources (Photoshop file format specification)."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        kind, name_length = struct.unpack_from(">HB", resources, at + 4)
        at += 6 + (name_length + 2) // 2 * 2
        [size] = struct.unpack_from(">I", resources.ljust(at + 4, b"\0"), at)
        if kind == _IPTC_RESOURCE:
            return resources[at + 4 : at + 4 + size]
        at += 4 + (size + 1) // 2 * 2
    return b""


def _datasets(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    while data[at : at + 1] == b"\x1c":
        record, dataset, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5
        if size & 0x8000:  # an extended dataset: the size follows, in this many bytes
            octets = min(size & 0x7FFF, 4)
            size = int.from_bytes(data[at : at + octets])
            at += octets
        yield (record, dataset), data[at : at + size]
        at += size


def _json(name: str, raw: bytes, encoding: str) -> Any:
    if name in _BINARY:
        return int.from_bytes(raw[:2])
    text = _decoded(raw, encoding).rstrip("\0")
    if name in _NUMBERS:
        return int(text)
    if name in _DATES:
        return datetime.strptime(text, "%Y%m%d").date().isoformat()
    if name in _TIMES:
        if len(text) == 6:
            return datetime.strptime(text, "%H%M%S").time().isoformat()
        return datetime.strptime(text, "%H%M%S%z").timetz().isoformat()
    return text


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode()  # most programs write UTF-8, whatever they declare
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace")
