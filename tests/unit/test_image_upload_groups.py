"""The `image_upload` function and groups: who uploads into a group, and who sees its images."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from common import aws
from common.groups import Group, groups
from common.image import Status
from common.images import images
from tests.harness import pictures
from tests.harness.image_requests import ADA, BOB, call, path_of, ready, rows, stored
from tests.harness.stores import IMAGES_TABLE, stores


@pytest.fixture(autouse=True)
def _stores() -> Iterator[None]:
    with stores():
        yield


def group(owner: str = BOB) -> Group:
    """Store a group."""
    made = Group.new(owner, "bob", "Lamps", "")
    groups().add(made)
    return made


def in_group(group_id: str) -> dict[str, Any]:
    return {"path": f"/groups/{group_id}/images", "pathParameters": {"groupID": group_id}}


@pytest.mark.parametrize("by_path", [True, False])
def test_an_upload_to_a_group_belongs_to_the_group(by_path: bool) -> None:  # noqa: FBT001
    lamps = group()
    request = {"contentType": pictures.JPEG}

    if by_path:
        response = call("invite_into_group", body=json.dumps(request), **in_group(lamps.groupID))
    else:
        response = call("invite", body=json.dumps({**request, "groupID": lamps.groupID.upper()}))

    assert response.status == 201
    assert response.body["groupID"] == lamps.groupID
    assert images().find(response.body["imageID"]).groupID == lamps.groupID


@pytest.mark.parametrize("group_id", ["x", "5d0f4c1e-8a52-4b2e-9a70-0c1d2e3f4a5b"])
def test_an_unknown_group_is_404(group_id: str) -> None:
    body = json.dumps({"contentType": pictures.JPEG})

    assert call("invite_into_group", body=body, **in_group(group_id)).status == 404
    assert call("list_of_group", **in_group(group_id)).status == 404
    assert rows() == []


def test_all_users_list_a_groups_ready_images_newest_first() -> None:
    lamps = group()
    first, second, third = (
        ready(groupID=lamps.groupID, createdAt=f"2026-03-01T12:00:0{n}.000Z") for n in range(3)
    )
    stored(groupID=lamps.groupID)
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


def test_other_users_see_a_groups_image_without_its_metadata() -> None:
    """fault 38"""
    image = ready(groupID=group().groupID)

    own, others = (
        call("show", **path_of(image.imageID)),
        call("show", None, BOB, **path_of(image.imageID)),
    )

    assert (own.status, others.status) == (200, 200)
    assert "metadata" in own.body
    assert "metadata" not in others.body
    assert "url" in others.body


def test_only_the_owner_sees_an_image_that_is_not_ready() -> None:
    """fault 42"""
    image = stored(groupID=group().groupID)

    assert call("show", None, BOB, **path_of(image.imageID)).status == 404


def test_only_the_owner_sees_an_image_of_a_deleted_group() -> None:
    """fault 42"""
    lamps = group()
    image = ready(groupID=lamps.groupID)
    groups().remove(lamps.groupID, BOB)

    assert call("show", None, BOB, **path_of(image.imageID)).status == 404
    assert call("show", **path_of(image.imageID)).status == 200


@pytest.mark.parametrize(("caller", "status"), [(ADA, 204), (BOB, 204), ("cleo", 404)])
def test_the_owners_of_image_and_group_can_delete_the_image(caller: str, status: int) -> None:
    """fault 42"""
    image = ready(groupID=group(BOB).groupID)

    assert call("delete", None, caller, **path_of(image.imageID)).status == status
    assert (rows() == []) == (status == 204)


def test_a_page_of_a_group_tells_nothing_of_uploads_that_are_not_ready() -> None:
    """fault 61. The newest images are another user's, who has not uploaded them yet."""
    lamps = group()
    shown = [ready(groupID=lamps.groupID) for _ in range(2)]
    hidden = [stored(groupID=lamps.groupID, owner=BOB) for _ in range(50)]

    page = call("list_of_group", queryStringParameters={"limit": "1"}, **in_group(lamps.groupID))

    assert len(page.body["images"]) == 1
    position = base64.urlsafe_b64decode(page.body["next"]).decode()
    assert any(image.imageID in position for image in shown)
    assert not any(image.imageID in position for image in hidden)


def test_an_image_is_in_its_group_as_soon_as_it_is_ready() -> None:
    lamps = group()
    image = stored(groupID=lamps.groupID)

    images().finish(replace(image, status=Status.READY, expiresAt=0))

    listed = call("list_of_group", **in_group(lamps.groupID)).body["images"]
    assert [each["imageID"] for each in listed] == [image.imageID]


def test_a_row_of_an_image_that_failed_before_the_index_was_sparse_is_not_shown() -> None:
    """A row of version 0.1."""
    lamps = group()
    item = replace(stored(groupID=lamps.groupID), status=Status.FAILED).to_item()
    item["groupID"] = item.pop("groupUntilReady")
    aws.dynamodb().put_item(TableName=IMAGES_TABLE, Item=item)

    assert call("list_of_group", **in_group(lamps.groupID)).body["images"] == []
    assert images().find(item["imageID"]["S"]).groupID == lamps.groupID


def test_an_upload_into_a_group_is_one_of_the_users_uploads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """fault 73"""
    monkeypatch.setenv("UPLOADS_PER_HOUR", "1")
    lamps = group()
    body = json.dumps({"contentType": pictures.JPEG})

    into_group = [
        call("invite_into_group", body=body, **in_group(lamps.groupID)).status for _ in range(2)
    ]

    assert into_group == [201, 429]
    assert call("invite").status == 429
