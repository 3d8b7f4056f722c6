"""Pictures in image_processing: the cleaned picture and its thumbnail."""

from __future__ import annotations

from typing import Any

import pytest
import pyvips

from project.functions import module
from tests.harness import pictures
from tests.harness.pictures import JPEG, PNG, TYPES, WEBP
from tests.images.foreign_png import before_picture

SCRIPT = b"<html><script>alert(document.domain)</script></html>"

pipeline = module("image_processing", "pipeline")
process, UnusablePicture = pipeline.process, pipeline.UnusablePicture


def loaded(data: bytes) -> Any:
    return pyvips.Image.new_from_buffer(data, "")


def pixels(data: bytes) -> bytes:
    written: bytes = loaded(data).write_to_memory()
    return written


@pytest.mark.parametrize("content_type", TYPES)
def test_a_truncated_picture_is_rejected(content_type: str) -> None:
    """fault 35"""
    whole = pictures.picture(content_type)

    for length in range(12, len(whole) * 3 // 4, 97):
        with pytest.raises(UnusablePicture):
            process(content_type, whole[:length])


@pytest.mark.parametrize("content_type", TYPES)
def test_data_after_the_end_of_a_picture_is_not_served(content_type: str) -> None:
    """fault 36"""
    clean = process(content_type, pictures.picture(content_type) + SCRIPT)

    assert b"script" not in clean.picture
    assert b"script" not in clean.thumbnail


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        (JPEG, pictures.jpeg(comment=SCRIPT)),
        (JPEG, pictures.jpeg(exif=pictures.exif([pictures.ascii_tag(0x10E, SCRIPT)]))),
        (JPEG, pictures.jpeg(xmp=pictures.xmp("<dc:title>script</dc:title>"))),
        (JPEG, pictures.jpeg(iptc=pictures.iptc((2, 120, SCRIPT)))),
        (PNG, pictures.png(pictures.chunk(b"tEXt", b"Comment\0" + SCRIPT))),
        (
            PNG,
            pictures.png(
                pictures.chunk(b"eXIf", pictures.exif([pictures.ascii_tag(0x10E, SCRIPT)]))
            ),
        ),
        (WEBP, pictures.webp((b"XMP ", SCRIPT))),
    ],
)
def test_embedded_text_is_not_served(content_type: str, data: bytes) -> None:
    """fault 36"""
    assert b"script" in data

    clean = process(content_type, data)

    assert b"script" not in clean.picture


@pytest.mark.parametrize("content_type", TYPES)
def test_the_cleaned_picture_has_the_same_pixels(content_type: str) -> None:
    before = pictures.picture(content_type)

    after = process(content_type, before).picture

    assert pixels(after) == pixels(before)


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        (JPEG, pictures.jpeg(exif=pictures.exif([pictures.short(0x112, 6)]))),
        (PNG, before_picture(pictures.chunk(b"eXIf", pictures.exif([pictures.short(0x112, 6)])))),
    ],
)
def test_a_rotated_picture_has_an_upright_thumbnail(content_type: str, data: bytes) -> None:
    clean = process(content_type, data)

    assert clean.metadata["size"] | {"bytes": 0} == {"bytes": 0, "width": 40, "height": 60}
    thumbnail = loaded(clean.thumbnail)
    assert (thumbnail.width, thumbnail.height) == (40, 60)
    assert thumbnail(20, 5)[0] < 100 < thumbnail(20, 55)[0]  # the dark left side is now at the top
    assert loaded(clean.picture).get("orientation") == 6


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1200, 800, (512, 341)), (800, 1200, (341, 512)), (100, 50, (100, 50)), (3000, 1, (512, 1))],
)
def test_the_longest_side_of_a_thumbnail_is_512(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    thumbnail = loaded(process(PNG, pictures.picture(PNG, width, height)).thumbnail)

    assert (thumbnail.width, thumbnail.height) == expected
