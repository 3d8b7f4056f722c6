"""Texts and dates of metadata in the forms in which cameras and programs write them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import pictures
from tests.harness.image_metadata import metadata
from tests.harness.pictures import PNG, Tag

DAY = {"DateCreated": "2026-11-20"}


def photo(*tags: Tag) -> dict[str, Any]:
    """The metadata of a JPEG with these tags in EXIF's directory of the photo."""
    return metadata(pictures.jpeg(exif=pictures.exif(photo=list(tags))))


def of_xmp(properties: str) -> dict[str, Any]:
    return metadata(pictures.jpeg(xmp=pictures.xmp(properties)))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"UNICODE\0" + "Grüße".encode("utf-16-be"), "Grüße"),
        (b"UNICODE\0" + "Grüße".encode("utf-16-le"), "Grüße"),
        (b"UNICODE\0" + "\ufeff日本".encode("utf-16-le"), "日本"),
        (b"UNICODE\0" + "\ufeff日本".encode("utf-16-be"), "日本"),
        (b"UNICODE\0" + "日本語で書いた文".encode("utf-16-le"), "日本語で書いた文"),
        (b"UNICODE\0" + "日本語で書いた文".encode("utf-16-be"), "日本語で書いた文"),
        (b"UNICODE\0" + "odd".encode("utf-16-le") + b"x", "odd"),
        (b"ASCII\0\0\0hello\0\0\0", "hello"),
        (b"ASCII   hello  ", "hello"),
        (b"ASCII\0\0\0" + "Grüße".encode(), "Grüße"),
        (b"ASCII\0\0\0it\x92s", "it’s"),
        (b"JIS\0\0\0\0\0" + "日本".encode("iso2022_jp"), "日本"),
        (b"\0" * 8 + "Grüße".encode(), "Grüße"),
        (b"no header at all", "no header at all"),
        (b" " * 20, ""),
    ],
)
def test_a_comment_is_read_in_the_encoding_that_it_has(raw: bytes, text: str) -> None:
    assert photo(pictures.undefined(0x9286, raw))["exif"] == {"UserComment": text}


def test_a_comment_in_no_known_encoding_is_named() -> None:
    found = photo(pictures.undefined(0x9286, b"KLINGON\0x"))

    assert (found["exif"], found["dropped"]) == ({}, ["UserComment: unknown encoding"])


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"it\x92s 5 \x80", "it’s 5 €"), ("it\x92s".encode(), "it’s"), (b"\x81", "\ufffd")],
)
def test_control_characters_are_texts_of_windows(raw: bytes, text: str) -> None:
    exif = pictures.exif([pictures.ascii_tag(0x10E, raw)])
    jpeg = pictures.jpeg(exif=exif, iptc=pictures.iptc((2, 120, raw)), comment=raw)
    png = pictures.png(pictures.chunk(b"tEXt", b"Title\0" + raw))

    found = metadata(jpeg)

    assert found["exif"]["ImageDescription"] == text
    assert found["iptc"]["Caption/Abstract"] == text
    assert found["text"] == {"Comment": text}
    assert metadata(png, PNG)["text"] == {"Title": text}


@pytest.mark.parametrize("kind", [1, 2, 7])
def test_a_text_is_a_text_in_every_type(kind: int) -> None:
    found = metadata(pictures.jpeg(exif=pictures.exif([(0x10F, kind, 5, b"ACME\0")])))

    assert found["exif"] == {"Make": "ACME"}


def test_a_text_in_utf_16_may_have_an_odd_length() -> None:
    raw = "Öl\0".encode("utf-16-le") + b"x"

    found = metadata(pictures.jpeg(exif=pictures.exif([(0x9C9B, 1, len(raw), raw)])))

    assert found["exif"] == {"XPTitle": "Öl"}


@pytest.mark.parametrize("text", ["007", "True", "1/2", "33,51.4S", "2026-00-00", "4.0"])
def test_a_text_that_looks_like_something_else_stays_a_text(text: str) -> None:
    properties = (
        f"<dc:title><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt></dc:title>"
        f"<exif:UserComment>{text}</exif:UserComment><tiff:Model>{text}</tiff:Model>"
        f"<ext:PersonInImage><rdf:Bag><rdf:li>{text}</rdf:li></rdf:Bag></ext:PersonInImage>"
    )

    assert of_xmp(properties)["xmp"] == {
        "dc:title": text,
        "exif:UserComment": text,
        "tiff:Model": text,
        "Iptc4xmpExt:PersonInImage": [text],
    }


def test_truth_values_and_numbers_have_their_type_where_the_standard_says_so() -> None:
    lens = (
        '<a:LensInfo xmlns:a="http://ns.adobe.com/exif/1.0/aux/">24/1 70/1 28/10 0/0</a:LensInfo>'
    )
    properties = f"<exif:RedEyeMode>False</exif:RedEyeMode><exif:FNumber>28/10</exif:FNumber>{lens}"

    assert of_xmp(properties)["xmp"] == {
        "exif:RedEyeMode": False,
        "exif:FNumber": 2.8,
        "aux:LensInfo": [24, 70, 2.8, None],
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026:11:20 08:15:30", "2026-11-20T08:15:30"),
        ("2026-11-20T08:15:30Z", "2026-11-20T08:15:30Z"),
        ("2026/11/20 08:15", "2026-11-20T08:15:00"),
        ("2026.11.20 8:15:30", "2026-11-20T08:15:30"),
        ("2026:11:20 08:15:30.5+0130", "2026-11-20T08:15:30.5+01:30"),
        ("2026:11:20", "2026-11-20"),
        ("20261120", "2026-11-20"),
        ("2026:00:00 00:00:00", None),
        ("2026:02:30 08:15:30", None),
        ("2026:11:20 08:15:70", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
    ],
)
def test_dates_in_all_forms_are_as_in_rfc_3339_or_named(written: str, read: str | None) -> None:
    """fault 70"""
    in_exif = photo(pictures.ascii_tag(0x9003, written))
    in_xmp = of_xmp(f"<xmp:CreateDate>{written.strip()}</xmp:CreateDate>")

    assert in_exif["exif"].get("DateTimeOriginal") == read
    assert in_exif["dropped"] == ([] if read else ["DateTimeOriginal: not a date"])
    if any(letter.isdigit() for letter in written):
        assert in_xmp["xmp"].get("xmp:CreateDate") == read
        assert in_xmp["dropped"] == ([] if read else ["xmp:CreateDate: not a date"])


@pytest.mark.parametrize("text", ["2026", "2026-11"])
def test_xmp_may_know_only_the_year_or_the_month(text: str) -> None:
    assert of_xmp(f"<dc:date>{text}</dc:date>")["xmp"] == {"dc:date": text}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+01:00", "+01:00"),
        ("+0100", "+01:00"),
        ("+1", "+01:00"),
        ("-3:30", "-03:30"),
        ("\u221205:00", "-05:00"),
        ("Z", "Z"),
        ("UTC+2", "+02:00"),
        ("+24:00", None),
        ("+01:00:30", None),
        ("01:00", None),
        ("   :  ", None),
    ],
)
def test_offsets_in_all_forms_are_as_in_rfc_3339_or_named(written: str, read: str | None) -> None:
    """fault 70"""
    noon = "2026:11:20 12:00:00"

    found = photo(pictures.ascii_tag(0x9003, noon), pictures.ascii_tag(0x9011, written))

    assert found["exif"] == {"DateTimeOriginal": f"2026-11-20T12:00:00{read or ''}"} | (
        {"OffsetTimeOriginal": read} if read else {}
    )
    assert found["dropped"] == ([] if read else ["OffsetTimeOriginal: not an offset from UTC"])


@pytest.mark.parametrize(
    ("day", "clock", "read"),
    [
        (
            b"20261120",
            b"081530+0100",
            DAY | {"TimeCreated": "08:15:30+01:00"},
        ),
        (b"2026-11-20", b"08:15:30", DAY | {"TimeCreated": "08:15:30"}),
        (b"20260000", b"081530.5-0600", {"TimeCreated": "08:15:30.5-06:00"}),
        (b"20261120", b"0815", DAY | {"TimeCreated": "08:15:00"}),
        (b"20261120", b"noon", DAY),
    ],
)
def test_dates_and_times_of_iptc_have_several_forms(
    day: bytes, clock: bytes, read: dict[str, str]
) -> None:
    """fault 70"""
    found = metadata(pictures.jpeg(iptc=pictures.iptc((2, 55, day), (2, 60, clock))))

    assert found["iptc"] == read
    assert len(found["dropped"]) == 2 - len(read)
