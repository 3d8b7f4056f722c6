"""The `image_processing` function: the row and the S3 objects of an uploaded image."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from common import aws
from common.api.errors import NotFound
from common.image import Image, Status
from common.images import images
from project.functions import context, event, function
from tests.harness import heif, pictures
from tests.harness.pictures import GIF, HEIC, JPEG, PNG, TYPES
from tests.harness.stores import IMAGES, THUMBNAILS, keys, read, stores

OWNER = "7f0c8a44-0d6e-4c8b-9d6d-1f7c4f5a9b10"
SCRIPT = b"<html><script>alert(document.domain)</script></html>"

app = function("image_processing")


@pytest.fixture
def _stores() -> Iterator[None]:
    with stores():
        yield


def uploaded(data: bytes, announced: str = JPEG) -> Image:
    """Store a PENDING image, and upload a picture for it."""
    image = Image.new(OWNER, announced)
    images().add(image)
    upload(image, data)
    return image


def upload(image: Image, data: bytes) -> None:
    aws.s3().put_object(Bucket=IMAGES, Key=image.upload_key, Body=data)


def notify(image: Image) -> dict[str, Any]:
    """Send the event of the image's upload. Returns the function's response."""
    uploads = event("image_processing", "upload")
    body = json.loads(uploads["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["key"] = image.upload_key
    uploads["Records"][0]["body"] = json.dumps(body)
    return handle(uploads)


def handle(uploads: dict[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = app.handler(uploads, context())
    return response


@pytest.mark.slow
@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize("content_type", TYPES)
def test_an_upload_becomes_a_picture_metadata_and_a_thumbnail(content_type: str) -> None:
    image = uploaded(pictures.picture(content_type), content_type)

    response = notify(image)

    assert response == {"batchItemFailures": []}
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
def test_a_heic_becomes_a_jpeg_for_everybody_who_is_shown_it() -> None:
    image = uploaded(heif.heic(), HEIC)

    notify(image)

    row = images().find(image.imageID)
    assert (row.status, row.contentType) == (Status.READY, JPEG)
    stored = aws.s3().get_object(Bucket=IMAGES, Key=image.picture_key)
    assert (stored["ContentType"], stored["Body"].read(3)) == (JPEG, b"\xff\xd8\xff")
    assert json.loads(read(IMAGES, image.metadata_key))["format"]["contentType"] == HEIC


@pytest.mark.usefixtures("_stores")
def test_the_row_has_a_summary_of_the_metadata_for_search() -> None:
    """fault 60"""
    make = pictures.ascii_tag(0x10F, "ACME" * 100)
    described = uploaded(pictures.jpeg(exif=pictures.exif([make], gps=pictures.GPS)))
    plain = uploaded(pictures.picture(JPEG))

    notify(described)
    notify(plain)

    found = images().find(described.imageID).summary
    assert found == {
        "metadata": {"camera": ("ACME" * 100)[:200]},
        "place": {"latitude": Decimal("-33.856766667"), "longitude": Decimal("151.21")},
    }
    assert images().find(plain.imageID).summary == {}


@pytest.mark.usefixtures("_stores")
def test_a_redelivered_notification_changes_nothing() -> None:
    image = uploaded(pictures.picture(JPEG))
    notify(image)
    before = images().find(image.imageID)

    response = notify(image)

    assert response == {"batchItemFailures": []}
    assert images().find(image.imageID) == before


@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_a_second_upload_to_the_same_key_is_ignored(status: Status) -> None:
    """fault 40: S3 accepts it as long as the signature is valid."""
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
def test_an_upload_for_a_deleted_image_is_deleted() -> None:
    image = uploaded(pictures.picture(JPEG))
    images().remove(image)

    notify(image)

    assert keys(IMAGES) == keys(THUMBNAILS) == []


@pytest.mark.usefixtures("_stores")
def test_an_image_deleted_during_processing_leaves_no_objects() -> None:
    image = uploaded(pictures.picture(JPEG))
    remove = lambda **_: images().remove(image)  # noqa: E731
    aws.s3().meta.events.register_first("before-call.s3.GetObject", remove)

    notify(image)

    assert keys(IMAGES) == keys(THUMBNAILS) == []
    with pytest.raises(NotFound):
        images().find(image.imageID)


@pytest.mark.usefixtures("_stores")
@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_an_image_finished_by_a_concurrent_invocation_does_not_change(status: Status) -> None:
    """A redelivered message may be processed at the same time."""
    image = uploaded(pictures.picture(JPEG))
    finished = replace(image, status=status, width=1)
    finish = lambda **_: images().add(finished)  # noqa: E731
    aws.s3().meta.events.register_first("before-call.s3.GetObject", finish)

    notify(image)

    assert images().find(image.imageID) == finished


@pytest.mark.usefixtures("_stores")
def test_the_test_event_of_s3_and_foreign_keys_are_ignored() -> None:
    foreign = replace(Image.new(OWNER, JPEG), imageID="..%2Fpictures")

    responses = [handle(event("image_processing", "test_event")), notify(foreign)]

    assert responses == [{"batchItemFailures": []}] * 2


@pytest.mark.usefixtures("_stores")
def test_an_error_of_s3_is_retried() -> None:
    image = uploaded(pictures.picture(JPEG))

    def fail(**_: Any) -> None:
        raise ConnectionError("S3 is unavailable")

    aws.s3().meta.events.register_first("before-call.s3.PutObject", fail)
    failed = notify(image)
    between = images().find(image.imageID).status
    aws.s3().meta.events.unregister("before-call.s3.PutObject", fail)

    retried = notify(image)

    assert [failure["itemIdentifier"] for failure in failed["batchItemFailures"]] != []
    assert between == Status.PENDING
    assert retried == {"batchItemFailures": []}
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
def test_an_unusable_picture_fails_with_a_reason(data: bytes, reason: str) -> None:
    """fault 35"""
    image = uploaded(data)

    notify(image)

    row = images().find(image.imageID)
    assert row.status == Status.FAILED
    assert reason in row.reason
    assert keys(IMAGES) == keys(THUMBNAILS) == []


@pytest.mark.usefixtures("_stores")
def test_a_decompression_bomb_is_refused_by_its_header() -> None:
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


@pytest.mark.usefixtures("_stores")
def test_a_picture_that_exhausts_the_decoder_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    image = uploaded(pictures.picture(JPEG))
    monkeypatch.setattr(app, "sandbox", app.Sandbox(seconds=0, memory_bytes=1 << 30))

    notify(image)

    row = images().find(image.imageID)
    assert (row.status, row.reason) == (
        Status.FAILED,
        "the picture is damaged or too complex",
    )
