"""The `exports` function: one export at a time for each user, shown with links to its owner."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import EndpointConnectionError

from common import aws
from common.export import KEPT_SECONDS, STALLED_SECONDS, Export, prefix
from project import functions
from project.fake_aws import items
from tests.harness.api import answer
from tests.harness.exporting import QUEUE, Exporting, exporting


@pytest.fixture
def shop() -> Iterator[Exporting]:
    with exporting() as made:
        yield made


def jobs() -> int:
    """How many jobs wait in the queue."""
    attributes = aws.sqs().get_queue_attributes(
        QueueUrl=QUEUE, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def age(name: str, shop: Exporting, **earlier: int) -> None:
    """Make times in the user's row earlier by so many seconds."""
    key = {"id": {"S": f"export#{shop.subs[name]}"}}
    for field, seconds in earlier.items():
        aws.dynamodb().update_item(
            TableName="IdempotencyTable",
            Key=key,
            UpdateExpression="SET #field = #field - :seconds",
            ExpressionAttributeNames={"#field": field},
            ExpressionAttributeValues={":seconds": {"N": str(seconds)}},
        )


def test_the_first_request_starts_an_export(shop: Exporting) -> None:
    event = functions.event("exports", "show")
    event["requestContext"]["authorizer"]["claims"]["sub"] = shop.subs["ada"]

    response = functions.function("exports").handler(event, functions.context("exports"))

    assert response["statusCode"] == 202
    assert response["multiValueHeaders"]["Retry-After"] == ["5"]
    assert jobs() == 1


def test_further_requests_wait_for_the_same_export(shop: Exporting) -> None:
    first, second = shop.ask("ada"), shop.ask("ada")

    assert (first.status, second.status) == (202, 202)
    assert first.body == second.body
    assert first.body.keys() == {"status", "startedAt"}
    assert first.body["status"] == "PREPARING"
    assert jobs() == 1


def test_a_ready_export_has_links_that_expire(shop: Exporting) -> None:
    shop.export("ada")

    response = shop.ask("ada")

    assert response.status == 200
    assert response.body["status"] == "READY"
    assert response.body["expiresIn"] == 900
    [part] = response.body["parts"]
    url = urlsplit(part["url"])
    assert url.path.startswith(f"/ExportsBucket/{prefix(shop.subs['ada'])}")
    query = parse_qs(url.query)
    assert query["X-Amz-Expires"] == ["900"]
    assert query["response-content-type"] == ["application/zip"]
    assert query["response-cache-control"] == ["no-store"]
    disposition = f'attachment; filename="{part["name"]}"'
    assert query["response-content-disposition"] == [disposition]
    assert part["name"] == f"storefront-{response.body['startedAt'][:10]}.zip"
    assert part["size"] > 0


def test_users_get_their_own_exports_only(shop: Exporting) -> None:
    """fault 42"""
    shop.export("ada")
    shop.export("ben")

    ada, ben = shop.ask("ada").body, shop.ask("ben").body

    assert shop.subs["ada"] in ada["parts"][0]["url"]
    assert shop.subs["ben"] in ben["parts"][0]["url"]
    assert shop.ask("cleo").status == 202


def test_a_ready_export_is_shown_again_for_a_day(shop: Exporting) -> None:
    shop.export("ada")
    age("ada", shop, startedAt=KEPT_SECONDS - 60, expiration=KEPT_SECONDS - 60)

    kept = shop.ask("ada")
    age("ada", shop, expiration=60)
    expired = shop.ask("ada")

    assert (kept.status, expired.status) == (200, 202)
    assert jobs() == 1


def test_a_fresh_export_can_be_asked_for_once_an_hour(shop: Exporting) -> None:
    shop.export("ada")

    too_early = shop.ask("ada", "show_fresh")
    age("ada", shop, startedAt=3600)
    later = shop.ask("ada", "show_fresh")
    again = shop.ask("ada", "show_fresh")

    assert (too_early.status, later.status, again.status) == (200, 202, 202)
    assert jobs() == 1


def test_a_failed_export_is_shown_until_another_one_is_asked_for(shop: Exporting) -> None:
    shop.ask("ada")
    failed = Export.from_item(items("IdempotencyTable")[0])
    export_row(failed, status="FAILED", reason="something went wrong here")

    shown, restarted = shop.ask("ada"), shop.ask("ada", "show_fresh")

    assert shown.status == 200
    assert shown.body["status"] == "FAILED"
    assert shown.body["reason"] == "something went wrong here"
    assert restarted.status == 202
    assert restarted.body["status"] == "PREPARING"
    assert jobs() == 2


def test_an_export_without_progress_is_replaced_after_an_hour(shop: Exporting) -> None:
    shop.ask("ada")
    age("ada", shop, changedAt=STALLED_SECONDS - 60)
    shop.ask("ada")
    waiting = jobs()
    age("ada", shop, changedAt=60)

    shop.ask("ada")

    assert (waiting, jobs()) == (1, 2)


def test_an_export_that_cannot_be_queued_is_started_by_the_next_request(
    shop: Exporting,
) -> None:
    def refuse(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    aws.sqs().meta.events.register("before-call.sqs.SendMessage", refuse)
    refused = shop.ask("ada")
    aws.sqs().meta.events.unregister("before-call.sqs.SendMessage", refuse)
    repeated = shop.ask("ada")

    assert (refused.status, repeated.status) == (500, 202)
    assert jobs() == 1


def test_a_start_that_the_sdk_repeats_is_queued(shop: Exporting) -> None:
    """The answer to the first write is lost, and the second one finds the row of the first."""
    repeated: list[str] = []

    def repeat(params: Any, **_: Any) -> None:
        if not repeated:
            repeated.append("PutItem")
            item = {"TableName": "IdempotencyTable", "Item": params["Item"]}
            aws.dynamodb().put_item(**item)

    events = aws.dynamodb().meta.events
    events.register("provide-client-params.dynamodb.PutItem", repeat)
    response = shop.ask("ada")
    events.unregister("provide-client-params.dynamodb.PutItem", repeat)

    assert repeated == ["PutItem"]
    assert response.status == 202
    assert jobs() == 1


def test_an_unknown_value_of_fresh_is_refused(shop: Exporting) -> None:
    event = functions.event("exports", "show_fresh") | {"queryStringParameters": {"fresh": "yes"}}

    response = answer("exports", event)

    assert response.status == 400
    assert response.body["details"] == ["fresh: must be true or false"]


def test_the_ids_of_another_issuer_do_not_share_a_prefix() -> None:
    assert prefix("auth0|1") == "exports/auth0%7C1/"
    assert not prefix("a/b").startswith(prefix("a"))


def export_row(export: Export, **fields: str) -> None:
    """Change fields of the row of an export."""
    item = export.to_item() | {name: {"S": value} for name, value in fields.items()}
    aws.dynamodb().put_item(TableName="IdempotencyTable", Item=item)


def test_the_times_are_those_of_the_job(shop: Exporting) -> None:
    before = int(time.time())
    shop.ask("ada")
    shop.work()

    body = shop.ask("ada").body

    assert body["startedAt"] <= body["preparedAt"]
    assert Export.from_item(items("IdempotencyTable")[0]).startedAt >= before
