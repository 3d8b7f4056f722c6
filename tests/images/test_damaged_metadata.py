"""A damaged part of the metadata costs only that part, and its name is in `dropped`."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.harness import pictures
from tests.harness.image_metadata import metadata

MAKE = pictures.ascii_tag(0x10F, "ACME")
ISO = pictures.short(0x8827, 400)
PLACE = pictures.GPS[:4]
TITLE, RATING = "<dc:title>Dawn</dc:title>", "<xmp:Rating>4</xmp:Rating>"


def of_exif(data: bytes) -> dict[str, Any]:
    return metadata(pictures.jpeg(exif=data))


def of_xmp(packet: bytes) -> dict[str, Any]:
    return metadata(pictures.jpeg(xmp=packet))


def of_iptc(data: bytes) -> dict[str, Any]:
    return metadata(pictures.jpeg(iptc=data))


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def names(found: dict[str, Any]) -> list[str]:
    return [line.partition(":")[0] for line in found["dropped"]]


@pytest.mark.parametrize("pointer", [0, 5000, 0xFFFFFFFF])
def test_a_pointer_to_nowhere_costs_only_its_directory(pointer: int) -> None:
    """fault 70"""
    data = pictures.exif([MAKE], [ISO], PLACE)
    at = data.index(struct.pack(">HHL", 0x8769, 4, 1)) + 8
    data = data[:at] + struct.pack(">L", pointer) + data[at + 4 :]

    found = of_exif(data)

    assert found["exif"] == {"Make": "ACME"}
    assert found["gps"]["GPSLongitude"] == 151.21
    assert (names(found) == ["Exif"]) == (pointer > 0)  # at 0 are bytes, though no tags


def test_a_pointer_that_is_a_text_costs_only_its_directory() -> None:
    """fault 70"""
    data = pictures.exif([MAKE], [ISO], PLACE)
    data = replaced(data, struct.pack(">HHL", 0x8769, 4, 1), struct.pack(">HHL", 0x8769, 2, 1))

    found = of_exif(data)

    assert found["exif"] == {"Make": "ACME"}
    assert found["gps"]["GPSLongitude"] == 151.21
    assert names(found) == ["Exif"]


def test_a_directory_with_a_wrong_count_keeps_its_entries() -> None:
    """fault 70"""
    data = pictures.exif([MAKE], gps=PLACE)
    start = struct.unpack_from(">L", data, data.index(struct.pack(">HHL", 0x8825, 4, 1)) + 8)[0]
    data = data[:start] + struct.pack(">H", 400) + data[start + 2 :]

    found = of_exif(data)

    assert found["exif"] == {"Make": "ACME"}
    assert found["gps"]["GPSLongitude"] == 151.21
    assert "GPS" in names(found)


def test_exif_that_is_cut_off_keeps_what_is_there() -> None:
    """fault 70"""
    data = pictures.exif([MAKE, pictures.ascii_tag(0x110, "a long name of a model")])

    found = of_exif(data[:-4])

    assert found["exif"] == {"Make": "ACME"}
    assert names(found) == ["Model"]


def test_a_thumbnail_that_is_cut_off_costs_only_the_thumbnail() -> None:
    """fault 70"""
    data = pictures.exif([MAKE])
    [count] = struct.unpack_from(">H", data, 8)
    at = 10 + 12 * count
    data = data[:at] + struct.pack(">L", 60_000) + data[at + 4 :]

    found = of_exif(data)

    assert found["exif"] == {"Make": "ACME"}
    assert names(found) == ["thumbnail"]


def test_a_tag_that_no_standard_defines_is_named() -> None:
    """fault 70"""
    found = of_exif(pictures.exif([MAKE, pictures.short(0xC4A5, 1)]))

    assert found["exif"] == {"Make": "ACME"}
    assert found["dropped"] == ["EXIF tag 0xc4a5: not in the standards"]


@pytest.mark.parametrize("behind", [b"\0", b"\0" * 3, b"<", b"\xff\xfe junk <?xpacket end='w'?>"])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" \n", b"<?xpacket begin=''?>", b"\0"])
def test_bytes_around_an_xmp_packet_are_skipped(before: bytes, behind: bytes) -> None:
    """fault 70"""
    found = of_xmp(before + pictures.xmp(RATING) + behind)

    assert (found["xmp"], found["dropped"]) == ({"xmp:Rating": 4}, [])


def test_several_packets_are_read() -> None:
    """fault 70"""
    found = of_xmp(pictures.xmp(RATING) + b"<?xpacket end='w'?>\n" + pictures.xmp(TITLE))

    assert found["xmp"] == {"xmp:Rating": 4, "dc:title": "Dawn"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("behind", [b"", b"\0", b" \0\0"])
def test_xmp_in_other_encodings_of_unicode_is_read(encoding: str, behind: bytes) -> None:
    """fault 70"""
    packet = pictures.xmp("<dc:title>Schön</dc:title>").decode()

    found = of_xmp(packet.encode(encoding) + behind)

    assert (found["xmp"], found["dropped"]) == ({"dc:title": "Schön"}, [])


def test_xmp_that_declares_a_wrong_encoding_is_read() -> None:
    """fault 70"""
    packet = b'<?xml version="1.0" encoding="utf-16"?>' + pictures.xmp(RATING)

    assert of_xmp(packet)["xmp"] == {"xmp:Rating": 4}


@pytest.mark.parametrize(
    "damage",
    [
        "<dc:source>cut o",
        "<dc:source>x</dc:sour",
        "<dc:source>&unknown;</dc:source>",
        "<dc:source><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b",
        "<unknown:source>x</unknown:source>",
    ],
)
def test_damaged_xmp_keeps_the_properties_before_the_damage(damage: str) -> None:
    """fault 70"""
    packet = pictures.xmp(f"{RATING}{TITLE}{damage}")

    found = of_xmp(packet[: packet.rindex(b"</rdf:Description>")])

    assert found["xmp"] == {"xmp:Rating": 4, "dc:title": "Dawn"}
    assert names(found) == ["XMP"]


@pytest.mark.parametrize("character", ["\0", "\x1b", "&#0;", "&#x1F;", "\uffff"])
def test_a_character_that_xml_cannot_contain_costs_only_itself(character: str) -> None:
    """fault 70"""
    found = of_xmp(pictures.xmp(f"<dc:title>a{character}b&#9;c</dc:title>{RATING}"))

    assert found["xmp"] == {"dc:title": "a\ufffdb\tc", "xmp:Rating": 4}


def test_a_dataset_of_iptc_that_is_cut_off_costs_only_itself() -> None:
    """fault 70"""
    found = of_iptc(pictures.iptc((2, 5, b"Dawn"), (2, 90, b"Wien"))[:-2])

    assert (found["iptc"], found["gps"]) == ({"ObjectName": "Dawn"}, {})
    assert names(found) == ["IPTC"]


def test_junk_between_datasets_of_iptc_is_skipped() -> None:
    """fault 70"""
    found = of_iptc(pictures.iptc((2, 5, b"Dawn")) + b"junk" + pictures.iptc((2, 10, b"5")))

    assert found["iptc"] == {"ObjectName": "Dawn", "Urgency": 5}
    assert names(found) == ["IPTC"]


def test_iptc_as_numbers_of_four_bytes_is_read() -> None:
    data = pictures.iptc((2, 5, b"Daw"))  # eight bytes
    swapped = struct.pack("<2L", *struct.unpack(">2L", data))

    assert of_iptc(swapped)["iptc"] == {"ObjectName": "Daw"}


def test_datasets_that_are_lost_are_named() -> None:
    found = of_iptc(pictures.iptc((2, 5, b"Dawn"), (2, 5, b"Dusk"), (2, 187, b"x")))

    assert found["iptc"] == {"ObjectName": "Dawn"}
    assert names(found) == ["ObjectName", "IPTC dataset 2"]


def resource(kind: int, content: bytes, *, name: bytes = b"", signature: bytes = b"8BIM") -> bytes:
    """An image resource of Photoshop."""
    written = bytes([len(name)]) + name
    written += b"\0" * (len(written) % 2)
    header = signature + struct.pack(">H", kind) + written + struct.pack(">I", len(content))
    return header + content + b"\0" * (len(content) % 2)


IPTC = resource(0x0404, pictures.iptc((2, 5, b"Dawn")))


@pytest.mark.parametrize(
    "resources",
    [
        IPTC + resource(0x03ED, b"x" * 16),
        resource(0x03ED, b"x" * 16) + IPTC,
        resource(0x0FA0, b"x" * 3, name=b"path") + IPTC,
        resource(0x0FA0, b"x", signature=b"PHUT") + resource(1, b"", signature=b"MeSa") + IPTC,
        resource(0x03ED, b"x" * 3)[:-1] + IPTC,  # without the byte that makes it even
        resource(0x03ED, b"x" * 2).replace(b"\0\2x", b"\x7f\2x") + IPTC,  # far too long
        IPTC[:-1],
    ],
)
def test_iptc_is_found_anywhere_in_photoshops_resources(resources: bytes) -> None:
    """fault 70"""
    segment = pictures.segment(0xED, b"Photoshop 3.0\0" + resources)

    found = metadata(pictures.with_segments(pictures.picture(pictures.JPEG), segment))

    assert found["iptc"] == {"ObjectName": "Dawn"}


def test_iptc_in_two_resources_is_read_from_both() -> None:
    other = resource(0x0404, pictures.iptc((2, 5, b"Dusk"), (2, 10, b"5")))
    segment = pictures.segment(0xED, b"Photoshop 3.0\0" + IPTC + other)

    found = metadata(pictures.with_segments(pictures.picture(pictures.JPEG), segment))

    assert found["iptc"] == {"ObjectName": "Dawn", "Urgency": 5}
    assert names(found) == ["ObjectName"]


@pytest.mark.parametrize(
    "data",
    [
        b"8BIM\x04\x04\0\0\x7f\xff\xff\xff" * 5000,
        b"8BIM\x04\x05\0\0\x7f\xff\xff\xff" * 5000,
        IPTC * 2500,
    ],
    ids=["IPTC that is cut off", "others that are cut off", "many"],
)
def test_photoshops_resources_are_read_in_one_pass(data: bytes) -> None:
    """fault 60"""
    size = 60_000
    segments = [
        pictures.segment(0xED, b"Photoshop 3.0\0" + data[at : at + size])
        for at in range(0, len(data), size)
    ]

    found = metadata(pictures.with_segments(pictures.picture(pictures.JPEG), *segments * 8))

    assert found["iptc"].keys() <= {"ObjectName"}


def test_a_text_that_many_tags_refer_to_is_not_decoded_for_each() -> None:
    """fault 60"""
    text = b"a\xe9" * 30_000
    entries = b"".join(
        struct.pack(">HHLL", tag, 2, len(text), 8 + 6 + 12 * 400) for tag in range(0x9000, 0x9190)
    )
    data = b"MM\0*" + struct.pack(">LH", 8, 400) + entries + bytes(4) + text

    found = of_exif(data)

    assert len(found["exif"]) <= 2
    assert "over" in str(found["dropped"]) or "at most" in str(found["dropped"])
    assert names(found)


def test_a_packet_of_many_documents_is_read_in_part() -> None:
    """fault 60"""
    found = of_xmp(pictures.xmp(RATING) + b"<x:xmpmeta></x:xmpmeta>" * 2000)

    assert found["xmp"] == {"xmp:Rating": 4}
    assert names(found) == ["XMP"]
