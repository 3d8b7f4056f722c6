"""The benchmark's comparison with exiftool: what counts as equal, different, missing or dropped."""

from __future__ import annotations

from typing import Any

import pytest

from bench.exiftool_coverage import Outcome, compare

METADATA: dict[str, Any] = {
    "exif": {"PhotographicSensitivity": 400, "Make": "ACME", "ShutterSpeedValue": 8},
    "gps": {"GPSLatitude": -33.5, "GPSTimeStamp": "2026-11-20T07:30:02.500000Z", "City": "Wien"},
    "iptc": {"Province/State": "Wien"},
    "xmp": {
        "dc:title": {"x-default": "Dawn", "de": "Morgen"},
        "dc:creator": "Åsa",
        "aux:LensInfo": "18/1 55/1 0/0 0/0",
        "crs:HasCrop": "True",
        "drone:Yaw": "-11954/100",
        "exif:GPSAltitude": -2,
        "plus:Licensor": [],
        "plus:MinorModelAgeDisclosure": "http://ns.useplus.org/ldf/vocab/AG-A25",
        "xmp:MetadataDate": "2026-11-20T07:30:00+01:00",
    },
    "thumbnail": {"Compression": 6},
    "dropped": ["DateTime: not a date"],
}


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("ExifIFD", "ISO", 400),
        ("IFD0", "Make", "ACME "),
        ("ExifIFD", "ShutterSpeedValue", 1 / 256),
        ("GPS", "GPSLatitude", 33.5),
        ("GPS", "GPSLatitudeRef", "S"),
        ("GPS", "GPSTimeStamp", "07:30:02.5"),
        ("IPTC", "Province-State", "Wien"),
        ("IPTC", "City", "Wien"),
        ("XMP-dc", "Title", "Dawn"),
        ("XMP-dc", "Title-de", "Morgen"),
        ("XMP-aux", "LensInfo", "18 55 undef undef"),
        ("XMP-dc", "Creator", "Ã…sa"),
        ("XMP-crs", "HasCrop", True),
        ("XMP-drone", "Yaw", -119.54),
        ("XMP-exif", "GPSAltitude", 2),
        ("XMP-exif", "GPSAltitudeRef", 1),
        ("XMP-plus", "Licensor", "\n  "),
        ("XMP-plus", "MinorModelAgeDisclosure", "AG-A25"),
        ("XMP-xmp", "MetadataDate", "2026:11:20 07:30+01:00"),
        ("IFD1", "Compression", 6),
    ],
)
def test_the_same_value_under_another_name_or_in_another_form_is_equal(
    group: str, name: str, value: Any
) -> None:
    tags = [("GPS", "GPSLatitude", 33.5), (group, name, value)]

    assert {each.outcome for each in compare(METADATA, tags)} == {Outcome.EQUAL}


@pytest.mark.parametrize(
    ("group", "name", "value", "expected"),
    [
        ("IFD0", "Make", "Acme", Outcome.DIFFERENT),
        ("IFD0", "Model", "Snap", Outcome.MISSING),
        ("IFD0", "ModifyDate", "0000:00:00 00:00:00", Outcome.DROPPED),
        ("XMP-dc", "Title", "Dusk", Outcome.DIFFERENT),
        ("XMP-dc", "Rights", "Ada", Outcome.MISSING),
        ("IPTC", "Headline", "Palace", Outcome.MISSING),
        ("ExifIFD", "FNumber", 10**400, Outcome.MISSING),
    ],
)
def test_other_values_are_counted_by_what_became_of_them(
    group: str, name: str, value: Any, expected: Outcome
) -> None:
    [found] = compare(METADATA, [(group, name, value)])

    assert found.outcome == expected


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("IFD0", "PrintIMVersion"),
        ("MakerNotes", "Model"),
        ("IFD2", "Compression"),
        ("IFD1", "ThumbnailOffset"),
        ("XMP-x", "XMPToolkit"),
        ("GPS", "GPSAltitudeRef"),
    ],
)
def test_what_no_standard_defines_and_what_tells_nothing_is_not_counted(
    group: str, name: str
) -> None:
    assert list(compare(METADATA, [(group, name, 1)])) == []
