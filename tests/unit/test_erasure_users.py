"""erasure: the account and its name, the records that name a user, groups and pictures.

fault 59, fault 65
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws
from common.groups import Group, groups
from common.image import Image
from common.sessions import ended_sessions
from common.user_names import REGISTRATION_SECONDS
from project import functions
from project.fake_aws import items
from tests.harness.personal_data import ADA, BEN, Person, Stores, begin, personal_data, step

pytestmark = pytest.mark.slow

NEW_ADA = Person(ADA.name, "3f0e2d3c-4b5a-4968-8776-655443322110")
"""A new user of the same name."""


@pytest.fixture(autouse=True)
def stores() -> Iterator[Stores]:
    with personal_data() as made:
        yield made


def test_a_user_who_has_the_name_by_now_stays(stores: Stores) -> None:
    begin(ADA)
    stores.pool.add(NEW_ADA.name, NEW_ADA.sub)
    stores.claim(NEW_ADA)
    stores.records(NEW_ADA)
    before = sorted(stores.contents())

    for name in ("idempotency", "user_pool", "user_names"):
        step(name, ADA)

    assert sorted(stores.contents()) == before


def test_sessions_of_a_user_who_has_the_name_by_now_do_not_end(stores: Stores) -> None:
    begin(ADA)
    stores.pool.add(NEW_ADA.name, NEW_ADA.sub)
    tokens = stores.pool.sign_in(NEW_ADA.name)

    step("sessions", ADA)

    assert stores.pool.refreshes(tokens)
    assert ended_sessions().ended_at(NEW_ADA.sub) is None


def test_a_name_that_is_being_registered_again_stays_claimed(stores: Stores) -> None:
    begin(ADA)
    stores.claim(ADA, int(time.time()) - REGISTRATION_SECONDS + 10)

    step("user_names", ADA)

    assert len(items("UserNamesTable")) == 1


def test_a_claim_that_changes_meanwhile_stays(stores: Stores) -> None:
    begin(ADA)
    stores.claim(ADA)
    late = iter([True])

    def claim_again(**_: Any) -> None:
        if next(late, False):
            stores.claim(ADA, int(time.time()))

    aws.dynamodb().meta.events.register("before-parameter-build.dynamodb.DeleteItem", claim_again)

    step("user_names", ADA)

    assert len(items("UserNamesTable")) == 1


def test_the_claims_of_other_names_stay(stores: Stores) -> None:
    begin(ADA)
    stores.claim(ADA)
    stores.claim(BEN)

    step("user_names", ADA)

    assert [row["username"]["S"] for row in items("UserNamesTable")] == [BEN.name]


def test_the_end_of_sessions_is_kept_until_it_expires(stores: Stores) -> None:
    ended_sessions().record(ADA.sub)
    begin(ADA)
    [record] = items("IdempotencyTable")

    step("idempotency", ADA)
    kept = items("IdempotencyTable")
    expired: Any = record | {"expiration": {"N": str(int(time.time()) - 1)}}
    aws.dynamodb().put_item(TableName="IdempotencyTable", Item=expired)
    step("idempotency", ADA)

    assert kept == [record]
    assert items("IdempotencyTable") == []


def test_the_record_of_a_repeatable_request_is_found(stores: Stores) -> None:
    """Its answer need not name the user; its key does."""
    event = functions.event("image_upload", "invite")
    event["headers"]["Idempotency-Key"] = "k-1"
    functions.function("image_upload").handler(event, functions.context("image_upload"))
    caller = Person("caller", event["requestContext"]["authorizer"]["claims"]["sub"])
    begin(caller)

    step("idempotency", caller)

    assert [row["id"]["S"].partition("#")[0] for row in items("IdempotencyTable")] == ["quota"]


def test_pictures_of_others_in_a_group_of_the_user_stay(stores: Stores) -> None:
    group = Group.new(ADA.sub, ADA.name, "Lamps", "")
    groups().add(group)
    picture = stores.picture(BEN, group.groupID)
    begin(ADA)

    step("groups", ADA)
    step("images", ADA)

    assert items("GroupsTable") == []
    assert [row["imageID"]["S"] for row in items("ImagesTable")] == [picture.imageID]


def test_many_images_take_many_pages(stores: Stores) -> None:
    for _ in range(60):
        stores.picture(ADA)
    begin(ADA)

    step("images", ADA)

    assert stores.left(ADA) == []


def test_an_upload_that_is_processed_late_leaves_nothing(stores: Stores) -> None:
    """An attempt that died had stored its results when the image was deleted."""
    event = functions.event("image_processing", "upload")
    image = Image.deleted("3f1c2b9e-5a7d-4e0f-8c6b-2d9a1e4f7b30")
    event["Records"][0]["body"] = (
        '{"Records": [{"s3": {"object": {"key": "' + image.upload_key + '"}}}]}'
    )
    files = (
        ("ImagesBucket", image.upload_key),
        ("ImagesBucket", image.picture_key),
        ("ImagesBucket", image.metadata_key),
        ("ThumbnailsBucket", image.thumbnail_key),
    )
    for bucket, key in files:
        aws.s3().put_object(Bucket=bucket, Key=key, Body=ADA.word.encode())

    functions.function("image_processing").handler(event, functions.context())

    assert stores.left(ADA) == []
