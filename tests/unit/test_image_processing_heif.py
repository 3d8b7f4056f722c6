"""HEIC and AVIF in image_processing: what is shown of a HEIF file, and what is left out."""

from __future__ import annotations

import struct
from typing import Any

import pytest
import pyvips
from pi_heif._lib_info import libheif_info

from common.image_formats import content_type
from project.functions import module
from tests.harness import heif, pictures
from tests.harness.heif import Item
from tests.harness.image_metadata import metadata
from tests.harness.pictures import AVIF, HEIC, JPEG

COPY = b"a small copy of the picture; " * 6
MASK = (b"auxC", bytes(4) + heif.ALPHA + b"\0")
QUARTER, MIRROR = (b"irot", b"\x01"), (b"imir", b"\x01")

pipeline = module("image_processing", "pipeline")
process, UnusablePicture = pipeline.process, pipeline.UnusablePicture


def loaded(data: bytes) -> Any:
    return pyvips.Image.new_from_buffer(data, "")


def difference(data: bytes, expected: pyvips.Image) -> float:
    """How far the samples of a picture are from the expected ones, at most."""
    found: Any = loaded(data)
    assert (found.width, found.height, found.bands) == (
        expected.width,
        expected.height,
        expected.bands,
    )
    most: float = (found.cast("short") - expected.cast("short")).abs().max()
    return most


def avif(*properties: heif.Property, items: list[Item] | None = None, more: bytes = b"") -> bytes:
    return heif.heif(
        b"avif", [heif.coded_av1(heif.picture(), *properties), *(items or [])], more=more
    )


def tiles(encode: Any, image: pyvips.Image, side: int) -> list[Item]:
    """The squares of a picture from left to right and from top to bottom."""
    return [
        encode(image.crop(x, y, side, side))
        for y in range(0, image.height, side)
        for x in range(0, image.width, side)
    ]


def test_a_heic_is_served_as_a_jpeg() -> None:
    data = heif.heic()

    served = process(HEIC, data)

    assert (content_type(data), served.content_type) == (HEIC, JPEG)
    assert content_type(served.picture) == JPEG
    assert difference(served.picture, heif.picture()) < 8
    assert served.metadata["format"] == {"name": "HEIC", "contentType": HEIC}
    assert served.metadata["size"] == {"bytes": len(data), "width": 60, "height": 40}
    assert loaded(served.thumbnail).width == 60


def test_an_avif_keeps_its_pixels_and_its_type() -> None:
    data = avif()

    served = process(AVIF, data)

    assert (content_type(data), served.content_type) == (AVIF, AVIF)
    assert difference(served.picture, heif.picture()) == 0
    assert served.metadata["format"] == {"name": "AVIF", "contentType": AVIF}


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        (b"heic" + bytes(4) + b"mif1heic", HEIC),
        (b"mif1" + bytes(4) + b"mif1heix", HEIC),
        (b"msf1" + bytes(4) + b"hevc", HEIC),
        (b"mif1" + bytes(4) + b"mif1miafavif", AVIF),
        (b"avis" + bytes(4) + b"msf1", AVIF),
        (b"isom" + bytes(4) + b"mp42", None),
        (b"qt  " + bytes(4), None),
    ],
)
def test_the_brands_of_a_file_tell_its_type(brands: bytes, expected: str | None) -> None:
    assert content_type(heif.box(b"ftyp", brands)) == expected


@pytest.mark.parametrize("content_type", [HEIC, AVIF])
@pytest.mark.parametrize(
    ("properties", "turned"),
    [
        ([QUARTER], lambda image: image.rot270()),
        ([(b"irot", b"\x02")], lambda image: image.rot180()),
        ([MIRROR], lambda image: image.fliphor()),
        ([QUARTER, MIRROR], lambda image: image.rot270().fliphor()),
    ],
    ids=["a quarter", "a half", "mirrored", "both"],
)
def test_the_picture_is_upright_as_its_properties_say(
    content_type: str, properties: list[heif.Property], turned: Any
) -> None:
    make = heif.heic if content_type == HEIC else avif
    expected = turned(heif.picture())

    served = process(content_type, make(*properties))

    assert difference(served.picture, expected) < 8
    shown = served.metadata["size"]
    assert (shown["width"], shown["height"]) == (expected.width, expected.height)
    assert loaded(served.thumbnail).width == expected.width


@pytest.mark.parametrize("content_type", [HEIC, AVIF])
def test_the_orientation_in_exif_turns_nothing(content_type: str) -> None:
    """Browsers and phones ignore it in HEIF files, where it would often turn a second time."""
    exif = heif.exif(pictures.exif([pictures.short(0x112, 6)]))
    make = heif.heic if content_type == HEIC else avif

    served = process(content_type, make(items=[exif]))

    assert difference(served.picture, heif.picture()) < 8
    assert served.metadata["exif"] == {"Orientation": 6}
    assert not loaded(served.picture).get_typeof("orientation") or (
        loaded(served.picture).get("orientation") == 1
    )


@pytest.mark.parametrize("content_type", [HEIC, AVIF])
def test_tiles_are_joined_and_cropped_to_the_picture(content_type: str) -> None:
    encode = heif.coded if content_type == HEIC else heif.coded_av1
    whole = heif.picture(128, 128)
    whole = whole.insert(whole.crop(0, 0, 128, 70).invert(), 0, 0).copy(interpretation="srgb")
    joined = heif.grid(2, 2, 100, 90, [2, 3, 4, 5])
    data = heif.heif(content_type[-4:].encode(), [joined, *tiles(encode, whole, 64)])

    served = process(content_type, data)

    assert difference(served.picture, whole.crop(0, 0, 100, 90)) < 12


def test_equal_tiles_share_their_data() -> None:
    """As encoders write a clear sky. The clean file does not become larger."""
    joined = heif.grid(8, 8, 512, 512, list(range(2, 66)))
    tile = heif.coded_av1(heif.picture(64, 64))
    data = heif.heif(b"avif", [joined, *[tile] * 64])

    served = process(AVIF, data)

    assert len(served.picture) < len(data) - 60 * len(tile.data)


def test_what_is_transparent_in_a_heic_becomes_white() -> None:
    mask = heif.coded(heif.picture() * 0, MASK)
    mask.references = [(b"auxl", [1])]

    served = process(HEIC, heif.heic(items=[mask]))

    assert loaded(served.picture).min() > 250


def test_an_avif_keeps_its_transparency() -> None:
    transparent = heif.picture().bandjoin(heif.picture()[0])
    data = transparent.write_to_buffer(".avif[lossless]", keep="none")

    served = process(AVIF, data)

    assert difference(served.picture, transparent) == 0


@pytest.mark.parametrize("content_type", [HEIC, AVIF])
def test_the_metadata_of_the_picture_are_read(content_type: str) -> None:
    exif = pictures.exif([pictures.ascii_tag(0x10F, "ACME")], gps=pictures.GPS)
    xmp = pictures.xmp("<dc:title>Harbour</dc:title>")
    make = heif.heic if content_type == HEIC else avif

    found = metadata(make(items=[heif.exif(exif), heif.xmp(xmp)]), content_type)

    assert found["exif"] == {"Make": "ACME"}
    assert found["gps"]["GPSLatitude"] == pytest.approx(-33.856766667)
    assert found["xmp"] == {"dc:title": "Harbour"}
    assert found["dropped"] == []


def test_exif_data_without_a_header_are_read() -> None:
    exif = heif.metadata(b"Exif", pictures.exif([pictures.ascii_tag(0x10F, "ACME")]))

    assert metadata(heif.heic(items=[exif]), HEIC)["exif"] == {"Make": "ACME"}


def test_the_metadata_of_another_picture_in_the_file_are_not_read() -> None:
    other = heif.coded(heif.picture())
    exif = pictures.exif(gps=pictures.GPS)

    found = metadata(heif.heic(items=[other, heif.exif(exif, of=2)]), HEIC)

    assert (found["exif"], found["gps"]) == ({}, {})
    assert found["dropped"] == ["EXIF: that of another picture in the file is left out"]


def test_metadata_that_are_cut_off_are_named_and_cost_nothing_else() -> None:
    exif = heif.exif(pictures.exif([pictures.ascii_tag(0x10F, "ACME")]))
    data = heif.heic(items=[exif])

    found = metadata(data[:-8], HEIC)

    assert found["dropped"] == ["EXIF: cut off"]
    assert found["size"]["width"] == 60


def test_a_heic_keeps_its_colour_profile_without_private_tags() -> None:
    profile = b"prof" + pictures.profile(private=COPY)

    served = process(HEIC, heif.heic((b"colr", profile)))

    found = loaded(served.picture).get("icc-profile-data")
    assert COPY[:20] not in found
    assert served.metadata["colour"]["profile"] == "sRGB"


def test_display_p3_is_served_with_its_profile() -> None:
    served = process(HEIC, heif.heic(heif.colours(primaries=12)))

    p3 = pyvips.Operation.call("profile_load", "p3")
    assert loaded(served.picture).get("icc-profile-data") == p3


@pytest.mark.parametrize(("primaries", "transfer"), [(9, 16), (9, 18), (12, 16), (9, 14)])
def test_a_heic_in_hdr_is_refused_by_name(primaries: int, transfer: int) -> None:
    with pytest.raises(UnusablePicture, match="the picture is in HDR"):
        process(HEIC, heif.heic(heif.colours(primaries, transfer)))


def unit(kind: int, content: bytes) -> bytes:
    """A unit of an AV1 bitstream."""
    assert len(content) < 1 << 14
    size = bytes([len(content) & 0x7F | 0x80, len(content) >> 7])
    return bytes([kind << 3 | 2]) + size + content


def hidden() -> list[Item]:
    """Items that are not the picture: a thumbnail, a gain map, a note, and one without a use."""
    small = Item(b"av01", COPY, [heif.size(8, 8)], [(b"thmb", [1])])
    gain = Item(b"tmap", COPY, [], [(b"dimg", [1, 2])])
    note = heif.metadata(b"mime", COPY, b"text/plain")
    return [small, gain, note, Item(b"av01", COPY)]


def with_units(*kinds: int) -> bytes:
    item = heif.coded_av1(heif.picture())
    item.data = b"".join(unit(kind, COPY) for kind in kinds) + item.data
    item.properties[0] = (b"av1C", item.properties[0][1] + unit(5, COPY))
    return heif.heif(b"avif", [item])


def with_longer_properties() -> bytes:
    item = heif.coded_av1(heif.picture(), (b"irot", b"\0"), (b"pixi", bytes(4) + b"\3\x08\x08\x08"))
    item.properties = [(k, v if k == b"av1C" else v + COPY) for k, v in item.properties]
    return heif.heif(b"avif", [item])


HIDDEN = {
    "after the end": avif(more=COPY),
    "a free box": avif(more=heif.box(b"free", COPY)),
    "a private box": avif(more=heif.box(b"uuid", COPY)),
    "a film": avif(more=heif.box(b"moov", COPY) + heif.box(b"mdat", COPY)),
    "other items": avif(items=hidden()),
    "EXIF and XMP": avif(items=[heif.exif(COPY), heif.xmp(COPY)]),
    "an unknown property": avif((b"prVw", COPY)),
    "a profile": avif((b"colr", b"prof" + pictures.profile(private=COPY))),
    "what is behind properties": with_longer_properties(),
    "metadata in the bitstream": with_units(5),
    "padding in the bitstream": with_units(15),
    "unknown units of the bitstream": with_units(9, 14),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HIDDEN)
def test_a_small_copy_in_an_avif_is_not_served(case: str) -> None:
    """fault 76"""
    assert COPY[:20] in HIDDEN[case]

    clean = process(AVIF, HIDDEN[case])

    assert COPY[:20] not in clean.picture
    assert difference(clean.picture, heif.picture()) == 0
    assert len(clean.picture) < len(avif()) + 1200


def test_the_decoder_of_hevc_is_given_only_what_it_needs() -> None:
    item = heif.coded(heif.picture())
    message = struct.pack(">L", 2 + len(COPY)) + bytes([39 << 1, 1]) + COPY
    item.data = message + item.data
    name, configuration = item.properties[0]
    more = bytes([configuration[22] + 1])
    array = struct.pack(">BHH", 39, 1, len(COPY)) + COPY
    item.properties[0] = name, configuration[:22] + more + configuration[23:] + array

    written = module("image_processing", "formats.heic").read(heif.heif(b"heic", [item])).parts

    assert all(COPY[:20] not in each for each in written)
    assert difference(process(HEIC, heif.heif(b"heic", [item])).picture, heif.picture()) < 8


def test_the_picture_may_be_inside_the_table_of_items() -> None:
    data = heif.heif(b"heic", [heif.coded(heif.picture())], in_meta=True)

    assert difference(process(HEIC, data).picture, heif.picture()) < 8


def test_the_decoder_has_no_encoder() -> None:
    """The encoder for HEVC that is used elsewhere is under the GPL."""
    info = libheif_info()

    assert (set(info["encoders"]), set(info["decoders"])) == ({"mask"}, {"libde265"})


GRID = heif.grid(2, 2, 100, 90, [2, 3, 4, 5])
TILE = heif.coded(heif.picture(64, 64))
LOOP = Item(b"grid", heif.grid(1, 1, 60, 40, []).data, [heif.size(60, 40)], [(b"dimg", [1])])
ENCRYPTED = heif.heic().replace(struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0\1\0\1hvc1")
ELSEWHERE = heif.heic().replace(struct.pack(">HHHH", 1, 0, 0, 1), struct.pack(">HHHH", 1, 0, 1, 1))

REFUSED = {
    "a tile is missing": (heif.heif(b"heic", [GRID, TILE]), "damaged"),
    "tiles of different sizes": (
        heif.heif(b"heic", [GRID, *[TILE] * 3, heif.coded(heif.picture())]),
        "damaged",
    ),
    "tiles outside of the picture": (
        heif.heif(b"heic", [heif.grid(2, 2, 64, 64, [2, 3, 4, 5]), *[TILE] * 4]),
        "damaged",
    ),
    "a grid in itself": (heif.heif(b"heic", [LOOP]), "not supported"),
    "a grid of grids": (heif.heif(b"heic", [GRID, *[GRID] * 4]), "not supported"),
    "an overlay": (heif.heif(b"heic", [Item(b"iovl", b"", [heif.size(60, 40)])]), "not supported"),
    "another codec": (heif.heif(b"heic", [heif.coded_av1(heif.picture())]), "not supported"),
    "an essential property": (
        heif.heif(b"heic", [Item(b"hvc1", b"", [(b"prVw", b"1")], essential=(b"prVw",))]),
        "not supported",
    ),
    "no size": (heif.heif(b"heic", [Item(b"hvc1", b"", TILE.properties[:1])]), "damaged"),
    "no configuration": (heif.heif(b"heic", [Item(b"hvc1", b"", [heif.size(9, 9)])]), "damaged"),
    "no picture": (heif.box(b"ftyp", b"heic" + bytes(4) + b"heic") + bytes(64), "no still picture"),
    "an encrypted picture": (ENCRYPTED, "encrypted"),
    "data in another file": (ELSEWHERE, "encrypted"),
    "a huge picture": (
        heif.heif(
            b"heic", [Item(b"hvc1", TILE.data, [TILE.properties[0], heif.size(1 << 20, 1 << 20)])]
        ),
        "megapixels",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_heif_files_are_refused_with_the_reason(case: str) -> None:
    data, reason = REFUSED[case]

    with pytest.raises(UnusablePicture, match=reason):
        process(HEIC, data)


def test_an_avif_that_would_use_up_the_memory_is_refused_before_it_is_decoded() -> None:
    """fault 37"""
    item = heif.coded_av1(heif.picture())
    item.properties[1] = heif.size(10_000, 8_101)

    with pytest.raises(UnusablePicture, match="81 megapixels; the limit for AVIF is 80"):
        process(AVIF, heif.heif(b"avif", [item]))


@pytest.mark.parametrize("content_type", [HEIC, AVIF])
def test_a_truncated_heif_file_is_refused(content_type: str) -> None:
    """fault 35"""
    whole = heif.heic() if content_type == HEIC else avif()

    for length in range(40, len(whole), len(whole) // 50):
        with pytest.raises(UnusablePicture):
            process(content_type, whole[:length])
