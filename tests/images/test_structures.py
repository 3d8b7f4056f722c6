"""Structures in metadata: those of XMP, a colour filter, and the directory of a thumbnail."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.harness import pictures
from tests.harness.image_metadata import metadata
from tests.harness.pictures import TIFF, Tag, animation

ONE, TWO = (
    f'<rdf:li rdf:parseType="Resource"><xmp:Label>{n}</xmp:Label></rdf:li>' for n in ("1", "2")
)


def of_xmp(properties: str) -> dict[str, Any]:
    found = metadata(pictures.jpeg(xmp=pictures.xmp(properties)))
    assert found["dropped"] == []
    properties_found: dict[str, Any] = found["xmp"]
    return properties_found


def test_alternatives_of_structures_are_a_list() -> None:
    assert of_xmp(f"<xmp:Thumbnails><rdf:Alt>{ONE}{TWO}</rdf:Alt></xmp:Thumbnails>") == {
        "xmp:Thumbnails": [{"xmp:Label": "1"}, {"xmp:Label": "2"}]
    }
    assert of_xmp(f"<xmp:Thumbnails><rdf:Alt>{ONE}</rdf:Alt></xmp:Thumbnails>") == {
        "xmp:Thumbnails": [{"xmp:Label": "1"}]
    }


def test_alternatives_without_a_language_are_a_list() -> None:
    items = "<rdf:li>a</rdf:li><rdf:li>b</rdf:li>"

    assert of_xmp(f"<dc:type><rdf:Alt>{items}</rdf:Alt></dc:type>") == {"dc:type": ["a", "b"]}


@pytest.mark.parametrize(
    "form",
    [
        '<dc:source rdf:parseType="Resource"><rdf:value>S</rdf:value></dc:source>',
        "<dc:source><rdf:Description><rdf:value>S</rdf:value></rdf:Description></dc:source>",
        '<dc:source rdf:value="S"/>',
    ],
)
def test_a_value_of_rdf_is_the_value(form: str) -> None:
    assert of_xmp(form) == {"dc:source": "S"}


def test_a_value_with_qualifiers_is_an_object() -> None:
    scheme = '<q:Scheme xmlns:q="http://ns.adobe.com/xmp/Identifier/qual/1.0/">ISBN</q:Scheme>'
    qualified = f'<rdf:li rdf:parseType="Resource"><rdf:value>1</rdf:value>{scheme}</rdf:li>'

    assert of_xmp(
        f"<xmp:Identifier><rdf:Bag>{qualified}<rdf:li>2</rdf:li></rdf:Bag></xmp:Identifier>"
    ) == {"xmp:Identifier": [{"rdf:value": "1", "xmpidq:Scheme": "ISBN"}, "2"]}


def test_other_forms_of_rdf_are_read() -> None:
    assert of_xmp(
        '<dc:source rdf:parseType="Literal"><b>bold</b> text</dc:source>'
        '<dc:relation rdf:parseType="Collection"><rdf:li>a</rdf:li><rdf:li>b</rdf:li></dc:relation>'
        '<dc:creator><rdf:Seq><rdf:li rdf:resource="https://example.com/"/></rdf:Seq></dc:creator>'
    ) == {
        "dc:source": "bold text",
        "dc:relation": ["a", "b"],
        "dc:creator": ["https://example.com/"],
    }


def test_a_namespace_that_nobody_knows_has_the_prefix_of_the_file() -> None:
    own, taken = 'xmlns:own="https://example.com/own/"', 'xmlns:exif="https://example.com/exif/"'

    assert of_xmp(f"<own:A {own}>1</own:A><exif:FNumber {taken}>2</exif:FNumber>") == {
        "own:A": "1",
        "https://example.com/exif/:FNumber": "2",
    }


def test_a_second_text_in_one_language_is_named() -> None:
    items = '<rdf:li xml:lang="de">a</rdf:li><rdf:li xml:lang="de">b</rdf:li>'

    found = metadata(
        pictures.jpeg(xmp=pictures.xmp(f"<dc:title><rdf:Alt>{items}</rdf:Alt></dc:title>"))
    )

    assert found["xmp"] == {"dc:title": {"de": "a"}}
    assert found["dropped"] == ["dc:title: it has two texts in one language"]


@pytest.mark.parametrize("order", [">", "<"])
def test_the_pattern_of_a_colour_filter_is_its_columns_rows_and_colours(order: str) -> None:
    pattern = struct.pack(f"{order}HH", 2, 2) + b"\0\1\1\2"

    found = metadata(pictures.jpeg(exif=pictures.exif(photo=[pictures.undefined(0xA302, pattern)])))

    assert found["exif"] == {"CFAPattern": [2, 2, 0, 1, 1, 2]}


def with_second_directory(*tags: Tag) -> bytes:
    """EXIF with a make, and these tags in the directory of the embedded thumbnail."""
    first = pictures.exif([pictures.ascii_tag(0x10F, "ACME")])
    [count] = struct.unpack_from(">H", first, 8)
    at = 10 + 12 * count
    values = len(first) + 2 + 12 * len(tags) + 4
    written, data = struct.pack(">H", len(tags)), b""
    for number, kind, size, raw in tags:
        place = struct.pack(">L", values + len(data)) if len(raw) > 4 else raw.ljust(4, b"\0")
        written += struct.pack(">HHL", number, kind, size) + place
        data += raw if len(raw) > 4 else b""
    return first[:at] + struct.pack(">L", len(first)) + first[at + 4 :] + written + bytes(4) + data


def test_the_directory_of_the_embedded_thumbnail_is_read() -> None:
    data = with_second_directory(
        pictures.short(0x103, 6),
        pictures.rational(0x11A, (72, 1)),
        pictures.ascii_tag(0x132, "2026:11:20 08:15:30"),
        pictures.rational(0x11B, (72, 0)),
        (0x201, 4, 1, struct.pack(">L", 500)),
    )

    found = metadata(pictures.jpeg(exif=data))

    assert found["exif"] == {"Make": "ACME"}
    assert found["thumbnail"] == {
        "Compression": 6,
        "XResolution": 72,
        "DateTime": "2026-11-20T08:15:30",
    }
    assert found["dropped"] == ["thumbnail YResolution: zero denominator"]


def test_another_page_of_a_tiff_is_not_a_thumbnail() -> None:
    found = metadata(animation(TIFF), TIFF)

    assert found["thumbnail"] == {}
    assert found["dropped"] == ["page 2: only the first page is kept"]
