"""The limit of metadata: small files that would have megabytes of them, and other large results."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pyvips

from common import aws, image_files
from common.image import MAX_METADATA_BYTES, Image
from project.fake_aws import IMAGES, image_stores
from project.functions import function, module
from tests.harness import pictures
from tests.harness.image_metadata import metadata
from tests.harness.pictures import AVIF, JPEG, PNG, TIFF
from tests.harness.swollen_pictures import FILES, interlaced_png, largest_avif

app = function("image_processing")
pipeline, sandbox = (module("image_processing", name) for name in ("pipeline", "sandbox"))
process = pipeline.process

MEMORY = 1536 * 1024 * 1024


_STATUS = Path("/proc/self/status")  # only Linux reports the peak


def sandboxed() -> Any:
    return app.Sandbox(60, memory_bytes=MEMORY)


@pytest.mark.ci
@pytest.mark.parametrize("name", FILES)
def test_metadata_have_a_limit_however_they_are_packed(name: str) -> None:
    """fault 60. The process does not take the memory that its result would have, either."""
    announced, build = FILES[name]
    running = sandboxed()

    processed = running.run(process, announced, build())

    status = running.run(_STATUS.read_text) if _STATUS.exists() else ""
    running.stop()
    written = json.dumps(processed.metadata, ensure_ascii=False, allow_nan=False).encode()
    assert len(written) <= MAX_METADATA_BYTES
    assert all(int(peak) < 200_000 for peak in re.findall(r"VmHWM:\s+(\d+) kB", status))
    # The fraction of a second is one tag, whose text fits; only the dates must not repeat it.
    assert processed.metadata["dropped"] or name == "long_fraction"


@pytest.mark.ci
def test_a_picture_of_one_colour_is_in_memory_once_while_it_is_checked() -> None:
    """fault 60"""
    running = sandboxed()

    processed = running.run(process, PNG, interlaced_png(10_000))

    running.stop()
    assert processed.metadata["size"]["width"] == 10_000


@pytest.mark.ci
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
@pytest.mark.parametrize(
    ("announced", "build"), [(PNG, lambda: interlaced_png(10_000)), (AVIF, largest_avif)]
)
def test_a_picture_that_takes_too_much_memory_is_refused_with_this_reason(
    announced: str, build: Callable[[], bytes]
) -> None:
    running = app.Sandbox(60, memory_bytes=MEMORY // 2)

    with pytest.raises(app.UnusablePicture, match="takes too much memory; make it smaller"):
        running.run(process, announced, build())

    running.stop()


def test_what_is_left_out_is_named() -> None:
    """fault 60"""
    text = b"x" * 200_000
    data = pictures.png(
        pictures.chunk(b"tEXt", b"Long\0" + text), pictures.chunk(b"tEXt", b"Short\0x")
    )

    found = metadata(data, PNG)

    assert found["text"] == {"Short": "x"}
    assert found["dropped"] == [f"Long: the metadata have at most {MAX_METADATA_BYTES} bytes"]


def test_long_texts_leave_space_for_what_the_camera_wrote() -> None:
    """fault 60"""
    texts = [pictures.chunk(b"tEXt", b"%d\0" % number + b"x" * 10_000) for number in range(40)]
    exif = pictures.chunk(b"eXIf", pictures.exif([pictures.ascii_tag(0x10F, "ACME")]))
    packet = pictures.xmp("<dc:title>" + "T" * 50_000 + "</dc:title>")
    xmp = pictures.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)

    found = metadata(pictures.png(*texts, exif, xmp), PNG)

    assert found["exif"] == {"Make": "ACME"}
    assert len(found["xmp"]["dc:title"]) == 50_000
    assert 0 < len(found["text"]) < 40


def test_the_list_of_what_is_left_out_has_a_limit_too() -> None:
    """fault 60"""
    name = "\1" * 79
    chunks = [
        pictures.chunk(b"zTXt", f"{number}{name}"[:79].encode() + b"\0\0not compressed")
        for number in range(500)
    ]

    found = metadata(pictures.png(*chunks), PNG)

    assert found["dropped"][-1] == "and more"
    assert len(json.dumps(found["dropped"], ensure_ascii=False).encode()) <= 32 * 1024


def test_a_damaged_text_of_a_png_is_named() -> None:
    found = metadata(pictures.png(pictures.chunk(b"zTXt", b"Title\0\0not compressed")), PNG)

    assert (found["text"], found["dropped"]) == ({}, ["Title: damaged"])


def test_a_fraction_of_a_second_has_nine_digits_at_most() -> None:
    noon = pictures.ascii_tag(0x9003, "2026:03:01 12:00:00")

    def taken(fraction: str) -> Any:
        tags = [noon, pictures.ascii_tag(0x9291, fraction)]
        return metadata(pictures.jpeg(exif=pictures.exif(photo=tags)))["exif"]["DateTimeOriginal"]

    assert taken("123456789") == "2026-03-01T12:00:00.123456789"
    assert taken("1234567890") == "2026-03-01T12:00:00"


def test_an_answer_of_the_sandbox_that_is_too_long_is_refused() -> None:
    """fault 60: the function goes on with the next file."""
    running = sandboxed()

    with pytest.raises(app.Exhausted):
        running.run(bytes, sandbox.MAX_ANSWER_BYTES + 1)

    assert running.run(len, "next") == 4
    running.stop()


@pytest.mark.ci
def test_a_picture_that_is_too_large_when_it_is_rewritten_is_refused() -> None:
    """fault 60: a TIFF with a lossy compression grows. Noise stands for its decoded pixels."""
    noise = pyvips.Image.gaussnoise(9000, 9000, mean=128, sigma=60).cast("uchar")

    with pytest.raises(pipeline.UnusablePicture, match="too large when it is compressed"):
        process(TIFF, noise.tiffsave_buffer())


@pytest.mark.ci
def test_large_pictures_are_not_decoded_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """fault 60: on Lambda, /tmp has 512 MB. The pixels of this picture have 134 MB."""
    large = (pyvips.Image.black(4096, 4096, bands=4) + 0).cast("ushort")
    data = large.tiffsave_buffer(compression="deflate")
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    running = sandboxed()

    processed = running.run(process, TIFF, data)

    running.stop()
    assert processed.metadata["size"]["width"] == 4096


@pytest.mark.parametrize(("size", "is_read"), [(MAX_METADATA_BYTES, True), (1 << 20, False)])
def test_metadata_of_an_earlier_version_are_read_up_to_the_limit(
    size: int, *, is_read: bool
) -> None:
    """fault 60"""
    with image_stores():
        image = Image.new("ada", JPEG)
        body = json.dumps({"text": {}}).ljust(size).encode()
        aws.s3().put_object(Bucket=IMAGES, Key=image.metadata_key, Body=body)

        found = image_files.get_metadata(image)

    limit = f"all: the metadata have at most {MAX_METADATA_BYTES} bytes"
    assert (found.get("text"), found.get("dropped")) == (({}, None) if is_read else (None, [limit]))
