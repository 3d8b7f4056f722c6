"""The `image_upload` function: accepts photos, signs uploads, and checks who may read or delete."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from common import aws
from common.image import Status
from common.images import images
from project.fake_aws import IDEMPOTENCY_TABLE, IMAGES_TABLE
from tests.harness import pictures
from tests.harness.idempotency import GONE, lost_answers
from tests.harness.image_requests import ADA, BOB, call, path_of, ready, rows, stored
from tests.harness.stores import IMAGES, THUMBNAILS, keys, stores

PNG = base64.b64encode(pictures.picture(pictures.PNG)).decode()


@pytest.fixture(autouse=True)
def _stores() -> Iterator[None]:
    with stores():
        yield


def form(photo: Any, userid: Any = "ada", **more: Any) -> str:
    return json.dumps({"userid": userid, "photo": photo, **more})


def seconds_left(response: dict[str, Any]) -> float:
    """Return for how long the upload form of a response is valid."""
    policy = json.loads(base64.b64decode(response["upload"]["fields"]["policy"]))
    return (datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)).total_seconds()


def records() -> list[dict[str, Any]]:
    """Return the records of requests with an Idempotency-Key."""
    rows = aws.dynamodb().scan(TableName=IDEMPOTENCY_TABLE)["Items"]
    return [row for row in rows if not row["id"]["S"].startswith("quota#")]


def age_records(seconds: int) -> None:
    """Let the records be from an earlier time."""
    for record in records():
        record["expiration"]["N"] = str(int(record["expiration"]["N"]) - seconds)
        aws.dynamodb().put_item(TableName=IDEMPOTENCY_TABLE, Item=record)


@pytest.mark.parametrize("content_type", [pictures.JPEG, pictures.PNG, pictures.GIF, pictures.WEBP])
def test_a_photo_is_stored_where_s3_uploads_are_stored(content_type: str) -> None:
    photo = pictures.picture(content_type)

    response = call("form", body=form(base64.b64encode(photo).decode()))

    assert response.status == 201
    image_id = response.body["imageID"]
    upload = aws.s3().get_object(Bucket=IMAGES, Key=f"uploads/{image_id}")
    assert (upload["Body"].read(), upload["ContentType"]) == (photo, content_type)
    assert call("show", **path_of(image_id)).body == response.body
    assert response.body["status"] == "PENDING"
    assert response.body["contentType"] == content_type


@pytest.mark.parametrize(
    "photo",
    [
        PNG,
        f"data:image/png;base64,{PNG}",
        f"data:image/png;charset=utf-8;base64,{PNG}",
        f"data:image/jpeg;base64,{PNG}",  # the type is detected from the content
        f"\n  {PNG[:40]}\r\n\t{PNG[40:]} \n",
        PNG.rstrip("="),
    ],
)
def test_base64_is_accepted_as_browsers_encode_it(photo: str) -> None:
    """fault 30"""
    response = call("form", body=form(photo))

    assert (response.status, response.body.get("contentType")) == (201, "image/png")


@pytest.mark.parametrize(
    "photo",
    [
        "",
        " \n",
        "=",
        "data:image/png;base64,",
        "data:image/png,abc",
        "%%%%",
        "ab-_",
        "QQQQQ",
        "ümlaut",
    ],
)
def test_invalid_base64_is_refused(photo: str) -> None:
    """fault 30"""
    response = call("form", body=form(photo))

    assert response.status == 400
    assert response.body["details"] != []
    assert rows() == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "[]",
        "NaN",
        "[" * 100_000,
        json.dumps({"userid": "ada"}),
        json.dumps({"photo": PNG}),
        form(PNG, userid=7),
        form(7),
        form(PNG, key="uploads/../x"),
    ],
)
def test_an_invalid_form_is_refused(body: str | None) -> None:
    response = call("form", body=body)

    assert response.status == 400


@pytest.mark.parametrize(
    "document",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"BM\x3a\0\0\0",
    ],
)
def test_unsupported_file_types_are_refused(document: bytes) -> None:
    """fault 35"""
    response = call("form", body=form(base64.b64encode(document).decode()))

    assert response.status == 400
    assert rows() == []


def test_a_photo_of_two_megabytes_is_accepted() -> None:
    photo = pictures.picture(pictures.PNG).ljust(2 * 1024 * 1024, b"\0")

    response = call("form", body=form(base64.b64encode(photo).decode()))

    assert response.status == 201


def test_a_larger_photo_is_refused_before_it_is_decoded() -> None:
    """fault 31: the text is invalid base64 as well, so a 400 would mean that it was decoded."""
    response = call("form", body=form("%" * (2 * 1024 * 1024 // 3 * 4 + 8)))

    assert response.status == 413
    assert rows() == []


@pytest.mark.parametrize("userid", ["ada", "Ada", ADA])
def test_the_userid_may_be_the_callers_name_or_sub(userid: str) -> None:
    response = call("form", body=form(PNG, userid=userid))

    assert response.status == 201


def test_the_userid_may_be_a_sub_with_capital_letters() -> None:
    """Not every issuer's `sub` is a UUID."""
    response = call("form", caller="AROAEXAMPLE:Till", body=form(PNG, userid="AROAEXAMPLE:Till"))

    assert response.status == 201


@pytest.mark.parametrize("userid", ["bob", BOB, "ada ", "*"])
def test_an_upload_as_another_user_is_refused(userid: str) -> None:
    """fault 32"""
    response = call("form", body=form(PNG, userid=userid))

    assert response.status == 403
    assert rows() == []


@pytest.mark.parametrize("case", ["form", "invite"])
def test_a_retried_request_creates_one_image(case: str) -> None:
    """fault 33"""
    first = call(case, key="k-1")

    retried = call(case, key="k-1")

    assert first.status == 201
    assert retried.without_form() == first.without_form()
    assert len(rows()) == 1


def test_a_repeated_request_gets_a_new_link_for_the_same_image() -> None:
    """fault 33. The link of the first response may have expired."""
    first = call("invite", key="k-1").body
    age_records(3600)

    repeated = call("invite", key="k-1")

    assert repeated.status == 201
    assert repeated.body["imageID"] == first["imageID"]
    assert repeated.body["expiresIn"] == 300
    assert 290 < seconds_left(repeated.body) <= 300
    assert len(rows()) == 1


def test_the_records_of_a_request_contain_no_link() -> None:
    """fault 33"""
    call("invite", key="k-1")

    found = str(records()).lower()
    assert "data" in found
    assert "signature" not in found
    assert "policy" not in found


def test_an_image_is_created_once_if_the_answer_to_its_creation_is_lost() -> None:
    """fault 120"""
    with lost_answers("PutItem", of=IMAGES_TABLE):
        assert call("invite", key="k-1").status == 500

    assert call("invite", key="k-1").status == 201
    assert len(rows()) == 1


@pytest.mark.parametrize("case", ["form", "invite"])
def test_an_image_that_was_deleted_is_not_offered_again(case: str) -> None:
    """fault 33"""
    first = call(case, key="k-1").body
    call("delete", **path_of(first["imageID"]))

    repeated = call(case, key="k-1")

    assert repeated == GONE
    assert rows() == []


def test_an_image_that_has_expired_is_not_offered_again() -> None:
    """fault 33"""
    first = call("invite", key="k-1").body
    images().add(replace(images().find(first["imageID"]), expiresAt=int(time.time()) - 1))

    assert call("invite", key="k-1") == GONE


@pytest.mark.parametrize("case", ["form", "invite"])
def test_an_image_that_was_processed_is_returned_as_it_is_now(case: str) -> None:
    """fault 33"""
    first = call(case, key="k-1").body
    images().finish(
        replace(images().find(first["imageID"]), status=Status.READY, size=10, expiresAt=0)
    )

    repeated = call(case, key="k-1")

    assert repeated.status == 201
    assert (repeated.body["imageID"], repeated.body["status"]) == (first["imageID"], "READY")
    assert "upload" not in repeated.body
    assert {"url", "thumbnailUrl"} <= repeated.body.keys()


def test_equal_keys_of_other_callers_and_routes_are_independent() -> None:
    call("invite", key="k-1")

    call("invite", key="k-1", caller=BOB)
    call("form", key="k-1")

    assert len(rows()) == 3


def test_an_idempotency_key_with_another_body_is_refused() -> None:
    """fault 33"""
    call("invite", key="k-1")

    response = call("invite", key="k-1", body='{"contentType": "image/png"}')

    assert response.status == 422
    assert len(rows()) == 1


@pytest.mark.slow
def test_concurrent_retries_create_one_image() -> None:
    """fault 33: the second request arrives while the first one writes to S3."""
    responses = []
    second = threading.Thread(target=lambda: responses.append(call("form", key="k-1")))

    def send_second(**_: Any) -> None:
        second.start()
        second.join(0.5)

    aws.s3().meta.events.register_first("before-call.s3.PutObject", send_second)

    first = call("form", key="k-1")

    second.join()
    assert first.status == 201
    assert responses == [first]
    assert len(rows()) == 1


def test_a_failed_request_can_be_retried() -> None:
    def fail(**_: Any) -> None:
        raise ConnectionError("S3 is unavailable")

    aws.s3().meta.events.register_first("before-call.s3.PutObject", fail)
    failed = call("form", key="k-1")
    aws.s3().meta.events.unregister("before-call.s3.PutObject", fail)

    retried = call("form", key="k-1")

    assert (failed.status, retried.status) == (500, 201)
    assert keys(IMAGES) == [f"uploads/{retried.body['imageID']}"]


def test_without_an_idempotency_key_equal_requests_create_two_images() -> None:
    call("form")

    call("form")

    assert len(rows()) == 2


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_an_idempotency_key_of_invalid_length_is_refused(key: str) -> None:
    response = call("form", key=key)

    assert response.status == 400


def test_an_upload_is_signed_for_one_key_one_type_and_ten_megabytes() -> None:
    """fault 40: S3 refuses whatever this policy does not allow."""
    response = call("invite").body

    policy = json.loads(base64.b64decode(response["upload"]["fields"]["policy"]))
    key = f"uploads/{response['imageID']}"
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert {"key": key} in policy["conditions"]
    assert ["content-length-range", 1, 10 * 1024 * 1024] in policy["conditions"]
    assert response["upload"]["fields"]["key"] == key
    assert response["upload"]["fields"]["Content-Type"] == "image/jpeg"
    assert response["expiresIn"] == 300
    assert 290 < seconds_left(response) <= 300


@pytest.mark.parametrize("title", ["../../etc/passwd", "${filename}", "a\0b", "ü/😀", ""])
def test_the_title_is_not_part_of_the_s3_key(title: str) -> None:
    """fault 39"""
    response = call("invite", body=json.dumps({"contentType": "image/png", "title": title}))

    assert response.status == 201
    assert response.body["upload"]["fields"]["key"] == f"uploads/{response.body['imageID']}"
    assert call("show", **path_of(response.body["imageID"])).body.get("title", "") == title


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contentType": "image/svg+xml"},
        {"contentType": "text/html"},
        {"contentType": "image/jpeg", "title": "x" * 201},
        {"contentType": "image/jpeg", "title": "\ud800"},
        {"contentType": "image/jpeg", "key": "uploads/mine"},
    ],
)
def test_an_invalid_upload_request_is_refused(body: dict[str, str]) -> None:
    """fault 39"""
    response = call("invite", body=json.dumps(body))

    assert response.status == 400
    assert rows() == []


def test_images_are_listed_newest_first_page_by_page() -> None:
    made = [stored(createdAt=f"2026-11-20T09:00:0{second}.000Z") for second in range(3)]
    stored(owner=BOB)

    first = call("list", queryStringParameters={"limit": "2"}).body
    rest = call("list", queryStringParameters={"limit": "2", "next": first["next"]}).body

    listed = [image["imageID"] for image in first["images"] + rest["images"]]
    assert listed == [image.imageID for image in reversed(made)]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "-1"}, {"limit": "1000000000"}, {"next": "AAAA"}]
)
def test_an_invalid_limit_or_page_token_is_refused(query: dict[str, str]) -> None:
    """fault 43"""
    response = call("list", queryStringParameters=query)

    assert response.status == 400


def test_a_ready_image_has_signed_urls_and_metadata() -> None:
    image = ready(title="The shop")

    shown = call("show", **path_of(image.imageID)).body

    assert shown["metadata"] == {"exif": {}}
    assert (shown["status"], shown["width"], shown["height"]) == ("READY", 60, 40)
    for url, content_type in ((shown["url"], "image/jpeg"), (shown["thumbnailUrl"], "image/webp")):
        query = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        assert query["response-content-type"] == content_type
        assert query["response-content-disposition"].startswith("attachment; filename=")
        assert query["X-Amz-Expires"] == "300"
    assert image.picture_key in shown["url"]
    assert image.thumbnail_key in shown["thumbnailUrl"]
    assert "owner" not in shown


def test_an_image_that_is_not_ready_has_no_url() -> None:
    """fault 35: a picture that failed is never served."""
    pending = stored()
    failed = stored(status=Status.FAILED, reason="the picture is damaged")

    shown = [call("show", **path_of(image.imageID)).body for image in (pending, failed)]

    assert [image["status"] for image in shown] == ["PENDING", "FAILED"]
    assert shown[1]["reason"] == "the picture is damaged"
    assert all("url" not in image and "thumbnailUrl" not in image for image in shown)


@pytest.mark.parametrize("case", ["show", "delete"])
def test_another_users_image_is_404(case: str) -> None:
    """fault 42"""
    image = ready()

    of_another_user = call(case, caller=BOB, **path_of(image.imageID))
    unknown = call(case, **path_of("00000000-0000-4000-8000-000000000000"))
    malformed = call(case, **path_of("..%2f"))

    assert of_another_user.status == 404
    assert of_another_user == unknown == malformed
    assert call("show", **path_of(image.imageID)).status == 200


def test_an_image_without_an_upload_is_404_after_it_expires() -> None:
    """DynamoDB deletes expired rows later, within a few days."""
    image = stored(expiresAt=int(time.time()) - 1)

    shown = call("show", **path_of(image.imageID))
    listed = call("list").body

    assert shown.status == 404
    assert listed["images"] == []


@pytest.mark.parametrize("upload", [True, False])
def test_deleting_an_image_deletes_its_row_and_all_objects(upload: bool) -> None:  # noqa: FBT001
    image = ready()
    if upload:
        aws.s3().put_object(Bucket=IMAGES, Key=image.upload_key, Body=b"again")

    response = call("delete", **path_of(image.imageID))

    assert (response.status, response.body) == (204, None)
    assert keys(IMAGES) == keys(THUMBNAILS) == []
    assert call("show", **path_of(image.imageID)).status == 404
    assert rows() == []


def test_uploads_of_all_kinds_share_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """fault 73"""
    monkeypatch.setenv("UPLOADS_PER_HOUR", "2")

    allowed = [call("form", body=form(PNG)).status, call("invite").status]
    refused = [call("form", body=form(PNG)).status, call("invite").status]

    assert (allowed, refused) == ([201, 201], [429, 429])
    assert len(rows()) == 2
    assert call("invite", caller=BOB).status == 201


def test_a_repeated_upload_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOADS_PER_HOUR", "1")

    assert [call("invite", key="once").status for _ in range(3)] == [201] * 3
