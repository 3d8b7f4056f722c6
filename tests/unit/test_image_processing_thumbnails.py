"""What a picture contains beside its pixels is not served: thumbnails, previews, second pictures.

Each case puts a small copy of the picture where a program, or a user, could put one.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
import pyvips

from project.functions import module
from tests.harness import pictures
from tests.harness.pictures import (
    GIF,
    JPEG,
    PNG,
    TIFF,
    WEBP,
    animation,
    chunk,
    picture,
    segment,
    webp_chunk,
)

pytestmark = pytest.mark.slow

COPY = b"a small copy of the picture; " * 6

process = module("image_processing", "pipeline").process


def in_jpeg(*segments: bytes) -> bytes:
    """A JPEG with these segments after its start."""
    return pictures.with_segments(picture(JPEG), *segments)


def in_gif(*blocks: bytes) -> bytes:
    """A GIF with these blocks before its trailer."""
    return picture(GIF)[:-1] + b"".join(blocks) + b"\x3b"


def gif_extension(label: int, *blocks: bytes) -> bytes:
    return bytes([0x21, label]) + b"".join(map(gif_block, blocks)) + b"\0"


def gif_block(content: bytes) -> bytes:
    return bytes([len(content)]) + content


def hidden_frame(left: int, top: int) -> bytes:
    """A frame of a GIF, of one pixel, with the copy in its colour table."""
    header = struct.pack("<BHHHHB", 0x2C, left, top, 1, 1, 0x87)
    codes = (256 | 257 << 18).to_bytes(4, "little")  # "clear", 0 and "end", of 9 bits each
    return header + COPY.ljust(768, b"\0") + b"\x08" + gif_block(codes) + b"\0"


def in_frames(plain: bytes, added: bytes) -> bytes:
    """An animated WebP with this chunk at the end of each frame."""
    found, at = plain[8:12], 12
    while at < len(plain):
        kind, size = struct.unpack_from("<4sI", plain, at)
        content = plain[at + 8 : at + 8 + size]
        found += webp_chunk(kind, content + added if kind == b"ANMF" else content)
        at += 8 + size + size % 2
    return b"RIFF" + struct.pack("<I", len(found)) + found


def with_longer_header(plain: bytes) -> bytes:
    """A WebP whose VP8X chunk is longer than the format defines."""
    found = b"WEBP" + webp_chunk(b"VP8X", plain[20:30] + COPY) + plain[30:]
    return b"RIFF" + struct.pack("<I", len(found)) + found


JFIF = b"JFIF\0\1\2\0\0\1\0\1"
PRIVATE = pictures.profile(private=COPY)
XMP_COPY = pictures.xmp(f"<xmp:Thumbnails>{b64encode(COPY).decode()}</xmp:Thumbnails>")
EXIF_COPY = pictures.exif([pictures.undefined(0x0201, COPY), pictures.undefined(0xC4A5, COPY)])
RESOURCE = b"8BIM\x04\x0c\0\0" + struct.pack(">I", len(COPY)) + COPY

CASES: dict[str, tuple[str, bytes]] = {
    "JFIF": (JPEG, in_jpeg(segment(0xE0, JFIF + b"\x08\x07" + COPY))),
    "JFIF extension": (JPEG, in_jpeg(segment(0xE0, b"JFXX\0\x10" + COPY))),
    "Exif": (JPEG, in_jpeg(segment(0xE1, b"Exif\0\0" + EXIF_COPY))),
    "XMP": (JPEG, in_jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP_COPY))),
    "extended XMP": (JPEG, in_jpeg(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + COPY))),
    "Photoshop": (JPEG, in_jpeg(segment(0xED, b"Photoshop 3.0\0" + RESOURCE))),
    "FlashPix": (JPEG, in_jpeg(segment(0xE2, b"FPXR\0" + COPY))),
    "multi-picture format": (JPEG, in_jpeg(segment(0xE2, b"MPF\0" + COPY)) + picture(JPEG)),
    "JPEG, the colour profile": (JPEG, pictures.with_profile(JPEG, PRIVATE)),
    "Adobe": (JPEG, in_jpeg(segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + COPY))),
    "JPEG, a comment": (JPEG, in_jpeg(segment(0xFE, COPY))),
    **{f"APP{n}": (JPEG, in_jpeg(segment(0xE0 + n, COPY))) for n in range(16)},
    "JPEG, after the end": (JPEG, picture(JPEG) + picture(JPEG, 16, 12) + COPY),
    "PNG, eXIf": (PNG, pictures.png(chunk(b"eXIf", EXIF_COPY))),
    "PNG, XMP": (PNG, pictures.png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + COPY))),
    "PNG, a text": (PNG, pictures.png(chunk(b"tEXt", b"Thumb::Image\0" + COPY))),
    "PNG, a private chunk": (PNG, pictures.png(chunk(b"prVw", COPY))),
    "PNG, a chunk that is too long": (PNG, pictures.png(chunk(b"pHYs", bytes(9) + COPY))),
    "PNG, a frame without animation": (PNG, pictures.png(chunk(b"fdAT", bytes(4) + COPY))),
    "PNG, the colour profile": (PNG, pictures.with_profile(PNG, PRIVATE)),
    "PNG, after the end": (PNG, picture(PNG) + COPY),
    "WebP, EXIF": (WEBP, pictures.webp((b"EXIF", EXIF_COPY))),
    "WebP, XMP": (WEBP, pictures.webp((b"XMP ", XMP_COPY))),
    "WebP, an unknown chunk": (WEBP, pictures.webp((b"PRVW", COPY))),
    "WebP, an unknown chunk in a frame": (
        WEBP,
        in_frames(animation(WEBP), webp_chunk(b"PRVW", COPY)),
    ),
    "WebP, the header": (WEBP, with_longer_header(pictures.webp())),
    "WebP, the colour profile": (WEBP, pictures.with_profile(WEBP, PRIVATE)),
    "WebP, after the end": (WEBP, picture(WEBP) + COPY),
    "GIF, a comment": (GIF, in_gif(gif_extension(0xFE, COPY))),
    "GIF, a text": (GIF, in_gif(gif_extension(0x01, bytes(12), COPY))),
    "GIF, an application": (GIF, in_gif(gif_extension(0xFF, b"PREVIEW 1.0", COPY))),
    "GIF, the animation's extension": (
        GIF,
        in_gif(gif_extension(0xFF, b"NETSCAPE2.0", b"\1\0\0", COPY)),
    ),
    "GIF, the frame's extension": (GIF, in_gif(gif_extension(0xF9, bytes(4), COPY))),
    "GIF, a frame outside the canvas": (GIF, in_gif(hidden_frame(60, 0), hidden_frame(0, 40))),
    "GIF, after the end": (GIF, picture(GIF) + COPY),
    "TIFF, a private tag": (TIFF, pictures.tiff(pictures.undefined(0xC4A5, COPY))),
    "TIFF, Photoshop": (TIFF, pictures.tiff(pictures.undefined(0x8649, RESOURCE))),
    "TIFF, XMP": (TIFF, pictures.tiff(pictures.undefined(0x02BC, XMP_COPY))),
    "TIFF, Exif's thumbnail": (TIFF, pictures.tiff(pictures.undefined(0x0201, COPY))),
    "TIFF, a description": (TIFF, pictures.tiff(pictures.ascii_tag(0x010E, COPY))),
    "TIFF, a second page": (TIFF, animation(TIFF)),
    "TIFF, the colour profile": (TIFF, pictures.with_profile(TIFF, PRIVATE)),
    "TIFF, after the end": (TIFF, picture(TIFF) + COPY),
}


def loaded(data: bytes) -> Any:
    return pyvips.Image.new_from_buffer(data, "")


def shown(content_type: str, data: bytes) -> bytes:
    """The pixels of a picture, and of all frames if the format has any."""
    frames = "n=-1" if content_type in (GIF, WEBP) else ""
    written: bytes = pyvips.Image.new_from_buffer(data, frames).write_to_memory()
    return written


def copies(data: bytes) -> Iterator[bytes]:
    """The forms of the copy that are in the file, or in its colour profile."""
    found = loaded(data)
    profile = found.get("icc-profile-data") if found.get_typeof("icc-profile-data") else b""
    for form in (COPY[:20], b64encode(COPY)[:20]):
        if form in data + profile:
            yield form


@pytest.mark.parametrize("case", CASES)
def test_a_small_copy_of_the_picture_is_not_served(case: str) -> None:
    """fault 76"""
    content_type, data = CASES[case]

    clean = process(content_type, data)

    assert list(copies(clean.picture)) == list(copies(clean.thumbnail)) == []
    assert shown(content_type, clean.picture) == shown(content_type, data)
    plain = process(content_type, picture(content_type)).picture
    assert len(clean.picture) < len(plain) + 4000 or "frame" in case


@pytest.mark.parametrize("content_type", [JPEG, PNG, WEBP, TIFF])
def test_a_colour_profile_has_no_texts_names_or_dates(content_type: str) -> None:
    """fault 72: of its header, each field that does not convert colours has a constant value."""
    plain = bytearray(pictures.profile())
    for start, end in ((4, 8), (24, 36), (40, 64), (80, 128)):
        plain[start:end] = COPY[: end - start]
    data = pictures.with_profile(content_type, bytes(plain))

    clean = process(content_type, data)

    kept = loaded(clean.picture).get("icc-profile-data")
    expected = loaded(process(content_type, pictures.with_profile(content_type, PRIVATE)).picture)
    assert kept == expected.get("icc-profile-data")
    assert b"colour profile" in kept.replace(b"\0", b"")
    assert clean.metadata["colour"]["profile"] == "sRGB"


@pytest.mark.parametrize("content_type", [JPEG, PNG, WEBP, TIFF])
def test_a_colour_profile_without_its_private_tags_gives_the_same_colours(
    content_type: str,
) -> None:
    before = pictures.with_profile(content_type, PRIVATE)

    after = process(content_type, before).picture

    lab = [loaded(each).icc_import(embedded=True).write_to_memory() for each in (before, after)]
    assert lab[0] == lab[1]


@pytest.mark.parametrize(
    "profile",
    [b"", b"\0" * 200, PRIVATE[:-40], PRIVATE[:36] + b"none" + PRIVATE[40:]],
    ids=["empty", "zeros", "cut off", "another signature"],
)
def test_a_damaged_colour_profile_is_left_out(profile: bytes) -> None:
    data = pictures.with_profile(JPEG, profile)

    clean = process(JPEG, data).picture

    assert b"ICC_PROFILE" not in clean
    assert shown(JPEG, clean) == shown(JPEG, data)


def test_a_png_keeps_a_colour_profile_that_damaged_data_follow() -> None:
    """Software has written such files, and libpng reads them."""
    packed = zlib.compress(pictures.profile() + COPY)[:-4] + b"oops"
    plain = picture(PNG)
    data = plain[:33] + chunk(b"iCCP", b"name\0\0" + packed) + plain[33:]

    clean = process(PNG, data).picture

    colours = [loaded(each).icc_import(embedded=True).write_to_memory() for each in (data, clean)]
    assert loaded(clean).get_typeof("icc-profile-data")
    assert bytes(colours[0]) == bytes(colours[1])


def test_overlapping_tags_do_not_enlarge_a_colour_profile() -> None:
    table = b"".join(struct.pack(">4sLL", b"rTRC", 132 + n, 2000) for n in range(90))
    header = pictures.profile()[4:128] + struct.pack(">L", 90)
    profile = struct.pack(">L", 4 + len(header) + 3000) + header + table.ljust(3000, b"\0")

    clean = process(JPEG, pictures.with_profile(JPEG, profile)).picture

    assert b"ICC_PROFILE" not in clean


@pytest.mark.parametrize("content_type", [GIF, WEBP])
def test_an_animation_keeps_its_frames_times_and_repeats(content_type: str) -> None:
    before = animation(content_type)

    after = process(content_type, before).picture

    assert shown(content_type, after) == shown(content_type, before)
    for field in ("n-pages", "delay", "loop"):
        assert loaded(after).get(field) == loaded(before).get(field)


def test_a_frame_that_nobody_sees_keeps_its_time() -> None:
    control = gif_extension(0xF9, b"\0\x32\0\0")  # half a second
    before = in_gif(control, hidden_frame(60, 0))

    after = process(GIF, before).picture

    assert loaded(after).get("delay") == loaded(before).get("delay")


def test_an_animated_png_keeps_its_frames() -> None:
    control = struct.pack(">IIIIIHHBB", 0, 60, 40, 0, 0, 1, 10, 0, 0)
    animated = [chunk(b"fcTL", control), chunk(b"fdAT", b"\0\0\0\1" + COPY)]
    plain = picture(PNG)
    data = plain[:33] + chunk(b"acTL", b"\0\0\0\2\0\0\0\0") + plain[33:-12]

    clean = process(PNG, data + b"".join(animated) + plain[-12:]).picture

    assert all(each in clean for each in animated)
