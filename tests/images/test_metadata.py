"""Metadata are found wherever a program has put them in a file."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.harness import pictures
from tests.harness.image_metadata import metadata
from tests.harness.pictures import GIF, PNG, TIFF, WEBP, segment
from tests.images import foreign_gif, foreign_jpeg, foreign_png, foreign_tiff, foreign_webp

EXIF = pictures.exif([pictures.ascii_tag(0x10F, "ACME")])
TITLE = pictures.xmp("<dc:title>Dawn</dc:title>")


def in_jpeg(*segments: bytes) -> dict[str, Any]:
    return metadata(foreign_jpeg.in_jpeg(*segments))


def test_extended_xmp_is_read_in_any_order() -> None:
    found = in_jpeg(foreign_jpeg.extended_xmp(f"<dc:title>Dawn</dc:title><dc:x>{'x' * 900}</dc:x>"))

    assert found["xmp"]["dc:title"] == "Dawn"
    assert found["xmp"]["dc:format"] == "main"
    assert found["dropped"] == []


def test_an_extension_that_the_main_packet_does_not_name_is_left_out_and_named() -> None:
    other = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + bytes(8) + TITLE)

    found = in_jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + TITLE), other)

    assert found["xmp"] == {"dc:title": "Dawn"}
    assert found["dropped"] == ["XMP: a part of it is missing"]


def test_an_extension_that_is_cut_off_costs_only_itself() -> None:
    """fault 70"""
    found = in_jpeg(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 20))

    assert found["dropped"] == ["XMP: a part of it is cut off"]


def test_exif_data_over_several_segments_are_joined() -> None:
    found = in_jpeg(foreign_jpeg.long_exif())

    assert found["exif"]["Artist"] == "Ada"
    assert len(found["exif"]["ImageDescription"]) == 50_000


def test_other_exif_data_are_not_joined_but_named() -> None:
    second = pictures.exif([pictures.ascii_tag(0x10F, "other")])

    found = in_jpeg(*(segment(0xE1, b"Exif\0\0" + each) for each in (EXIF, second)))

    assert found["exif"] == {"Make": "ACME"}
    assert found["dropped"] == ["EXIF: the file has it twice"]


@pytest.mark.parametrize("header", [b"Exif\0", b"exif\0\0", b"\xff\xe1\0\0Exif\0\0", b"Exif\0\xff"])
def test_headers_of_exif_data_differ(header: bytes) -> None:
    assert in_jpeg(segment(0xE1, header + EXIF))["exif"] == {"Make": "ACME"}


@pytest.mark.parametrize("header", [b"http://ns.adobe.com/xap/1.0/ ", b"XMP\0", b"http://x\0\0"])
def test_headers_of_xmp_differ(header: bytes) -> None:
    assert in_jpeg(segment(0xE1, header + TITLE))["xmp"] == {"dc:title": "Dawn"}


def test_several_packets_of_xmp_are_joined() -> None:
    header = b"http://ns.adobe.com/xap/1.0/\0"
    second = pictures.xmp("<dc:title>other</dc:title><dc:source>S</dc:source>")

    found = in_jpeg(*(segment(0xE1, header + packet) for packet in (TITLE, second)))

    assert found["xmp"] == {"dc:title": "Dawn", "dc:source": "S"}


@pytest.mark.parametrize("name", ["XMP", "XMP in blocks", "XMP behind the picture"])
def test_xmp_in_a_gif_is_read(name: str) -> None:
    assert metadata(foreign_gif.SHOWN[name], GIF)["xmp"] == {"dc:title": "Dawn"}


@pytest.mark.parametrize("name", ["IPTC of ImageMagick", "Photoshop's resources"])
def test_iptc_in_a_gif_is_read(name: str) -> None:
    assert metadata(foreign_gif.SHOWN[name], GIF)["iptc"] == {"ObjectName": "Dawn"}


def test_xmp_in_a_webp_is_read_under_another_name() -> None:
    found = metadata(foreign_webp.SHOWN["XMP under another name"], WEBP)

    assert found["xmp"] == {"dc:title": "Dawn"}


@pytest.mark.parametrize(
    "data",
    [
        pictures.png(pictures.chunk(b"eXIf", EXIF)),
        pictures.png(pictures.chunk(b"eXIf", b"Exif\0\0" + EXIF)),
        foreign_png.before_picture(foreign_png.raw_profile("exif", EXIF)),
        pictures.png(foreign_png.raw_profile("APP1", b"Exif\0\0" + EXIF)),
        pictures.png(foreign_png.raw_profile("exif", EXIF, after=b"0\x91}")),
    ],
)
def test_exif_data_in_a_png_are_read(data: bytes) -> None:
    assert metadata(data, PNG)["exif"] == {"Make": "ACME"}


def test_exif_data_in_their_own_chunk_of_a_png_come_first() -> None:
    other = pictures.exif([pictures.ascii_tag(0x10F, "other")])
    raw = foreign_png.raw_profile("exif", other)

    found = metadata(foreign_png.before_picture(raw, pictures.chunk(b"eXIf", EXIF)), PNG)

    assert found["exif"] == {"Make": "ACME"}
    assert found["dropped"] == ["EXIF: the file has it twice"]


@pytest.mark.parametrize(
    "profile",
    [
        *(b"\nexif\n 4\nzz", b"\nexif\n four\n0000", b"\nexif\n 4\n000"),
        # Reading these takes hours if the time grows with the square of the length.
        *(b" " * 4_000_000, b"\n" * 4_000_000),
    ],
    ids=["no digits", "no length", "half a byte", "spaces", "lines"],
)
def test_a_raw_profile_that_cannot_be_read_is_named(profile: bytes) -> None:
    """fault 60"""
    broken = pictures.chunk(b"tEXt", b"Raw profile type exif\0" + profile)

    assert len(metadata(pictures.png(broken), PNG)["dropped"]) == 1


def test_a_chunk_of_a_png_with_a_wrong_checksum_is_left_out_and_named() -> None:
    """fault 70"""
    text = foreign_png.damaged(pictures.chunk(b"tEXt", b"Title\0Dawn"))

    found = metadata(pictures.png(text, pictures.chunk(b"tEXt", b"Author\0Ada")), PNG)

    assert (found["text"], found["dropped"]) == ({"Author": "Ada"}, ["tEXt: damaged"])


def test_xmp_of_a_tiff_can_be_longer_than_64_kb() -> None:
    found = metadata(foreign_tiff.SHOWN["XMP of 100 KB"], TIFF)

    assert found["xmp"]["dc:title"] == "Dawn"
    assert len(found["xmp"]["dc:source"]) == 100_000


@pytest.mark.parametrize("name", ["IPTC in the other byte order", "IPTC in Photoshop's resources"])
def test_iptc_in_a_tiff_is_read(name: str) -> None:
    found = metadata(foreign_tiff.SHOWN[name], TIFF)

    assert found["iptc"] == {"ObjectName": "Dawn", "Keywords": ["palace"]}


def test_metadata_of_a_tiff_that_are_too_long_are_named() -> None:
    huge = (0x83BB, 7, 5 << 20, struct.pack("<L", 8) + b"\0")

    found = metadata(foreign_tiff.with_tags(pictures.picture(TIFF), huge), TIFF)

    assert found["dropped"] == ["IPTC: over 4194304 bytes"]
