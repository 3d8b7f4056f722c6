"""Places in pictures: only what somebody noted, from one source, and all of it in one object."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.image_summary import summary
from tests.harness import pictures
from tests.harness.image_metadata import metadata
from tests.harness.pictures import TIFF, Tag

NORTH = [pictures.ascii_tag(1, "N"), pictures.rational(2, (48, 1), (12, 1), (0, 1))]
EAST = [pictures.ascii_tag(3, "E"), pictures.rational(4, (16, 1), (22, 1), (12, 1))]
VIENNA = {"GPSLatitude": 48.2, "GPSLongitude": 16.37}
SYDNEY = (
    "<exif:GPSLatitude>33,51.36S</exif:GPSLatitude><exif:GPSLongitude>151,12E</exif:GPSLongitude>"
)


def gps(tags: list[Tag], xmp: str = "") -> Any:
    """The location of a JPEG with these GPS tags of EXIF, and these properties of XMP."""
    exif = pictures.exif(gps=tags) if tags else b""
    return metadata(pictures.jpeg(exif=exif, xmp=pictures.xmp(xmp) if xmp else b""))["gps"]


def names(lines: list[str]) -> set[str]:
    return {line.partition(":")[0] for line in lines}


@pytest.mark.parametrize(
    "tags",
    [
        NORTH,
        EAST,
        [*NORTH, pictures.ascii_tag(3, "E")],
        [*NORTH, EAST[1]],
        [*NORTH, EAST[0], pictures.rational(4, (0, 0), (0, 0), (0, 0))],
        [*EAST, NORTH[0], pictures.rational(2, (91, 1), (0, 1), (0, 1))],
    ],
)
def test_half_a_position_is_none(tags: list[Tag]) -> None:
    """fault 71"""
    found = metadata(pictures.jpeg(exif=pictures.exif(gps=tags)))

    assert found["gps"] == {}
    assert names(found["dropped"]) & {"GPSLatitude", "GPSLongitude"}


@pytest.mark.parametrize("reference", ["N", "n", "North", " N"])
def test_a_reference_is_known_by_its_letter(reference: str) -> None:
    assert gps([pictures.ascii_tag(1, reference), NORTH[1], *EAST]) == VIENNA


def test_positions_of_two_sources_are_not_mixed() -> None:
    latitude, longitude = SYDNEY.split("<exif:GPSLongitude>")

    assert gps([*NORTH, *EAST], SYDNEY) == VIENNA | {
        "exif:GPSLatitude": -33.856,
        "exif:GPSLongitude": 151.2,
    }
    assert gps(NORTH, SYDNEY) == {"GPSLatitude": -33.856, "GPSLongitude": 151.2}
    assert gps(EAST, latitude) == {}
    assert gps([], f"<exif:GPSLongitude>{longitude}") == {}


def test_an_altitude_belongs_to_the_position_of_its_source() -> None:
    altitude = pictures.rational(6, (170, 1))

    found = metadata(pictures.jpeg(exif=pictures.exif(gps=[altitude]), xmp=pictures.xmp(SYDNEY)))

    assert found["gps"] == {"GPSLatitude": -33.856, "GPSLongitude": 151.2}
    assert names(found["dropped"]) == {"GPSAltitude"}


@pytest.mark.parametrize(
    ("coordinate", "degrees"),
    [
        ("33,51.36S", -33.856),
        ("33,51,21.6S", -33.856),
        ("33 51 21.6S", -33.856),
        ("-33.856", -33.856),
        ("33.856", 33.856),
        ("33,51.36E", None),
        ("33,51.36", None),
        ("93,0N", None),
        ("nowhere", None),
    ],
)
def test_coordinates_of_xmp_have_several_forms(coordinate: str, degrees: float | None) -> None:
    found = gps(
        [],
        f"<exif:GPSLatitude>{coordinate}</exif:GPSLatitude>"
        "<exif:GPSLongitude>151,12E</exif:GPSLongitude>",
    )

    assert found == ({} if degrees is None else {"GPSLatitude": degrees, "GPSLongitude": 151.2})


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (b"", {"GPSAltitude": 12.5}),
        (b"\0", {"GPSAltitude": 12.5}),
        (b"\1", {"GPSAltitude": -12.5}),
        (b"\2", {"GPSAltitude": 12.5, "GPSAltitudeRef": 2}),
        (b"\3", {"GPSAltitude": -12.5, "GPSAltitudeRef": 3}),
        (b"\xff", {}),
    ],
)
def test_an_altitude_has_the_sign_of_its_reference(
    reference: bytes, expected: dict[str, float]
) -> None:
    tags = [(5, 1, 1, reference)] if reference else []

    assert gps([*tags, pictures.rational(6, (25, 2))]) == expected


@pytest.mark.parametrize(("reference", "altitude"), [("0", 12.5), ("1", -12.5)])
def test_an_altitude_of_xmp_has_the_sign_of_its_reference(reference: str, altitude: float) -> None:
    found = gps(
        [],
        f"<exif:GPSAltitude>25/2</exif:GPSAltitude>"
        f"<exif:GPSAltitudeRef>{reference}</exif:GPSAltitudeRef>",
    )

    assert found == {"GPSAltitude": altitude}


def test_a_location_that_is_shown_is_not_the_position_of_the_camera() -> None:
    """fault 71"""
    place = f'<rdf:li rdf:parseType="Resource"><ext:City>Sydney</ext:City>{SYDNEY}</rdf:li>'

    found = metadata(
        pictures.jpeg(
            xmp=pictures.xmp(f"<ext:LocationShown><rdf:Bag>{place}</rdf:Bag></ext:LocationShown>")
        )
    )

    assert found["gps"] == {
        "Iptc4xmpExt:LocationShown": [
            {"Iptc4xmpExt:City": "Sydney", "exif:GPSLatitude": -33.856, "exif:GPSLongitude": 151.2}
        ]
    }
    assert found["xmp"] == {}


def test_the_names_of_places_are_with_the_position() -> None:
    vendor = 'xmlns:dji="http://www.dji.com/drone-dji/1.0/"'
    found = metadata(
        pictures.jpeg(
            exif=pictures.exif(gps=[*NORTH, *EAST]),
            iptc=pictures.iptc((2, 5, b"Dawn"), (2, 90, b"Wien"), (2, 101, b"Austria")),
            xmp=pictures.xmp(
                '<p:City xmlns:p="http://ns.adobe.com/photoshop/1.0/">Wien</p:City>'
                f"<dji:GpsLatitude {vendor}>48.2</dji:GpsLatitude>"
                f"<dji:RelativeAltitude {vendor}>+34.7</dji:RelativeAltitude>"
                "<exif:SubjectLocation>5</exif:SubjectLocation>"
                "<dc:source>x</dc:source>"
            ),
        )
    )

    assert found["gps"] == VIENNA | {
        "photoshop:City": "Wien",
        "drone-dji:GpsLatitude": "48.2",
        "drone-dji:RelativeAltitude": "+34.7",
        "City": "Wien",
        "Country/PrimaryLocationName": "Austria",
    }
    assert found["iptc"] == {"ObjectName": "Dawn"}
    assert found["xmp"] == {"exif:SubjectLocation": 5, "dc:source": "x"}
    without_place = json.dumps(found | {"gps": {}})
    assert "Wien" not in without_place
    assert summary(found)["place"]["city"] == "Wien"
    assert summary(found)["place"]["country"] == "Austria"


def test_the_cell_of_a_mobile_network_is_about_a_place() -> None:
    network = 'xmlns:cell="http://developer.sonyericsson.com/cell/1.0/"'

    found = metadata(pictures.jpeg(xmp=pictures.xmp(f"<cell:cgi {network}>460-0-4236</cell:cgi>")))

    assert (found["gps"], found["xmp"]) == ({"cell:cgi": "460-0-4236"}, {})


def test_a_time_without_a_date_is_read_in_xmp_too() -> None:
    properties = "<exif:GPSTimeStamp>14:58:24Z</exif:GPSTimeStamp>"

    found = metadata(pictures.jpeg(xmp=pictures.xmp(properties)))

    assert (found["gps"], found["dropped"]) == ({"GPSTimeStamp": "14:58:24Z"}, [])


def test_a_property_with_a_place_inside_is_about_a_place() -> None:
    event = '<ext:Event rdf:parseType="Resource"><ext:CountryCode>AUT</ext:CountryCode></ext:Event>'

    found = metadata(pictures.jpeg(xmp=pictures.xmp(event)))

    assert found["gps"] == {"Iptc4xmpExt:Event": {"Iptc4xmpExt:CountryCode": "AUT"}}
    assert found["xmp"] == {}


def test_the_position_of_a_map_is_with_the_location() -> None:
    data = pictures.tiff((0x830E, 12, 3, b"\0" * 24), (0x87B1, 2, 8, b"WGS 84|\0"))

    found = metadata(data, TIFF)

    assert found["gps"] == {"ModelPixelScaleTag": [0, 0, 0], "GeoAsciiParamsTag": "WGS 84|"}


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("2026:11:20", (7, 30, 2), {"GPSDateStamp": "2026-11-20"}),
        ("2026-11-20", (7, 30, 2), {"GPSDateStamp": "2026-11-20"}),
        ("2026:00:00", (7, 30, 2), {"GPSTimeStamp": "07:30:02Z"}),
        ("", (7, 30, 2), {"GPSTimeStamp": "07:30:02Z"}),
        ("2026:11:20", (99, 0, 0), {"GPSDateStamp": "2026-11-20"}),
    ],
)
def test_a_bad_date_keeps_the_time(
    day: str, clock: tuple[int, int, int], expected: dict[str, str]
) -> None:
    """fault 70"""
    found = gps(
        [pictures.ascii_tag(0x1D, day), pictures.rational(7, *((part, 1) for part in clock))]
    )

    whole = {"GPSTimeStamp": "2026-11-20T07:30:02Z"}
    assert found == (expected | whole if "GPSDateStamp" in expected and clock[0] < 24 else expected)
