"""image_upload: pictures taken in, uploads handed out, and who may read and delete what."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from common import aws
from common.groups import Group, groups
from common.images import Image, Status, images
from project.functions import event
from tests.harness import pictures
from tests.harness.api import ApiResponse, answer
from tests.harness.stores import IMAGES, IMAGES_TABLE, THUMBNAILS, keys, stores

ADA = "7f0c8a44-0d6e-4c8b-9d6d-1f7c4f5a9b10"  # the caller of events/image_upload
BOB = "2b1a9c3d-4e5f-4061-8273-94a5b6c7d8e9"

PNG = base64.b64encode(pictures.picture(pictures.PNG)).decode()


@pytest.fixture(autouse=True)
def _stores() -> Iterator[None]:
    with stores():
        yield


def call(case: str, key: str | None = None, caller: str = ADA, **changes: Any) -> ApiResponse:
    """Send the event of this case, its body or query changed. `key` is the Idempotency-Key."""
    request = event("image_upload", case)
    request["headers"].pop("Idempotency-Key", None)
    if key is not None:
        request["headers"]["Idempotency-Key"] = key
    request["requestContext"]["authorizer"]["claims"]["sub"] = caller
    request.update(changes)
    return answer("image_upload", request)


def form(photo: Any, userid: Any = "ada", **more: Any) -> str:
    return json.dumps({"userid": userid, "photo": photo, **more})


def about(image_id: str) -> dict[str, Any]:
    return {"path": f"/images/{image_id}", "pathParameters": {"imageID": image_id}}


def kept(**fields: Any) -> Image:
    """An image of Ada's that stands in the table."""
    image = replace(Image.new(ADA, pictures.JPEG), **fields)
    images().add(image)
    return image


def ready(**fields: Any) -> Image:
    """A READY image of Ada's with its three files."""
    image = kept(status=Status.READY, size=10, width=60, height=40, expiresAt=0, **fields)
    aws.s3().put_object(Bucket=IMAGES, Key=image.picture_key, Body=b"picture")
    aws.s3().put_object(Bucket=IMAGES, Key=image.metadata_key, Body=b'{"exif": {}}')
    aws.s3().put_object(Bucket=THUMBNAILS, Key=image.thumbnail_key, Body=b"thumbnail")
    return image


def rows() -> list[dict[str, Any]]:
    return aws.dynamodb().scan(TableName=IMAGES_TABLE)["Items"]


@pytest.mark.parametrize("content_type", [pictures.JPEG, pictures.PNG, pictures.GIF, pictures.WEBP])
def test_a_photo_arrives_where_pictures_arrive(content_type: str) -> None:
    photo = pictures.picture(content_type)

    answer = call("form", body=form(base64.b64encode(photo).decode()))

    assert answer.status == 201
    image_id = answer.body["imageID"]
    upload = aws.s3().get_object(Bucket=IMAGES, Key=f"uploads/{image_id}")
    assert (upload["Body"].read(), upload["ContentType"]) == (photo, content_type)
    assert call("show", **about(image_id)).body == answer.body
    assert answer.body["status"] == "PENDING"
    assert answer.body["contentType"] == content_type


@pytest.mark.parametrize(
    "photo",
    [
        PNG,
        f"data:image/png;base64,{PNG}",
        f"data:image/png;charset=utf-8;base64,{PNG}",
        f"data:image/jpeg;base64,{PNG}",  # what it is, its bytes say
        f"\n  {PNG[:40]}\r\n\t{PNG[40:]} \n",
        PNG.rstrip("="),
    ],
)
def test_base64_is_taken_as_browsers_write_it(photo: str) -> None:
    """fault 30"""
    answer = call("form", body=form(photo))

    assert (answer.status, answer.body.get("contentType")) == (201, "image/png")


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
def test_what_is_no_base64_is_refused(photo: str) -> None:
    """fault 30"""
    answer = call("form", body=form(photo))

    assert answer.status == 400
    assert answer.body["details"] != []
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
def test_a_form_of_another_shape_is_refused(body: str | None) -> None:
    answer = call("form", body=body)

    assert answer.status == 400


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
def test_a_document_is_no_photo(document: bytes) -> None:
    """fault 35"""
    answer = call("form", body=form(base64.b64encode(document).decode()))

    assert answer.status == 400
    assert rows() == []


def test_a_photo_of_two_megabytes_is_taken() -> None:
    photo = pictures.picture(pictures.PNG).ljust(2 * 1024 * 1024, b"\0")

    answer = call("form", body=form(base64.b64encode(photo).decode()))

    assert answer.status == 201


def test_a_larger_photo_is_refused_before_it_is_decoded() -> None:
    """fault 31: what is refused here is no base64, which decoding would have found."""
    answer = call("form", body=form("%" * (2 * 1024 * 1024 // 3 * 4 + 8)))

    assert answer.status == 413
    assert rows() == []


@pytest.mark.parametrize("userid", ["ada", "Ada", ADA])
def test_the_caller_may_say_name_or_sub(userid: str) -> None:
    answer = call("form", body=form(PNG, userid=userid))

    assert answer.status == 201


@pytest.mark.parametrize("userid", ["bob", BOB, "ada ", "*"])
def test_nobody_uploads_as_somebody_else(userid: str) -> None:
    """fault 32"""
    answer = call("form", body=form(PNG, userid=userid))

    assert answer.status == 403
    assert rows() == []


@pytest.mark.parametrize("case", ["form", "invite"])
def test_a_repeated_request_makes_one_picture(case: str) -> None:
    """fault 33"""
    first = call(case, key="k-1")

    again = call(case, key="k-1")

    assert first.status == 201
    assert again == first
    assert len(rows()) == 1


def test_a_key_is_its_callers_and_its_routes_alone() -> None:
    call("invite", key="k-1")

    call("invite", key="k-1", caller=BOB)
    call("form", key="k-1")

    assert len(rows()) == 3


def test_a_key_with_other_content_is_refused() -> None:
    """fault 33"""
    call("invite", key="k-1")

    answer = call("invite", key="k-1", body='{"contentType": "image/png"}')

    assert answer.status == 422
    assert len(rows()) == 1


def test_two_requests_at_once_make_one_picture() -> None:
    """fault 33: the second comes while the first writes to S3, and waits for its answer."""
    answers = []
    second = threading.Thread(target=lambda: answers.append(call("form", key="k-1")))

    def meanwhile(**_: Any) -> None:
        second.start()
        second.join(0.5)

    aws.s3().meta.events.register_first("before-call.s3.PutObject", meanwhile)

    first = call("form", key="k-1")

    second.join()
    assert first.status == 201
    assert answers == [first]
    assert len(rows()) == 1


def test_a_request_that_failed_can_be_repeated() -> None:
    def fail(**_: Any) -> None:
        raise ConnectionError("S3 is gone")

    aws.s3().meta.events.register_first("before-call.s3.PutObject", fail)
    failed = call("form", key="k-1")
    aws.s3().meta.events.unregister("before-call.s3.PutObject", fail)

    again = call("form", key="k-1")

    assert (failed.status, again.status) == (500, 201)
    assert keys(IMAGES) == [f"uploads/{again.body['imageID']}"]


def test_without_a_key_nothing_is_merged() -> None:
    call("form")

    call("form")

    assert len(rows()) == 2


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_of_a_wrong_length_is_refused(key: str) -> None:
    answer = call("form", key=key)

    assert answer.status == 400


def test_an_upload_is_signed_for_one_key_one_type_and_ten_megabytes() -> None:
    """fault 40: what S3 refuses is what this policy says."""
    answer = call("invite").body

    policy = json.loads(base64.b64decode(answer["upload"]["fields"]["policy"]))
    key = f"uploads/{answer['imageID']}"
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert {"key": key} in policy["conditions"]
    assert ["content-length-range", 1, 10 * 1024 * 1024] in policy["conditions"]
    assert answer["upload"]["fields"]["key"] == key
    assert answer["upload"]["fields"]["Content-Type"] == "image/jpeg"
    assert answer["expiresIn"] == 300
    until = time.mktime(time.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 290 < until - time.time() <= 300


@pytest.mark.parametrize("title", ["../../etc/passwd", "${filename}", "a\0b", "ü/😀", ""])
def test_no_name_of_a_clients_gets_into_a_key(title: str) -> None:
    """fault 39"""
    answer = call("invite", body=json.dumps({"contentType": "image/png", "title": title}))

    assert answer.status == 201
    assert answer.body["upload"]["fields"]["key"] == f"uploads/{answer.body['imageID']}"
    assert call("show", **about(answer.body["imageID"])).body.get("title", "") == title


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
def test_an_upload_of_anything_else_is_refused(body: dict[str, str]) -> None:
    """fault 39"""
    answer = call("invite", body=json.dumps(body))

    assert answer.status == 400
    assert rows() == []


def test_images_are_listed_newest_first_page_by_page() -> None:
    made = [kept(createdAt=f"2026-11-20T09:00:0{second}.000Z") for second in range(3)]
    kept(owner=BOB)

    first = call("list", queryStringParameters={"limit": "2"}).body
    rest = call("list", queryStringParameters={"limit": "2", "next": first["next"]}).body

    listed = [image["imageID"] for image in first["images"] + rest["images"]]
    assert listed == [image.imageID for image in reversed(made)]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "-1"}, {"limit": "1000000000"}, {"next": "AAAA"}]
)
def test_a_page_that_is_none_is_refused(query: dict[str, str]) -> None:
    """fault 43"""
    answer = call("list", queryStringParameters=query)

    assert answer.status == 400


def test_an_image_that_is_ready_shows_where_it_is_and_what_it_says() -> None:
    image = ready(title="The shop")

    shown = call("show", **about(image.imageID)).body

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


def test_an_image_that_is_not_ready_has_no_address() -> None:
    """fault 35: what failed is never served."""
    pending = kept()
    failed = kept(status=Status.FAILED, reason="the picture is damaged")

    shown = [call("show", **about(image.imageID)).body for image in (pending, failed)]

    assert [image["status"] for image in shown] == ["PENDING", "FAILED"]
    assert shown[1]["reason"] == "the picture is damaged"
    assert all("url" not in image and "thumbnailUrl" not in image for image in shown)


@pytest.mark.parametrize("case", ["show", "delete"])
def test_somebody_elses_image_does_not_exist(case: str) -> None:
    """fault 42"""
    image = ready()

    answer = call(case, caller=BOB, **about(image.imageID))
    unknown = call(case, **about("00000000-0000-4000-8000-000000000000"))
    nonsense = call(case, **about("..%2f"))

    assert answer.status == 404
    assert answer == unknown == nonsense
    assert call("show", **about(image.imageID)).status == 200


def test_an_image_that_never_came_is_gone_when_its_time_is_over() -> None:
    """DynamoDB removes it later, within days."""
    image = kept(expiresAt=int(time.time()) - 1)

    shown = call("show", **about(image.imageID))
    listed = call("list").body

    assert shown.status == 404
    assert listed["images"] == []


@pytest.mark.parametrize("upload", [True, False])
def test_a_deleted_image_is_gone_whole(upload: bool) -> None:  # noqa: FBT001
    image = ready()
    if upload:
        aws.s3().put_object(Bucket=IMAGES, Key=image.upload_key, Body=b"again")

    answer = call("delete", **about(image.imageID))

    assert (answer.status, answer.body) == (204, None)
    assert keys(IMAGES) == keys(THUMBNAILS) == []
    assert call("show", **about(image.imageID)).status == 404
    assert rows() == []


def group(owner: str = BOB) -> Group:
    """A group that stands in its table."""
    made = Group.new(owner, "bob", "Lamps", "")
    groups().add(made)
    return made


def in_group(group_id: str) -> dict[str, Any]:
    return {"path": f"/groups/{group_id}/images", "pathParameters": {"groupID": group_id}}


@pytest.mark.parametrize("by_path", [True, False])
def test_an_upload_into_a_group_is_the_groups(by_path: bool) -> None:  # noqa: FBT001
    lamps = group()
    wanted = {"contentType": pictures.JPEG}

    if by_path:
        answer = call("invite_into_group", body=json.dumps(wanted), **in_group(lamps.groupID))
    else:
        answer = call("invite", body=json.dumps({**wanted, "groupID": lamps.groupID.upper()}))

    assert answer.status == 201
    assert answer.body["groupID"] == images().find(answer.body["imageID"]).groupID == lamps.groupID


@pytest.mark.parametrize("group_id", ["x", "5d0f4c1e-8a52-4b2e-9a70-0c1d2e3f4a5b"])
def test_there_is_no_upload_into_a_group_that_is_none(group_id: str) -> None:
    body = json.dumps({"contentType": pictures.JPEG})

    assert call("invite_into_group", body=body, **in_group(group_id)).status == 404
    assert call("list_of_group", **in_group(group_id)).status == 404
    assert rows() == []


def test_a_group_shows_what_is_ready_to_anybody_newest_first() -> None:
    lamps = group()
    first, second, third = (
        ready(groupID=lamps.groupID, createdAt=f"2026-03-01T12:00:0{n}.000Z") for n in range(3)
    )
    kept(groupID=lamps.groupID)
    ready()

    pages = [call("list_of_group", queryStringParameters={"limit": "2"}, **in_group(lamps.groupID))]
    while following := pages[-1].body["next"]:
        query = {"limit": "2", "next": following}
        pages.append(call("list_of_group", queryStringParameters=query, **in_group(lamps.groupID)))

    listed = [image for page in pages for image in page.body["images"]]
    assert [image["imageID"] for image in listed] == [
        image.imageID for image in (third, second, first)
    ]
    assert all({"url", "thumbnailUrl"} <= image.keys() for image in listed)
    assert not any("metadata" in image for image in listed)


def test_an_image_in_a_group_is_shown_to_others_without_what_it_says() -> None:
    """fault 38"""
    image = ready(groupID=group().groupID)

    own, others = (
        call("show", **about(image.imageID)),
        call("show", None, BOB, **about(image.imageID)),
    )

    assert (own.status, others.status) == (200, 200)
    assert "metadata" in own.body
    assert "metadata" not in others.body
    assert "url" in others.body


def test_an_image_that_is_not_ready_is_its_owners_alone() -> None:
    """fault 42"""
    image = kept(groupID=group().groupID)

    assert call("show", None, BOB, **about(image.imageID)).status == 404


def test_a_group_that_is_gone_shows_nothing() -> None:
    """fault 42"""
    lamps = group()
    image = ready(groupID=lamps.groupID)
    groups().remove(lamps.groupID, BOB)

    assert call("show", None, BOB, **about(image.imageID)).status == 404
    assert call("show", **about(image.imageID)).status == 200


@pytest.mark.parametrize(("caller", "status"), [(ADA, 204), (BOB, 204), ("cleo", 404)])
def test_an_image_in_a_group_is_for_its_owner_and_the_groups_to_delete(
    caller: str, status: int
) -> None:
    """fault 42"""
    image = ready(groupID=group(BOB).groupID)

    assert call("delete", None, caller, **about(image.imageID)).status == status
    assert (rows() == []) == (status == 204)


def test_a_token_of_one_group_is_none_of_another() -> None:
    """fault 43"""
    lamps, chairs = group(), group()
    for _ in range(2):
        ready(groupID=lamps.groupID)
    query = {"limit": "1"}
    first = call("list_of_group", queryStringParameters=query, **in_group(lamps.groupID)).body

    query = {"next": first["next"]}
    other = call("list_of_group", queryStringParameters=query, **in_group(chairs.groupID))

    assert other.status == 400
