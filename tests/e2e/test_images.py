"""Pictures from the API or S3 to the thumbnail, on the local stack with IAM enforced."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from common.quotas import UPLOADS
from local.api_user import ApiResponse, ApiUser, download, upload
from local.emulator_clients import Outputs, client
from local.listener import TopicListener
from local.stack_probe import wait_for
from tests.e2e.conftest import listening
from tests.harness import pictures
from tests.harness.quotas import refused, used_up

pytestmark = pytest.mark.xdist_group("stack")

MAX_PHOTO_BYTES = 2 * 1024 * 1024
MAX_UPLOAD_BYTES = 10 * 1024 * 1024

PNG = pictures.picture(pictures.PNG)
JPEG = pictures.jpeg(
    exif=pictures.exif(
        [pictures.ascii_tag(0x010F, "ACME")],
        [pictures.ascii_tag(0x9003, "2026:11:20 07:30:02")],
        pictures.GPS,
    )
)


def form(api_user: ApiUser, picture: bytes, key: str | None = None) -> ApiResponse:
    body = {"userid": api_user.sub, "photo": base64.b64encode(picture).decode()}
    return api_user.request("POST", "/form", body, {"Idempotency-Key": key} if key else None)


def invited(api_user: ApiUser, content_type: str = "image/jpeg") -> dict[str, Any]:
    """Create a PENDING image. Returns it, with the form for its upload."""
    response = api_user.request("POST", "/images", {"contentType": content_type})
    assert response.status == 201, response
    invitation: dict[str, Any] = response.body
    return invitation


def uploaded(api_user: ApiUser, picture: bytes) -> str:
    """Upload a picture as a JPEG. Returns the imageID."""
    invitation = invited(api_user)
    assert upload(invitation["upload"], picture) == 204
    return str(invitation["imageID"])


def shown(api_user: ApiUser, image_id: str) -> dict[str, Any]:
    response = api_user.request("GET", f"/images/{image_id}")
    assert response.status == 200, response
    image: dict[str, Any] = response.body
    return image


def settled(api_user: ApiUser, image_id: str) -> dict[str, Any]:
    """Wait until the image is no longer PENDING, and return it."""

    def look() -> dict[str, Any] | None:
        image = shown(api_user, image_id)
        return None if image["status"] == "PENDING" else image

    return wait_for("the picture processed", look)


class Buckets:
    """The objects of an image in S3."""

    def __init__(self, outputs: Outputs) -> None:
        self._s3 = client("s3", outputs)
        self._names = outputs["ImagesBucket"], outputs["ThumbnailsBucket"]

    def keys(self, image_id: str) -> set[str]:
        pages = [
            self._s3.list_objects_v2(Bucket=name, Prefix=f"{folder}{image_id}")
            for name in self._names
            for folder in ("", "uploads/", "pictures/")
        ]
        return {each["Key"] for page in pages for each in page.get("Contents", [])}


@pytest.fixture
def buckets(outputs: Outputs) -> Buckets:
    return Buckets(outputs)


class Uploads:
    """The keys in the S3 events that the uploads topic has published."""

    def __init__(self, listener: TopicListener) -> None:
        self._listener = listener

    def of(self, image_id: str) -> list[str]:
        """Return the uploaded keys of this image so far."""
        events = map(json.loads, self._listener.received())
        records = [record for event in events for record in event.get("Records", [])]
        keys = [record["s3"]["object"]["key"] for record in records]
        return [key for key in keys if image_id in key]


@pytest.fixture
def uploads(outputs: Outputs) -> Iterator[Uploads]:
    topic = client("cloudformation", outputs).describe_stack_resource(
        StackName=outputs["Stack"], LogicalResourceId="UploadsTopic"
    )["StackResourceDetail"]["PhysicalResourceId"]
    for listener in listening(outputs, topic):
        yield Uploads(listener)


def test_a_picture_sent_to_the_api_becomes_ready(api_user: ApiUser) -> None:
    accepted = form(api_user, PNG)
    image = settled(api_user, accepted.body["imageID"])
    listed = api_user.request("GET", "/images").body

    assert (accepted.status, accepted.body["status"]) == (201, "PENDING")
    assert image.items() >= {"status": "READY", "contentType": "image/png"}.items()
    assert (image["width"], image["height"]) == (60, 40)
    assert image["metadata"]["size"] == {"bytes": len(PNG), "width": 60, "height": 40}
    assert [each["imageID"] for each in listed["images"]] == [image["imageID"]]
    assert "metadata" not in listed["images"][0]


def test_a_picture_uploaded_to_s3_becomes_ready(api_user: ApiUser) -> None:
    invitation = invited(api_user)
    pending = shown(api_user, invitation["imageID"])

    posted = upload(invitation["upload"], JPEG)
    image = settled(api_user, invitation["imageID"])

    assert (pending["status"], posted, image["status"]) == ("PENDING", 204, "READY")
    assert "url" not in pending
    assert image["metadata"]["exif"]["Make"] == "ACME"


def test_downloads_are_pictures_without_appended_data(api_user: ApiUser) -> None:
    """fault 36"""
    image = settled(api_user, uploaded(api_user, JPEG + b"<html><script>alert(1)</script>"))

    picture_status, picture, picture_headers = download(image["url"])
    thumbnail_status, thumbnail, thumbnail_headers = download(image["thumbnailUrl"])

    assert (picture_status, thumbnail_status) == (200, 200)
    assert picture[:2] == b"\xff\xd8"
    assert b"<script>" not in picture
    assert len(picture) == image["size"]
    assert (thumbnail[:4], thumbnail[8:12]) == (b"RIFF", b"WEBP")
    assert picture_headers["Content-Type"] == "image/jpeg"
    assert thumbnail_headers["Content-Type"] == "image/webp"
    assert picture_headers["Content-Disposition"].startswith("attachment")
    assert thumbnail_headers["Content-Disposition"].startswith("attachment")


def test_a_download_requires_a_signed_url(api_user: ApiUser) -> None:
    image = settled(api_user, uploaded(api_user, JPEG))

    for url in (image["url"], image["thumbnailUrl"]):
        assert download(url.partition("?")[0])[0] == 403


@pytest.mark.parametrize(
    ("changed", "picture"),
    [
        pytest.param({"Content-Type": "text/html"}, JPEG, id="another content type"),
        pytest.param({"key": "pictures/mine"}, JPEG, id="another key"),
        pytest.param({}, b"\xff" * (MAX_UPLOAD_BYTES + 1), id="too large"),
        pytest.param({}, b"", id="empty"),
    ],
)
def test_an_upload_that_differs_from_the_signed_form_is_refused(
    api_user: ApiUser, buckets: Buckets, changed: dict[str, str], picture: bytes
) -> None:
    """fault 40"""
    invitation = invited(api_user)
    fields = invitation["upload"]["fields"] | changed

    posted = upload({**invitation["upload"], "fields": fields}, picture)

    assert posted in (400, 403)
    assert buckets.keys(invitation["imageID"]) == set()
    assert shown(api_user, invitation["imageID"])["status"] == "PENDING"


def test_a_second_upload_changes_nothing(
    api_user: ApiUser, buckets: Buckets, uploads: Uploads
) -> None:
    """fault 40"""
    invitation = invited(api_user)
    upload(invitation["upload"], JPEG)
    image = settled(api_user, invitation["imageID"])

    upload(invitation["upload"], pictures.picture(pictures.JPEG, 90, 90))
    wait_for("events of both uploads", lambda: len(uploads.of(image["imageID"])) == 2)
    wait_for("the second upload deleted", lambda: len(buckets.keys(image["imageID"])) == 3)

    assert shown(api_user, image["imageID"])["width"] == 60
    assert len(download(image["url"])[1]) == image["size"]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        pytest.param(pictures.picture(pictures.JPEG)[:-200], "damaged", id="truncated"),
        pytest.param(
            b"<!doctype html><script>alert(1)</script>", "unsupported file type", id="HTML"
        ),
        pytest.param(PNG, "is a PNG, but it was announced as a JPEG", id="PNG"),
    ],
)
def test_an_unusable_picture_fails_with_a_reason(
    api_user: ApiUser, buckets: Buckets, file: bytes, reason: str
) -> None:
    """fault 35"""
    image_id = uploaded(api_user, file)

    image = settled(api_user, image_id)

    assert image["status"] == "FAILED"
    assert reason in image["reason"]
    assert image.keys().isdisjoint({"url", "thumbnailUrl", "metadata"})
    wait_for("all objects deleted", lambda: buckets.keys(image_id) == set())


def test_only_the_owner_sees_where_a_picture_was_taken(api_user: ApiUser, other: ApiUser) -> None:
    """fault 38"""
    image = settled(api_user, uploaded(api_user, JPEG))

    served = [download(image[name])[1] for name in ("url", "thumbnailUrl")]
    response = other.request("GET", f"/images/{image['imageID']}")

    assert image["metadata"]["gps"]["GPSLatitude"] == pytest.approx(-33.8567667)
    assert image["metadata"]["gps"]["GPSLongitude"] == pytest.approx(151.21)
    assert not any(mark in each for each in served for mark in (b"Exif\0", b"EXIF", b"ACME"))
    assert response.status == 404


def test_processed_pictures_cause_no_upload_events(
    api_user: ApiUser, buckets: Buckets, uploads: Uploads
) -> None:
    """fault 41"""
    image_id = uploaded(api_user, JPEG)
    settled(api_user, image_id)
    # Events arrive in order: that of the next picture is after any event of the first one's files.
    following = uploaded(api_user, JPEG)
    settled(api_user, following)
    wait_for("the event of the next upload", partial(uploads.of, following))

    assert uploads.of(image_id) == [f"uploads/{image_id}"]
    assert buckets.keys(image_id) == {
        f"pictures/{image_id}",
        f"pictures/{image_id}.json",
        image_id,
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_another_users_image_is_404(api_user: ApiUser, other: ApiUser, method: str) -> None:
    """fault 42"""
    image = settled(api_user, form(api_user, PNG).body["imageID"])

    assert other.request(method, f"/images/{image['imageID']}").status == 404
    assert other.request("GET", "/images").body["images"] == []
    assert shown(api_user, image["imageID"])["status"] == "READY"


def test_an_upload_as_another_user_is_refused(api_user: ApiUser, other: ApiUser) -> None:
    """fault 32"""
    body = {"userid": other.sub, "photo": base64.b64encode(PNG).decode()}

    assert api_user.request("POST", "/form", body).status == 403
    assert other.request("GET", "/images").body["images"] == []


def test_concurrent_retries_create_one_image(api_user: ApiUser) -> None:
    """fault 33"""
    with ThreadPoolExecutor(2) as clients:
        first, second = clients.map(lambda _: form(api_user, PNG, key="once"), range(2))
    other_content = form(api_user, JPEG, key="once")

    assert (first.status, second.status) == (201, 201)
    assert second.body["imageID"] == first.body["imageID"]
    assert other_content.status == 422
    assert len(api_user.request("GET", "/images").body["images"]) == 1


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(MAX_PHOTO_BYTES + 1, id="above the limit for photos"),
        pytest.param(5 * 1024 * 1024, id="above the limit of Lambda"),
        pytest.param(8 * 1024 * 1024, id="above the limit of the API"),
    ],
)
def test_a_photo_that_is_too_large_is_refused(api_user: ApiUser, size: int) -> None:
    """fault 31"""
    response = form(api_user, b"\xff" * size)

    assert response.status == 413
    assert response.body["message"]
    assert api_user.request("GET", "/images").body["images"] == []


def test_a_photo_of_the_maximum_size_is_accepted(api_user: ApiUser) -> None:
    photo = PNG + b"\0" * (MAX_PHOTO_BYTES - len(PNG))

    accepted = form(api_user, photo)

    assert accepted.status == 201
    assert settled(api_user, accepted.body["imageID"])["metadata"]["size"]["bytes"] == len(photo)


def test_deleting_an_image_deletes_all_its_objects(api_user: ApiUser, buckets: Buckets) -> None:
    image = settled(api_user, form(api_user, PNG).body["imageID"])
    # The picture is ready before its upload is deleted.
    wait_for("only its files", lambda: len(buckets.keys(image["imageID"])) == 3)

    deleted = api_user.request("DELETE", f"/images/{image['imageID']}")

    assert deleted == ApiResponse(204, None)
    assert buckets.keys(image["imageID"]) == set()
    assert api_user.request("GET", f"/images/{image['imageID']}").status == 404
    # S3 responds with 404 only if the signer may list the bucket; otherwise with 403.
    assert download(image["url"])[0] in (403, 404)


def test_a_user_who_uploads_many_images_has_to_wait_and_others_have_not(
    outputs: Outputs, api_user: ApiUser, other: ApiUser
) -> None:
    """fault 73"""
    image = {"contentType": pictures.JPEG}
    photo = base64.b64encode(pictures.picture(pictures.JPEG)).decode()

    with used_up(outputs, UPLOADS, api_user.sub):
        assert 1 <= refused(api_user, "/images", image) <= UPLOADS.seconds
        assert refused(api_user, "/form", {"userid": api_user.sub, "photo": photo}) >= 1
        assert other.request("POST", "/images", image).status == 201
    assert api_user.request("POST", "/images", image).status == 201
