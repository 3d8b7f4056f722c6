"""Metadata in image_processing: what a picture contains, as JSON (EXIF has its own file)."""

from __future__ import annotations

import json
import zlib

import pytest
import pyvips

from project.functions import module
from tests.harness import pictures
from tests.harness.image_metadata import metadata
from tests.harness.pictures import JPEG, PNG

pipeline = module("image_processing", "pipeline")
process = pipeline.process


def test_a_location_is_in_the_gps_metadata_only() -> None:
    """fault 38"""
    place = (
        "<exif:GPSLatitude>33,51.406S</exif:GPSLatitude>"
        "<exif:GPSLongitude>151,12.6E</exif:GPSLongitude>"
    )
    inner = '<ext:LocationCreated rdf:parseType="Resource"><exif:GPSLongitude>151,12.6E'
    data = pictures.jpeg(
        exif=pictures.exif(gps=pictures.GPS),
        xmp=pictures.xmp(f"{place}{inner}</exif:GPSLongitude></ext:LocationCreated>"),
    )

    clean = process(JPEG, data)

    assert clean.metadata["gps"] == {
        "GPSLatitude": -33.8567667,
        "GPSLongitude": 151.21,
        "GPSAltitude": -12.5,
        "GPSDateStamp": "2026-11-20",
        "GPSTimeStamp": "2026-11-20T07:30:02.500000Z",
        "exif:GPSLatitude": pytest.approx(-33.8567667),
        "exif:GPSLongitude": 151.21,
        "Iptc4xmpExt:LocationCreated": {"exif:GPSLongitude": 151.21},
    } | {"GPSLatitude": pytest.approx(-33.8567667)}
    assert "GPS" not in json.dumps(clean.metadata | {"gps": {}})
    for served in (clean.picture, clean.thumbnail):
        assert not {"exif-data", "xmp-data"} & set(
            pyvips.Image.new_from_buffer(served, "").get_fields()
        )


def test_iptc_has_the_standard_names_and_json_types() -> None:
    data = pictures.jpeg(
        iptc=pictures.iptc(
            (1, 90, b"\x1b%G"),
            (1, 60, b"8"),
            (1, 70, b"20261121"),
            (2, 5, "Schönbrunn".encode()),
            (2, 10, b"5"),
            (2, 25, b"palace"),
            (2, 25, b"garden"),
            (2, 55, b"20261120"),
            (2, 60, b"081530+0100"),
            (2, 80, b"Ada"),
            (2, 62, b"20269999"),
        )
    )

    found = metadata(data)

    assert found["iptc"] == {
        "EnvelopePriority": 8,
        "DateSent": "2026-11-21",
        "ObjectName": "Schönbrunn",
        "Urgency": 5,
        "Keywords": ["palace", "garden"],
        "DateCreated": "2026-11-20",
        "TimeCreated": "08:15:30+01:00",
        "By-line": ["Ada"],
    }
    assert [line.partition(":")[0] for line in found["dropped"]] == ["DigitalCreationDate"]


def test_xmp_has_the_standards_names_and_json_types() -> None:
    data = pictures.jpeg(
        xmp=pictures.xmp(
            "<xmp:Rating>4</xmp:Rating><tiff:Orientation>1</tiff:Orientation>"
            "<exif:FNumber>28/10</exif:FNumber><exif:ExifVersion>0300</exif:ExifVersion>"
            "<dc:subject><rdf:Bag><rdf:li>007</rdf:li><rdf:li>b</rdf:li></rdf:Bag></dc:subject>"
            '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">T</rdf:li></rdf:Alt></dc:title>'
            '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">R</rdf:li>'
            '<rdf:li xml:lang="de">D</rdf:li></rdf:Alt></dc:rights>'
            '<exif:Flash rdf:parseType="Resource"><exif:Fired>True</exif:Fired></exif:Flash>'
            '<ext:Artwork ext:AOTitle="Wien"/><ext:PersonInImage/>'
        )
    )

    assert metadata(data)["xmp"] == {
        "xmp:Rating": 4,
        "tiff:Orientation": 1,
        "exif:FNumber": 2.8,
        "exif:ExifVersion": "0300",
        "dc:subject": ["007", "b"],
        "dc:title": "T",
        "dc:rights": {"x-default": "R", "de": "D"},
        "exif:Flash": {"exif:Fired": True},
        "Iptc4xmpExt:Artwork": {"Iptc4xmpExt:AOTitle": "Wien"},
        "Iptc4xmpExt:PersonInImage": "",
    }


BILLION_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    + pictures.xmp("<dc:title>&b;</dc:title>")
)


@pytest.mark.parametrize(
    "packet",
    [
        BILLION_LAUGHS,
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b"<x:xmpmeta",
        b"\xff\xfe\xff",
        pictures.xmp("<dc:a>" * 5000 + "</dc:a>" * 5000),
    ],
)
def test_a_dangerous_or_invalid_xmp_packet_is_dropped_and_reported(packet: bytes) -> None:
    """fault 37"""
    found = metadata(pictures.jpeg(xmp=packet))

    assert len(json.dumps(found["xmp"])) < 1000
    assert len(found["dropped"]) == 1


def test_text_chunks_of_a_png_are_read_compressed_or_not() -> None:
    data = pictures.png(
        pictures.chunk(b"tEXt", b"Author\0Ada"),
        pictures.chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"Dawn")),
        pictures.chunk(
            b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + pictures.xmp("<xmp:Rating>3</xmp:Rating>")
        ),
        pictures.chunk(b"zTXt", b"Bomb\0\0" + zlib.compress(b"\0" * (1 << 24))),
    )

    found = metadata(data, PNG)

    assert (found["text"]["Author"], found["text"]["Title"]) == ("Ada", "Dawn")
    assert found["xmp"] == {"xmp:Rating": 3}
    assert len(json.dumps(found)) < 10_000


@pytest.mark.parametrize("name", ["iptc", "IPTC profile"])
def test_iptc_in_a_png_of_imagemagick_is_read(name: str) -> None:
    datasets = pictures.iptc((2, 5, b"Dawn"))
    raw = f"\n{name}\n{len(datasets):8}\n{datasets.hex()}\n".encode()
    profile = b"Raw profile type iptc\0\0" + zlib.compress(raw)

    found = metadata(pictures.png(pictures.chunk(b"zTXt", profile)), PNG)

    assert found["iptc"] == {"ObjectName": "Dawn"}
