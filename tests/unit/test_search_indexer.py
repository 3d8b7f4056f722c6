"""The `search_indexer` function: documents follow the tables, and no record is lost."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from common import aws
from common.dynamodb import batches
from common.groups import Group, groups
from common.image import Image, Status
from common.image_summary import summary
from common.images import images
from common.orders import Order
from ops.dead_letters.buckets import BucketSource
from project import functions
from project.fake_aws import all_tables
from tests.harness.clocks import first_look_differs
from tests.harness.heaviest import records
from tests.harness.heaviest.records import CONTROL
from tests.harness.observability import Log, metrics
from tests.harness.simulator.opensearch import OpenSearch, Trouble, served

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the owner in most of events/search_indexer
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
IMAGE_ID = "3f1c2b9e-5a7d-4e0f-8c6b-2d9a1e4f7b30"
GROUP_ID = "9b2d7c1e-0f4a-4c3b-8e5d-6a7b8c9d0e1f"
ORDER_IDS = [f"0000000{n}-c6af-4cdb-9ab1-3b5c2e0f0001" for n in (1, 2, 3)]
NOON = "2026-03-01T12:00:00.123Z"
BUCKET = "FailedEventsBucket"

METADATA = {
    "format": {"name": "JPEG", "contentType": "image/jpeg"},
    "exif": {"Make": "ACME", "Model": "Box 1", "DateTimeOriginal": "2026-02-28T09:30:00"},
    "gps": {"GPSLatitude": 48.2082, "GPSLongitude": 16.3738, "GPSTimeStamp": "09:30:00Z"},
    "iptc": {"City": "Wien", "Country/PrimaryLocationName": "Austria"},
    "xmp": {"photoshop:State": "Wien-Stadt", "photoshop:City": "not asked"},
}


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSearch]:
    """An empty OpenSearch, and empty tables and buckets."""
    with (
        all_tables(),
        served() as (engine, url),
    ):
        for bucket in ("ImagesBucket", BUCKET):
            aws.s3().create_bucket(Bucket=bucket)
        monkeypatch.setenv("SEARCH_URL", url)
        yield engine


def handle(event: dict[str, Any]) -> list[str]:
    """Return the sequence numbers that the function reports as failed."""
    response = functions.function("search_indexer").handler(event, functions.context())
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def sequence_numbers(event: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]


def store_orders(*order_ids: str, item: str = "Desk lamp, brass") -> None:
    for order_id in order_ids:
        order = Order(order_id, {"item": item, "quantity": Decimal("1.5")}, ADA, NOON)
        aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())


def image(**fields: Any) -> Image:
    made = Image(
        imageID=IMAGE_ID,
        owner=ADA,
        createdAt=NOON,
        contentType="image/jpeg",
        **{"status": Status.READY, "title": "The lamp"} | fields,
    )
    images().add(made)
    return made


def group() -> None:
    groups().add(Group(GROUP_ID, ADA, "ada", "Lamps", "of brass", NOON))


def failed_events() -> list[dict[str, Any]]:
    """Return the objects in the failure destination."""
    found = aws.s3().list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [
        json.loads(aws.s3().get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read())
        for each in found
    ]


def test_a_new_order_is_visible_to_its_user(search: OpenSearch) -> None:
    store_orders(*ORDER_IDS)

    assert handle(functions.event("search_indexer", "new_orders")) == []

    assert search.documents()[f"order:{ORDER_IDS[0]}"] == {
        "key": f"order:{ORDER_IDS[0]}",
        "type": "order",
        "visibleTo": [ADA],
        "owner": ADA,
        "at": NOON,
        "data": {
            "orderID": ORDER_IDS[0],
            "order": {"item": "Desk lamp, brass", "quantity": 1.5},
            "placedBy": ADA,
            "placedAt": NOON,
            "state": "placed",
            "version": 1,
        },
    }
    assert len(search.documents()) == 3


def test_a_log_line_says_which_document_was_written(search: OpenSearch, log: Log) -> None:
    store_orders(*ORDER_IDS)

    handle(functions.event("search_indexer", "new_orders"))

    lines = [(line["message"], line["correlation_id"]) for line in log.lines()]
    assert sorted(lines) == [("document written", order_id) for order_id in sorted(ORDER_IDS)]


def test_a_message_is_visible_to_sender_and_recipient(search: OpenSearch) -> None:
    event = functions.event("search_indexer", "new_message")
    [record] = event["Records"]
    aws.dynamodb().put_item(TableName="MessagesTable", Item=record["dynamodb"]["NewImage"])

    assert handle(event) == []

    [document] = search.documents().values()
    assert document["visibleTo"] == [BEN, ADA]
    assert "owner" not in document
    assert document["data"]["text"] == "Is the lamp still there?"


def test_a_group_is_visible_to_all_users(search: OpenSearch) -> None:
    group()

    assert handle(functions.event("search_indexer", "new_group")) == []

    [document] = search.documents().values()
    assert (document["visibleTo"], document["owner"]) == (["everybody"], ADA)
    assert document["data"]["owner"] == "ada"


def test_the_table_is_read_instead_of_the_records_image(search: OpenSearch) -> None:
    store_orders(*ORDER_IDS, item="Chair")

    handle(functions.event("search_indexer", "new_orders"))

    items = {each["data"]["order"]["item"] for each in search.documents().values()}
    assert items == {"Chair"}


def test_the_document_of_a_deleted_row_is_deleted(search: OpenSearch) -> None:
    store_orders(*ORDER_IDS)
    handle(functions.event("search_indexer", "new_orders"))
    aws.dynamodb().delete_item(TableName="OrdersTable", Key={"orderID": {"S": ORDER_IDS[1]}})

    assert handle(functions.event("search_indexer", "new_orders")) == []

    assert set(search.documents()) == {f"order:{ORDER_IDS[0]}", f"order:{ORDER_IDS[2]}"}


def test_deleting_a_missing_document_is_not_an_error(search: OpenSearch) -> None:
    assert handle(functions.event("search_indexer", "message_removed")) == []
    assert handle(functions.event("search_indexer", "image_expired")) == []

    assert search.documents() == {}


def test_a_document_contains_an_images_camera_and_place(search: OpenSearch) -> None:
    """The row is one of version 0.1, which has no summary of the metadata."""
    key = image().metadata_key
    aws.s3().put_object(Bucket="ImagesBucket", Key=key, Body=json.dumps(METADATA).encode())

    assert handle(functions.event("search_indexer", "image_ready")) == []

    [document] = search.documents().values()
    assert document["visibleTo"] == [ADA]
    assert document["data"]["metadata"] == {
        "camera": "ACME Box 1",
        "takenAt": "2026-02-28T09:30:00",
    }
    assert document["data"]["place"] == {
        "latitude": 48.2082,
        "longitude": 16.3738,
        "city": "Wien",
        "province": "Wien-Stadt",
        "country": "Austria",
    }


def test_an_image_is_indexed_without_reading_its_metadata(
    search: OpenSearch, requests: list[str]
) -> None:
    """fault 60: processing has stored their summary in the row."""
    image(summary=summary(METADATA))

    assert handle(functions.event("search_indexer", "image_ready")) == []

    [document] = search.documents().values()
    assert document["data"]["metadata"]["camera"] == "ACME Box 1"
    assert document["data"]["place"]["latitude"] == 48.2082
    assert "GetObject" not in requests


@pytest.mark.parametrize(
    ("exif", "camera"),
    [
        ({"Make": "ACME", "Model": "ACME Box 1"}, "ACME Box 1"),
        ({"Model": "Box 1"}, "Box 1"),
        ({"Make": "ACME"}, "ACME"),
        ({"Make": ["ACME"], "Model": 7}, None),
        ({"Make": " ", "Model": "B" * 9000}, "B" * 200),
    ],
)
def test_a_camera_names_its_maker_once_and_has_a_maximum_length(
    search: OpenSearch, exif: dict[str, Any], camera: str | None
) -> None:
    body = json.dumps({"exif": exif, "gps": {"GPSLatitude": {"odd": 1}}}).encode()
    aws.s3().put_object(Bucket="ImagesBucket", Key=image().metadata_key, Body=body)

    handle(functions.event("search_indexer", "image_ready"))

    [document] = search.documents().values()
    assert document["data"].get("metadata", {}).get("camera") == camera
    assert "place" not in document["data"]


@pytest.mark.parametrize(
    "fields",
    [{"groupID": ""}, {"status": Status.PENDING}, {"status": Status.FAILED}, {}],
    ids=["in no group", "pending", "failed", "in a deleted group"],
)
def test_an_image_that_no_group_shows_is_visible_to_its_owner_only(
    search: OpenSearch, fields: dict[str, Any]
) -> None:
    if fields:
        group()
    image(**{"groupID": GROUP_ID, **fields})

    assert handle(functions.event("search_indexer", "image_ready")) == []

    [document] = search.documents().values()
    assert document["visibleTo"] == [ADA]
    assert "metadata" not in document["data"]


def test_images_of_a_deleted_group_become_visible_to_their_owners_only(search: OpenSearch) -> None:
    group()
    image(groupID=GROUP_ID)
    handle(functions.event("search_indexer", "image_ready"))
    [shown] = search.documents().values()
    handle(functions.event("search_indexer", "new_group"))
    groups().remove(GROUP_ID, ADA)

    assert handle(functions.event("search_indexer", "group_removed")) == []

    [hidden] = search.documents().values()
    assert (shown["visibleTo"], hidden["visibleTo"]) == ([ADA, "everybody"], [ADA])


def test_a_group_deletion_is_retried_until_its_images_are_hidden(search: OpenSearch) -> None:
    """fault 49"""
    image(groupID=GROUP_ID)
    search.poisonous[f"image:{IMAGE_ID}"] = (429, "rejected_execution_exception")
    event = functions.event("search_indexer", "group_removed")

    failed = handle(event)

    assert failed == sequence_numbers(event)


def test_a_stale_reader_does_not_restore_an_old_document(
    search: OpenSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    handle(event)
    aws.dynamodb().delete_item(TableName="OrdersTable", Key={"orderID": {"S": ORDER_IDS[0]}})
    handle(event)
    store_orders(ORDER_IDS[0], item="stale")

    with monkeypatch.context() as earlier:
        first_look_differs(earlier, -60, "time_ns", "monotonic_ns")
        failed = handle(event)

    assert failed == []
    assert f"order:{ORDER_IDS[0]}" not in search.documents()


def test_a_change_after_one_by_a_clock_that_was_ahead_is_indexed(
    search: OpenSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 121"""
    event = functions.event("search_indexer", "new_orders")
    store_orders(*ORDER_IDS)
    later = time.time_ns() + 1000 * 10**9
    with monkeypatch.context() as ahead:
        ahead.setattr("time.time_ns", lambda: later)
        handle(event)
    store_orders(ORDER_IDS[0], item="Chair")
    aws.dynamodb().delete_item(TableName="OrdersTable", Key={"orderID": {"S": ORDER_IDS[1]}})

    assert handle(event) == []

    changed = search.documents()[f"order:{ORDER_IDS[0]}"]
    assert changed["data"]["order"]["item"] == "Chair"
    assert f"order:{ORDER_IDS[1]}" not in search.documents()


def test_a_change_is_indexed_while_the_clock_is_set(
    search: OpenSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 128"""
    event = functions.event("search_indexer", "new_orders")
    store_orders(*ORDER_IDS)
    handle(event)
    store_orders(ORDER_IDS[0], item="Chair")
    aws.dynamodb().delete_item(TableName="OrdersTable", Key={"orderID": {"S": ORDER_IDS[1]}})

    with monkeypatch.context() as late:
        first_look_differs(late, -60, "time_ns")
        failed = handle(event)

    assert failed == []
    assert search.documents()[f"order:{ORDER_IDS[0]}"]["data"]["order"]["item"] == "Chair"
    assert f"order:{ORDER_IDS[1]}" not in search.documents()


@pytest.mark.parametrize("trouble", Trouble)
def test_the_whole_batch_is_retried_if_opensearch_is_unavailable(
    search: OpenSearch, trouble: Trouble, log: Log
) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    search.trouble = trouble

    failed = handle(event)
    search.trouble = None
    retried = handle(event)

    assert (failed, retried) == (sequence_numbers(event), [])
    assert len(search.documents()) == 3
    assert failed_events() == []
    assert "brass" not in log.text.getvalue()


def test_the_whole_batch_is_retried_if_the_table_cannot_be_read(search: OpenSearch) -> None:
    aws.dynamodb().delete_table(TableName="OrdersTable")
    event = functions.event("search_indexer", "new_orders")

    assert handle(event) == sequence_numbers(event)


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_batch_is_retried_from_the_first_record_that_fails_temporarily(
    search: OpenSearch, status: int
) -> None:
    """fault 49. 403: the index is read-only because the disk is full."""
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    search.poisonous[f"order:{ORDER_IDS[1]}"] = (status, "cluster_block_exception")

    assert handle(event) == sequence_numbers(event)[1:]
    assert failed_events() == []


def test_only_the_rejected_document_goes_to_the_failure_destination(
    search: OpenSearch, capsys: pytest.CaptureFixture[str], log: Log
) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    search.poisonous[f"order:{ORDER_IDS[1]}"] = (400, "mapper_parsing_exception")

    assert handle(event) == []

    [failed_event] = failed_events()
    assert json.loads(failed_event["payload"]) == {"Records": [event["Records"][1]]}
    assert failed_event["requestContext"]["condition"] == "DocumentRejected"
    assert failed_event["requestContext"]["functionArn"] == functions.context().invoked_function_arn
    assert failed_event["responseContext"]["functionError"] == "mapper_parsing_exception"
    assert set(search.documents()) == {f"order:{ORDER_IDS[0]}", f"order:{ORDER_IDS[2]}"}
    counts = metrics(capsys.readouterr().out)
    assert counts == {"DocumentsIndexed": 2, "DocumentsDeleted": 0, "DocumentsRejected": 1}
    assert "brass" not in log.text.getvalue()


def test_an_invalid_row_goes_to_the_failure_destination(search: OpenSearch) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS[1:])
    aws.dynamodb().put_item(
        TableName="OrdersTable",
        Item={"orderID": {"S": ORDER_IDS[0]}, "order": {"S": "a lamp"}},
    )

    assert handle(functions.event("search_indexer", "new_orders")) == []

    [failed_event] = failed_events()
    assert failed_event["responseContext"]["functionError"] == "TypeError"
    assert len(search.documents()) == 2


def test_a_retried_batch_sends_a_rejected_record_to_the_failure_destination_once(
    search: OpenSearch,
) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    search.poisonous = {
        f"order:{ORDER_IDS[0]}": (429, "rejected_execution_exception"),
        f"order:{ORDER_IDS[1]}": (400, "mapper_parsing_exception"),
    }

    failed = handle(event)
    del search.poisonous[f"order:{ORDER_IDS[0]}"]
    retried = handle(event)

    assert (failed, retried) == (sequence_numbers(event), [])
    assert len(failed_events()) == 1


def test_a_rejected_record_is_retried_if_the_failure_destination_is_unavailable(
    search: OpenSearch,
) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    search.poisonous[f"order:{ORDER_IDS[1]}"] = (400, "mapper_parsing_exception")
    aws.s3().delete_bucket(Bucket=BUCKET)

    assert handle(event) == sequence_numbers(event)[1:]


def test_changes_are_written_to_the_new_index_first_during_a_rebuild(search: OpenSearch) -> None:
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    handle(event)
    rebuild = step("begin")["rebuild"]
    search.requests.clear()

    assert handle(event) == []

    assert search.requests == ["POST /storefront.next/_bulk", "POST /storefront/_bulk"]
    assert search.documents("storefront.next") == search.documents()
    assert search.aliases[f"storefront.next.{rebuild}"] == search.aliases["storefront.next"]


def test_a_batch_is_retried_if_the_new_index_fails_during_a_rebuild(search: OpenSearch) -> None:
    store_orders(*ORDER_IDS)
    event = functions.event("search_indexer", "new_orders")
    step("begin")
    search.poisonous[f"order:{ORDER_IDS[0]}"] = (500, "engine_exception")

    assert handle(event) == sequence_numbers(event)


def test_the_sample_event_starts_a_rebuild(search: OpenSearch) -> None:
    event = functions.event("search_indexer", "begin_rebuild")

    response = functions.function("search_indexer").handler(event, functions.context())

    assert f"storefront.next.{response['rebuild']}" in search.aliases


@pytest.mark.slow
def test_a_rebuild_loads_a_table_page_by_page(search: OpenSearch) -> None:
    store_orders(*(f"{n:08x}-c6af-4cdb-9ab1-3b5c2e0f0001" for n in range(1, 702)))
    rebuild = step("begin")["rebuild"]

    first = step("load", rebuild=rebuild, table="order", start=None)
    second = step("load", rebuild=rebuild, table="order", start=first["next"])

    assert (first["rows"], second["rows"], second["next"]) == (500, 201, None)
    assert len(search.documents("storefront.next")) == 701


def test_a_rebuild_reports_rows_that_it_cannot_index(search: OpenSearch) -> None:
    store_orders(*ORDER_IDS)
    search.poisonous[f"order:{ORDER_IDS[1]}"] = (400, "mapper_parsing_exception")
    rebuild = step("begin")["rebuild"]

    loaded = step("load", rebuild=rebuild, table="order")

    assert loaded["rejected"] == {f"order:{ORDER_IDS[1]}": "mapper_parsing_exception"}


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown step"):
        step("dance")


def step(name: str, **request: Any) -> dict[str, Any]:
    response: dict[str, Any] = functions.function("search_indexer").handler(
        {"reindex": name, **request}, functions.context()
    )
    return response


class InProcess:
    """A Lambda client that invokes the function in this process."""

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == functions.context().invoked_function_arn
        event = json.loads(Payload)
        response = functions.function("search_indexer").handler(event, functions.context())
        return {"Payload": io.BytesIO(json.dumps(response).encode())}


@pytest.mark.parametrize("fixed", [True, False])
def test_a_rejected_record_is_replayed_until_it_succeeds(
    search: OpenSearch, *, fixed: bool
) -> None:
    """fault 49"""
    store_orders(*ORDER_IDS)
    key = f"order:{ORDER_IDS[1]}"
    search.poisonous[key] = (400, "mapper_parsing_exception")
    handle(functions.event("search_indexer", "new_orders"))
    if fixed:
        search.poisonous.clear()
    served = {functions.context().invoked_function_arn: "SearchIndexerFunction"}
    bucket: Any = BucketSource(BUCKET, BUCKET, served, aws.s3(), InProcess())  # type: ignore[arg-type]

    with bucket.hold(30) as [dead_letter]:
        outcomes = list(bucket.replay([dead_letter]))

    assert dead_letter.error == "DocumentRejected"
    assert dead_letter.reason == "mapper_parsing_exception, after 1 attempt"
    assert [problem for _, problem in outcomes] == [""]
    assert (key in search.documents(), len(failed_events())) == ((True, 0) if fixed else (False, 1))


@pytest.mark.usefixtures("search")
def test_every_table_can_be_loaded_into_a_new_index() -> None:
    handler = functions.function("search_indexer").handler

    def step(name: str, **more: Any) -> dict[str, Any]:
        done: dict[str, Any] = handler({"reindex": name, **more}, functions.context())
        return done

    begun = step("begin")
    loaded = [step("load", rebuild=begun["rebuild"], table=name) for name in begun["tables"]]

    assert {each["rows"] for each in loaded} == {0}


OPENSEARCH_BYTES = 10 * 1024 * 1024  # OpenSearch Service guide, quotas of small instances


@pytest.mark.slow
def test_a_request_with_a_page_of_the_largest_images_is_accepted(search: OpenSearch) -> None:
    """fault 60"""
    lengths: list[int] = []
    answer = search.answer

    def measured(method: str, path: str, body: bytes) -> tuple[int, Any]:
        lengths.append(len(body))
        return answer(method, path, body)

    search.answer = measured  # type: ignore[method-assign]
    rows = [records.image(number, CONTROL).to_item() for number in range(500)]
    batches.put_items(aws.dynamodb(), "ImagesTable", rows)
    rebuild = step("begin")["rebuild"]

    loaded = step("load", rebuild=rebuild, table="image")

    assert loaded["rows"] > 100
    assert max(lengths) * 500 / loaded["rows"] <= OPENSEARCH_BYTES
