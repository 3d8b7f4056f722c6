"""AWS calls on rarely used paths, so that the list of permissions contains them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from common import aws
from common.image import Image, Status
from common.images import images
from project import functions
from project.fake_aws import all_tables, items, tables
from project.functions import event
from tests.harness import pictures
from tests.harness.api import answer
from tests.harness.cloud import Cloud

REPEATABLE = {"groups": "make_once", "image_upload": "invite", "messages": "send_once"}


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tables of the functions that accept an Idempotency-Key, and a user to write to."""
    with all_tables():
        cognito = aws.cognito()
        pool = cognito.create_user_pool(PoolName="pool")["UserPool"]["Id"]
        cognito.admin_create_user(UserPoolId=pool, Username="ben")
        monkeypatch.setenv("USER_POOL_ID", pool)
        yield


@pytest.mark.parametrize("function", REPEATABLE)
@pytest.mark.usefixtures("stores")
def test_an_existing_idempotency_record_is_read_if_a_refused_write_does_not_return_it(
    function: str,
) -> None:
    """Powertools reads the record if DynamoDB's refusal does not include it."""
    request = event(function, REPEATABLE[function])
    request["headers"]["Idempotency-Key"] = "k-1"
    first = answer(function, request)

    events = aws.dynamodb().meta.events
    events.register("after-call.dynamodb.PutItem", lambda parsed, **_: parsed.pop("Item", None))
    again = answer(function, request)

    assert first.status == 201
    assert again.without_form() == first.without_form()


@pytest.mark.slow
@pytest.mark.parametrize("function", REPEATABLE)
@pytest.mark.usefixtures("stores")
def test_a_failed_request_leaves_no_record_of_a_result(function: str) -> None:
    for table in aws.dynamodb().list_tables()["TableNames"]:
        if table != "IdempotencyTable":
            aws.dynamodb().delete_table(TableName=table)
    request = event(function, REPEATABLE[function])
    request["headers"]["Idempotency-Key"] = "k-1"

    failed = answer(function, request)

    assert failed.status >= 500
    # Only its count, and the ID that it noted, at which nothing was stored.
    found = {row["id"]["S"].partition("#")[0]: row["id"]["S"] for row in items("IdempotencyTable")}
    assert found.pop("quota")
    assert all("#begun#" in key for key in found.values())
    assert len(items("IdempotencyTable")) == len(found) + 1


def test_the_progress_of_a_failing_batch_is_saved(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDER_NOTIFICATIONS_TOPIC", f"{cloud.notifications_topic}-gone")
    publish = functions.function("orders_publisher").handler
    batch = event("orders_publisher", "one_order")

    failed = publish(batch, functions.context())

    assert len(failed["batchItemFailures"]) == 1
    assert len(items("IdempotencyTable")) == 1


def test_a_missing_upload_is_ignored() -> None:
    """S3 distinguishes missing from forbidden objects only if the caller may list the bucket."""
    batch = event("image_processing", "upload")
    [arrival] = json.loads(batch["Records"][0]["body"])["Records"]
    image_id = arrival["s3"]["object"]["key"].removeprefix("uploads/")

    with tables("ImagesTable"):
        aws.s3().create_bucket(Bucket="ImagesBucket")
        images().add(replace(Image.new("ada", pictures.JPEG), imageID=image_id))
        done = functions.function("image_processing").handler(batch, functions.context())

        assert done == {"batchItemFailures": []}
        assert images().find(image_id).status == Status.PENDING
