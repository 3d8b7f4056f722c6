"""EXIF in image_processing: the tags of a picture as JSON."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from project.functions import module
from tests.harness import pictures
from tests.harness.image_metadata import metadata

pipeline = module("image_processing", "pipeline")
process = pipeline.process


def test_exif_has_the_standard_names_and_json_types() -> None:
    data = pictures.jpeg(
        exif=pictures.exif(
            [
                pictures.ascii_tag(0x10F, "ACME"),
                pictures.rational(0x11A, (300, 1)),
                pictures.rational(0x11E, (5, 2)),
                (0x9C9B, 1, 6, "Öl\0".encode("utf-16-le")),
            ],
            [
                pictures.rational(0x829A, (1, 250)),
                pictures.short(0x8827, 400),
                pictures.undefined(0x9000, b"0300"),
                pictures.ascii_tag(0x9003, "2026:11:20 08:15:30"),
                pictures.ascii_tag(0x9011, "+01:00"),
                pictures.ascii_tag(0x9291, "042"),
                pictures.ascii_tag(0x9004, "2026:11:20 08:15:30"),
                pictures.undefined(0x9101, b"\1\2\3\0"),
                pictures.undefined(0x9286, b"ASCII\0\0\0hello"),
                pictures.rational(0xA432, (24, 1), (70, 1), (28, 10), (0, 0)),
            ],
        )
    )

    assert metadata(data)["exif"] == {
        "Make": "ACME",
        "XResolution": 300,
        "XPosition": 2.5,
        "XPTitle": "Öl",
        "ExposureTime": 0.004,
        "PhotographicSensitivity": 400,
        "ExifVersion": "0300",
        "DateTimeOriginal": "2026-11-20T08:15:30.042+01:00",
        "OffsetTimeOriginal": "+01:00",
        "SubSecTimeOriginal": "042",
        "DateTimeDigitized": "2026-11-20T08:15:30",
        "ComponentsConfiguration": [1, 2, 3, 0],
        "UserComment": "hello",
        "LensSpecification": [24, 70, 2.8, None],
    }


@pytest.mark.parametrize(
    ("tags", "dropped"),
    [
        ({"photo": [pictures.rational(0x829A, (1, 0))]}, "ExposureTime"),
        ({"photo": [pictures.double(0x9400, float("nan"))]}, "Temperature"),
        ({"photo": [pictures.double(0x9400, float("inf"))]}, "Temperature"),
        ({"photo": [pictures.ascii_tag(0x9003, "0000:00:00 00:00:00")]}, "DateTimeOriginal"),
        ({"photo": [pictures.undefined(0x9286, b"KLINGON\0x")]}, "UserComment"),
        ({"photo": [(0x829D, 99, 1, b"\0\0\0\0")]}, "FNumber"),
        ({"photo": [(0x9201, 5, 0xFFFFFFFF, b"\0\0\0\0")]}, "ShutterSpeedValue"),
        ({"photo": [(0x9201, 10, 1, b"\xff\xff\xff\xff")]}, "ShutterSpeedValue"),
        ({"image": [(0x10E, 2, 1 << 20, b"\0\0\0\x08")]}, "ImageDescription"),
        ({"gps": [*pictures.GPS[:1], pictures.rational(2, (1, 0), (0, 0), (1, 0))]}, "GPSLatitude"),
        (
            {"gps": [*pictures.GPS[:1], pictures.rational(2, (91, 1), (0, 1), (0, 1))]},
            "GPSLatitude",
        ),
        ({"gps": [*pictures.GPS[:1], pictures.double(2, float("nan"))]}, "GPSLatitude"),
        ({"gps": [pictures.GPS[1]]}, "GPSLatitude"),
        ({"gps": [pictures.rational(7, (99, 1), (0, 1), (0, 1))]}, "GPSTimeStamp"),
    ],
)
def test_only_the_invalid_tag_is_dropped_and_reported(tags: dict[str, Any], dropped: str) -> None:
    """fault 37"""
    image = [pictures.ascii_tag(0x10F, "ACME"), *tags.pop("image", [])]

    found = metadata(pictures.jpeg(exif=pictures.exif(image, **tags)))

    assert found["exif"] == {"Make": "ACME"}
    assert found["gps"] == {}
    assert [line.partition(":")[0] for line in found["dropped"]] == [dropped]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"ACME\0\0\0", "ACME"),
        (b"AC\0ME", "AC"),
        (b"caf\xe9", "café"),
        ("café".encode(), "café"),
        (b"<script>\x07", "<script>\x07"),
    ],
)
def test_a_text_ends_at_the_first_nul(raw: bytes, text: str) -> None:
    """fault 37"""
    data = pictures.jpeg(exif=pictures.exif([pictures.ascii_tag(0x10F, raw)]))

    assert metadata(data)["exif"] == {"Make": text}


def test_a_directory_that_points_to_itself_is_read_once() -> None:
    """fault 37"""
    loop = bytearray(pictures.exif([pictures.ascii_tag(0x10F, "ACME")]))
    for pointer in (0x8769, 0x8825):
        at = loop.index(struct.pack(">HHL", pointer, 4, 1)) + 8
        loop[at : at + 4] = struct.pack(">L", 8)

    found = metadata(pictures.jpeg(exif=bytes(loop)))

    assert found["exif"] == {"Make": "ACME"}
