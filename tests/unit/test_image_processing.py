"""image_processing: what becomes of a picture that arrived, whatever it holds."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pyvips

from common import aws
from common.api.errors import NotFound
from common.images import Image, Status, images
from tests import mutations, pictures
from tests.pictures import GIF, JPEG, PNG, TIFF, WEBP
from tests.support import context, event, function
from tests.unit.stores import IMAGES, THUMBNAILS, keys, read, stores

OWNER = "7f0c8a44-0d6e-4c8b-9d6d-1f7c4f5a9b10"
ALL_TYPES = [JPEG, PNG, GIF, WEBP, TIFF]
SCRIPT = b"<html><script>alert(document.domain)</script></html>"

app = function("image_processing")
process, UnusablePicture = app.pipeline.process, app.UnusablePicture


@pytest.fixture
def _stores() -> Iterator[None]:
    with stores():
        yield


def uploaded(data: bytes, announced: str = JPEG) -> Image:
    """An image that is PENDING, and the picture that arrived for it."""
    image = Image.new(OWNER, announced)
    images().add(image)
    upload(image, data)
    return image


def upload(image: Image, data: bytes) -> None:
    aws.s3().put_object(Bucket=IMAGES, Key=image.upload_key, Body=data)


def notify(image: Image) -> dict[str, Any]:
    """Send the event of an arrival, and answer what the function answers."""
    arrival = event("image_processing", "upload")
    body = json.loads(arrival["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["key"] = image.upload_key
    arrival["Records"][0]["body"] = json.dumps(body)
    return handle(arrival)


def handle(arrival: dict[str, Any]) -> dict[str, Any]:
    answered: dict[str, Any] = app.handler(arrival, context())
    return answered


def metadata(data: bytes, announced: str = JPEG) -> dict[str, Any]:
    """What is found in a picture, as strict JSON has it."""
    found: dict[str, Any] = json.loads(
        json.dumps(process(announced, data).metadata, allow_nan=False)
    )
    return found


@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_an_arrival_becomes_a_picture_its_metadata_and_a_thumbnail(content_type: str) -> None:
    image = uploaded(pictures.picture(content_type), content_type)

    answer = notify(image)

    assert answer == {"batchItemFailures": []}
    row = images().find(image.imageID)
    assert (row.status, row.width, row.height, row.expiresAt) == (Status.READY, 60, 40, 0)
    assert sorted(keys(IMAGES)) == [image.picture_key, image.metadata_key]
    assert row.size == len(read(IMAGES, image.picture_key))
    document = json.loads(read(IMAGES, image.metadata_key))
    assert document["format"]["contentType"] == content_type
    assert document["size"] == {
        "bytes": len(pictures.picture(content_type)),
        "width": 60,
        "height": 40,
    }
    assert document["colour"]["space"] == "sRGB"
    assert read(THUMBNAILS, image.thumbnail_key)[8:12] == b"WEBP"


@pytest.mark.usefixtures("_stores")
def test_a_repeated_notification_changes_nothing() -> None:
    image = uploaded(pictures.picture(JPEG))
    notify(image)
    before = images().find(image.imageID)

    answer = notify(image)

    assert answer == {"batchItemFailures": []}
    assert images().find(image.imageID) == before


@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_a_second_upload_to_the_same_key_is_thrown_away(status: Status) -> None:
    """fault 40: S3 takes it while the signature lasts, and nothing comes of it."""
    image = uploaded(pictures.picture(JPEG) if status == Status.READY else b"no picture")
    notify(image)
    before = images().find(image.imageID)
    files = {key: read(IMAGES, key) for key in keys(IMAGES)}
    upload(image, pictures.picture(JPEG, 90, 90))

    notify(image)

    assert before.status == status
    assert images().find(image.imageID) == before
    assert {key: read(IMAGES, key) for key in keys(IMAGES)} == files


@pytest.mark.usefixtures("_stores")
def test_an_upload_whose_image_was_deleted_goes_too() -> None:
    image = uploaded(pictures.picture(JPEG))
    images().remove(image)

    notify(image)

    assert keys(IMAGES) == keys(THUMBNAILS) == []


@pytest.mark.usefixtures("_stores")
def test_an_image_deleted_meanwhile_leaves_nothing() -> None:
    image = uploaded(pictures.picture(JPEG))
    meanwhile = lambda **_: images().remove(image)  # noqa: E731
    aws.s3().meta.events.register_first("before-call.s3.GetObject", meanwhile)

    notify(image)

    assert keys(IMAGES) == keys(THUMBNAILS) == []
    with pytest.raises(NotFound):
        images().find(image.imageID)


@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_an_image_that_is_finished_meanwhile_stays_as_it_is(status: Status) -> None:
    """A repeated message may be processed at the same time."""
    image = uploaded(pictures.picture(JPEG))
    finished = replace(image, status=status, width=1)
    meanwhile = lambda **_: images().add(finished)  # noqa: E731
    aws.s3().meta.events.register_first("before-call.s3.GetObject", meanwhile)

    notify(image)

    assert images().find(image.imageID) == finished


@pytest.mark.usefixtures("_stores")
def test_the_test_event_of_s3_and_foreign_keys_are_let_pass() -> None:
    foreign = replace(Image.new(OWNER, JPEG), imageID="..%2Fpictures")

    answers = [handle(event("image_processing", "test_event")), notify(foreign)]

    assert answers == [{"batchItemFailures": []}] * 2


@pytest.mark.usefixtures("_stores")
def test_what_is_no_fault_of_the_picture_comes_again() -> None:
    image = uploaded(pictures.picture(JPEG))

    def fail(**_: Any) -> None:
        raise ConnectionError("S3 is gone")

    aws.s3().meta.events.register_first("before-call.s3.PutObject", fail)
    failed = notify(image)
    between = images().find(image.imageID).status
    aws.s3().meta.events.unregister("before-call.s3.PutObject", fail)

    again = notify(image)

    assert [failure["itemIdentifier"] for failure in failed["batchItemFailures"]] != []
    assert between == Status.PENDING
    assert again == {"batchItemFailures": []}
    assert images().find(image.imageID).status == Status.READY


@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "unsupported file type"),
        (SCRIPT, "unsupported file type"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "unsupported file type"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "unsupported file type"),
        (b"%PDF-1.7\n", "unsupported file type"),
        (pictures.picture(GIF), "a GIF, but it was announced as a JPEG"),
        (pictures.picture(JPEG)[:-40], "cut off"),
        (pictures.picture(JPEG)[:300], "damaged"),
        (b"\xff\xd8\xff\xd9", "damaged"),
    ],
)
def test_what_is_no_whole_picture_of_its_type_fails_with_a_reason(data: bytes, reason: str) -> None:
    """fault 35"""
    image = uploaded(data)

    notify(image)

    row = images().find(image.imageID)
    assert row.status == Status.FAILED
    assert reason in row.reason
    assert keys(IMAGES) == keys(THUMBNAILS) == []


@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_no_picture_that_is_cut_off_is_ready(content_type: str) -> None:
    """fault 35"""
    whole = pictures.picture(content_type)

    for length in range(12, len(whole) * 3 // 4, 97):
        with pytest.raises(UnusablePicture):
            process(content_type, whole[:length])


@pytest.mark.usefixtures("_stores")
def test_400_megapixels_in_a_few_kilobytes_are_refused_by_their_header() -> None:
    """fault 34"""
    bomb = pictures.bomb()
    image = uploaded(bomb, PNG)
    began = time.monotonic()

    notify(image)

    row = images().find(image.imageID)
    assert len(bomb) < 100_000
    assert (row.status, row.reason) == (
        Status.FAILED,
        "the picture has 400 megapixels; the limit is 100",
    )
    assert time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak")
def test_the_largest_picture_that_is_taken_does_not_take_all_memory() -> None:
    """fault 34: 100 megapixels, in a process that is asked how much memory they took."""
    bomb = pictures.bomb(10_000, 10_000)
    sandbox = sandboxed()

    sandbox.run(process, PNG, bomb)

    status = sandbox.run(Path("/proc/self/status").read_text)
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) < 150_000


def sandboxed(seconds: float = 60) -> Any:
    """A process of its own, with the function's memory."""
    return app.Sandbox(seconds, memory_bytes=1536 * 1024 * 1024)


@pytest.mark.parametrize(
    ("work", "arguments"),
    [(os.abort, ()), (time.sleep, (60,)), (bytearray, (1 << 40,)), (os._exit, (0,))],
    ids=["crashes", "hangs", "takes all memory", "vanishes"],
)
def test_what_kills_a_decoder_kills_only_the_decoder(work: Any, arguments: tuple[Any]) -> None:
    sandbox = sandboxed(seconds=2)

    with pytest.raises(app.Exhausted):
        sandbox.run(work, *arguments)

    assert sandbox.run(len, "next") == 4


def test_a_decoder_that_died_in_its_sleep_is_replaced() -> None:
    sandbox = sandboxed()
    pid = sandbox.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it is dead, and still to be noticed

    answer = sandbox.run(len, "next")

    assert answer == 4


def test_a_decoder_knows_no_credentials() -> None:
    known = sandboxed().run(os.getenv, "AWS_SECRET_ACCESS_KEY")

    assert os.getenv("AWS_SECRET_ACCESS_KEY") is not None
    assert known is None


@pytest.mark.usefixtures("_stores")
def test_a_picture_that_exhausts_the_decoder_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    image = uploaded(pictures.picture(JPEG))
    monkeypatch.setattr(app, "sandbox", sandboxed(seconds=0))

    notify(image)

    row = images().find(image.imageID)
    assert (row.status, row.reason) == (
        Status.FAILED,
        "the picture is damaged or too complex",
    )


@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_what_hangs_behind_a_picture_is_not_served(content_type: str) -> None:
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
def test_what_a_picture_says_is_not_served_inside_it(content_type: str, data: bytes) -> None:
    """fault 36"""
    assert b"script" in data

    clean = process(content_type, data)

    assert b"script" not in clean.picture


@pytest.mark.parametrize("content_type", ALL_TYPES)
def test_the_clean_picture_has_the_same_pixels(content_type: str) -> None:
    before = pictures.picture(content_type)

    after = process(content_type, before).picture

    assert pixels(after) == pixels(before)


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        (JPEG, pictures.jpeg(exif=pictures.exif([pictures.short(0x112, 6)]))),
        (PNG, pictures.png(pictures.chunk(b"eXIf", pictures.exif([pictures.short(0x112, 6)])))),
        (WEBP, pictures.webp((b"EXIF", pictures.exif([pictures.short(0x112, 6)])))),
    ],
)
def test_a_picture_taken_sideways_is_upright(content_type: str, data: bytes) -> None:
    clean = process(content_type, data)

    assert clean.metadata["size"] | {"bytes": 0} == {"bytes": 0, "width": 40, "height": 60}
    thumbnail = loaded(clean.thumbnail)
    assert (thumbnail.width, thumbnail.height) == (40, 60)
    assert thumbnail(20, 5)[0] < 100 < thumbnail(20, 55)[0]  # dark above, where left was
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


def test_a_place_is_in_the_metadata_and_nowhere_else() -> None:
    """fault 38"""
    place = "<exif:GPSLatitude>33,51.406S</exif:GPSLatitude>"
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
    } | {"GPSLatitude": pytest.approx(-33.8567667)}
    assert "GPS" not in json.dumps(clean.metadata | {"gps": {}})
    for served in (clean.picture, clean.thumbnail):
        assert not {"exif-data", "xmp-data"} & set(loaded(served).get_fields())


def test_exif_has_the_standards_names_and_json_types() -> None:
    data = pictures.jpeg(
        exif=pictures.exif(
            [
                pictures.ascii_tag(0x10F, "ACME"),
                pictures.rational(0x11A, (300, 1)),
                pictures.rational(0x11E, (5, 2)),
                (0x9C9B, 1, 6, "Öl\0".encode("utf-16-le")),
            ],
            [
                pictures.rational(0x829A, (1, 250)),
                pictures.short(0x8827, 400),
                pictures.undefined(0x9000, b"0300"),
                pictures.ascii_tag(0x9003, "2026:11:20 08:15:30"),
                pictures.ascii_tag(0x9011, "+01:00"),
                pictures.ascii_tag(0x9291, "042"),
                pictures.ascii_tag(0x9004, "2026:11:20 08:15:30"),
                pictures.undefined(0x9101, b"\1\2\3\0"),
                pictures.undefined(0x9286, b"ASCII\0\0\0hello"),
                pictures.rational(0xA432, (24, 1), (70, 1), (28, 10), (0, 0)),
            ],
        )
    )

    assert metadata(data)["exif"] == {
        "Make": "ACME",
        "XResolution": 300,
        "XPosition": 2.5,
        "XPTitle": "Öl",
        "ExposureTime": 0.004,
        "PhotographicSensitivity": 400,
        "ExifVersion": "0300",
        "DateTimeOriginal": "2026-11-20T08:15:30.042+01:00",
        "OffsetTimeOriginal": "+01:00",
        "SubSecTimeOriginal": "042",
        "DateTimeDigitized": "2026-11-20T08:15:30",
        "ComponentsConfiguration": [1, 2, 3, 0],
        "UserComment": "hello",
        "LensSpecification": [24, 70, 2.8, None],
    }


def test_iptc_has_the_standards_names_and_json_types() -> None:
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
            '<ext:Location ext:City="Wien"/><ext:PersonInImage/>'
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
        "Iptc4xmpExt:Location": {"Iptc4xmpExt:City": "Wien"},
        "Iptc4xmpExt:PersonInImage": "",
    }


@pytest.mark.parametrize(
    ("tags", "dropped"),
    [
        ({"photo": [pictures.rational(0x829A, (1, 0))]}, "ExposureTime"),
        ({"photo": [pictures.double(0x9400, float("nan"))]}, "Temperature"),
        ({"photo": [pictures.double(0x9400, float("inf"))]}, "Temperature"),
        ({"photo": [pictures.ascii_tag(0x9003, "0000:00:00 00:00:00")]}, "DateTimeOriginal"),
        ({"photo": [pictures.undefined(0x9286, b"KLINGON\0x")]}, "UserComment"),
        ({"photo": [(0x829D, 99, 1, b"\0\0\0\0")]}, "FNumber"),
        ({"photo": [(0x9201, 5, 0xFFFFFFFF, b"\0\0\0\0")]}, "ShutterSpeedValue"),
        ({"photo": [(0x9201, 10, 1, b"\xff\xff\xff\xff")]}, "ShutterSpeedValue"),
        ({"image": [(0x10E, 2, 1 << 20, b"\0\0\0\x08")]}, "ImageDescription"),
        ({"gps": [*pictures.GPS[:1], pictures.rational(2, (1, 0), (0, 0), (1, 0))]}, "GPSLatitude"),
        (
            {"gps": [*pictures.GPS[:1], pictures.rational(2, (91, 1), (0, 1), (0, 1))]},
            "GPSLatitude",
        ),
        ({"gps": [*pictures.GPS[:1], pictures.double(2, float("nan"))]}, "GPSLatitude"),
        ({"gps": [pictures.GPS[1]]}, "GPSLatitude"),
        ({"gps": [pictures.rational(7, (99, 1), (0, 1), (0, 1))]}, "GPSTimeStamp"),
    ],
)
def test_a_bad_tag_is_dropped_and_named_and_the_rest_stands(
    tags: dict[str, Any], dropped: str
) -> None:
    """fault 37"""
    image = [pictures.ascii_tag(0x10F, "ACME"), *tags.pop("image", [])]

    found = metadata(pictures.jpeg(exif=pictures.exif(image, **tags)))

    assert found["exif"] == {"Make": "ACME"}
    assert found["gps"] == {}
    assert [line.partition(":")[0] for line in found["dropped"]] == [dropped]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"ACME\0\0\0", "ACME"),
        (b"AC\0ME", "AC"),
        (b"caf\xe9", "café"),
        ("café".encode(), "café"),
        (b"<script>\x07", "<script>\x07"),
    ],
)
def test_a_text_ends_where_its_nul_is(raw: bytes, text: str) -> None:
    """fault 37"""
    data = pictures.jpeg(exif=pictures.exif([pictures.ascii_tag(0x10F, raw)]))

    assert metadata(data)["exif"] == {"Make": text}


def test_a_directory_that_points_to_itself_is_read_once() -> None:
    """fault 37"""
    loop = bytearray(pictures.exif([pictures.ascii_tag(0x10F, "ACME")]))
    for pointer in (0x8769, 0x8825):
        at = loop.index(struct.pack(">HHL", pointer, 4, 1)) + 8
        loop[at : at + 4] = struct.pack(">L", 8)

    found = metadata(pictures.jpeg(exif=bytes(loop)))

    assert found["exif"] == {"Make": "ACME"}


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
def test_a_packet_that_is_no_harmless_xml_is_dropped_and_named(packet: bytes) -> None:
    """fault 37"""
    found = metadata(pictures.jpeg(xmp=packet))

    assert len(json.dumps(found["xmp"])) < 1000
    assert len(found["dropped"]) == 1


def test_text_in_a_png_is_found_however_it_is_packed() -> None:
    data = pictures.png(
        pictures.chunk(b"tEXt", b"Author\0Ada"),
        pictures.chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"Dawn")),
        pictures.chunk(
            b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + pictures.xmp("<xmp:Rating>3</xmp:Rating>")
        ),
        pictures.chunk(b"zTXt", b"Bomb\0\0" + zlib.compress(b"\0" * (1 << 24))),
    )

    found = metadata(data, PNG)

    assert found["text"]["Author"], found["text"]["Title"] == ("Ada", "Dawn")
    assert found["xmp"] == {"xmp:Rating": 3}
    assert len(json.dumps(found)) < 10_000


@pytest.mark.parametrize("name", ["iptc", "IPTC profile"])
def test_a_png_of_imagemagicks_says_what_a_jpeg_would(name: str) -> None:
    datasets = pictures.iptc((2, 5, b"Dawn"))
    raw = f"\n{name}\n{len(datasets):8}\n{datasets.hex()}\n".encode()
    said = b"Raw profile type iptc\0\0" + zlib.compress(raw)

    found = metadata(pictures.png(pictures.chunk(b"zTXt", said)), PNG)

    assert found["iptc"] == {"ObjectName": "Dawn"}


@pytest.mark.parametrize("seed", range(20))
def test_a_mutated_file_is_ready_or_failed(seed: int) -> None:
    """fault 37: 100 files a seed, and no process that decodes them hangs, dies or takes all."""
    mutated = [mutations.mutate(random.Random(f"{seed} {number}")) for number in range(100)]

    outcomes = sandboxed().run(mutations.outcomes, mutated)

    assert len(outcomes) == 100
    assert set(outcomes) <= {"READY", "FAILED"}


def loaded(data: bytes) -> Any:
    return pyvips.Image.new_from_buffer(data, "")


def pixels(data: bytes) -> bytes:
    written: bytes = loaded(data).write_to_memory()
    return written
