"""The `search_indexer` function with a real OpenSearch."""

from __future__ import annotations

import io
import json
import random
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.credentials import Credentials

from common import aws
from common.api.errors import Conflict, Unavailable
from common.groups import Group, groups
from common.image import Image, Status
from common.images import images
from common.orders import Order
from common.search import OpenSearch, opensearch
from ops.reindex import Indexer, reindex
from ops.stack import DeployedStack
from project import functions
from tests.harness.clocks import first_look_differs
from tests.harness.simulator.opensearch import served
from tests.search.conftest import Index

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.filterwarnings("ignore:No application metrics"),
]

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
GROUP_ID = "9b2d7c1e-0f4a-4c3b-8e5d-6a7b8c9d0e1f"
NOON = "2026-03-01T12:00:00.123Z"


def order_id(number: int) -> str:
    return f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0001"


def store_order(number: int, item: str = "Desk lamp", placed_at: str = NOON) -> None:
    content = {"item": item, "note": "Grüße an Björn"}
    order = Order(order_id(number), content, ADA, placed_at)
    aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())


def delete_order(number: int) -> None:
    aws.dynamodb().delete_item(TableName="OrdersTable", Key={"orderID": {"S": order_id(number)}})


def handle(*keys: dict[str, Any]) -> list[str]:
    """Send the indexer one record per key. Returns the sequence numbers of the failed ones."""
    [record, *_] = functions.event("search_indexer", "new_orders")["Records"]
    records = [
        record | {"dynamodb": record["dynamodb"] | {"Keys": key, "SequenceNumber": f"{n:021d}"}}
        for n, key in enumerate(keys)
    ]
    response = invoke({"Records": records})
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def handle_orders(numbers: Iterable[int]) -> list[str]:
    return handle(*({"orderID": {"S": order_id(number)}} for number in numbers))


def invoke(event: dict[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = functions.function("search_indexer").handler(
        event, functions.context()
    )
    return response


def failed_events() -> list[dict[str, Any]]:
    s3, bucket = aws.s3(), "FailedEventsBucket"
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


class InProcess:
    """A Lambda client that invokes the function in this process."""

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: ARG002, N803
        response = json.dumps(invoke(json.loads(Payload)))
        return {"Payload": io.BytesIO(response.encode())}


class TheStack(DeployedStack):
    def resources(self, resource_type: str) -> dict[str, str]:
        return {"SearchIndexerFunction": resource_type}


def rebuild() -> int:
    return reindex(Indexer(TheStack("storefront", "here", lambda *_, **__: InProcess())))


def step(name: str, **request: Any) -> dict[str, Any]:
    return invoke({"reindex": name, **request})


def test_only_the_text_of_a_document_is_searchable(index: Index) -> None:
    store_order(1)

    handle_orders([1])

    key = f"order:{order_id(1)}"
    for text in ("lamp", "DESK", "bjorn grusse", order_id(1)):
        assert index.found({"match": {"text": {"query": text, "operator": "and"}}}) == {key}
    assert index.found({"term": {"visibleTo": ADA}}) == {key}
    assert index.found({"range": {"at": {"gte": "2026-03-01", "lt": "2026-03-02"}}}) == {key}
    assert index.found({"match": {"text": ADA}}) == set()
    assert set(index.documents()[key]) == {"key", "type", "visibleTo", "owner", "at", "data"}
    settings = index.ask("GET", f"/{index.alias}.1/_settings")[f"{index.alias}.1"]["settings"]
    assert settings["index"]["number_of_shards"] == "1"
    assert settings["index"]["gc_deletes"] == "1h"


def test_camera_and_place_are_searchable_in_the_owners_text_only(index: Index) -> None:
    shown = image()
    taken = {"Model": "Box", "DateTimeOriginal": "2026-02-28T09:30:00"}
    metadata = {"exif": taken, "iptc": {"City": "Wien"}, "gps": {"GPSLatitude": 48.25}}
    body = json.dumps(metadata).encode()
    aws.s3().put_object(Bucket="ImagesBucket", Key=shown.metadata_key, Body=body)

    handle({"imageID": {"S": shown.imageID}})

    key = f"image:{shown.imageID}"
    for text in ("wien", "48.25", "box", "2026-02-28"):
        assert index.found({"match": {"ownText": text}}) == {key}
        assert index.found({"match": {"text": text}}) == set()


def image(number: int = 1, group_id: str = "") -> Image:
    made = Image(
        imageID=order_id(number),
        owner=ADA,
        createdAt=NOON,
        contentType="image/jpeg",
        status=Status.READY,
        groupID=group_id,
    )
    images().add(made)
    return made


def test_a_stale_reader_restores_neither_old_nor_deleted_documents(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 49"""
    store_order(1, "new")
    store_order(2, "deleted")
    handle_orders([1, 2])
    delete_order(1)
    delete_order(2)
    handle_orders([2])
    store_order(1, "old")
    store_order(2, "old")

    with monkeypatch.context() as earlier:
        first_look_differs(earlier, -60, "time_ns", "monotonic_ns")
        failed = handle_orders([1, 2])

    assert failed == []
    [document] = index.documents().values()
    assert document["data"]["order"]["item"] == "new"


def test_a_change_is_indexed_while_the_clock_is_set(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 128"""
    store_order(1, "old")
    store_order(2, "deleted")
    handle_orders([1, 2])
    store_order(1, "new")
    delete_order(2)

    with monkeypatch.context() as late:
        first_look_differs(late, -60, "time_ns")
        failed = handle_orders([1, 2])

    assert failed == []
    [document] = index.documents().values()
    assert document["data"]["order"]["item"] == "new"


def test_a_retried_record_changes_nothing(index: Index) -> None:
    """fault 49"""
    store_order(1)
    handle_orders([1])
    before = index.documents()

    assert handle_orders([1, 1]) == []

    assert index.documents() == before


def test_only_the_document_with_an_invalid_date_is_rejected(index: Index) -> None:
    """fault 49"""
    store_order(1)
    store_order(2, placed_at="yesterday")
    store_order(3)

    assert handle_orders([1, 2, 3]) == []

    assert set(index.documents()) == {f"order:{order_id(1)}", f"order:{order_id(3)}"}
    [failed_event] = failed_events()
    [record] = json.loads(failed_event["payload"])["Records"]
    assert record["dynamodb"]["Keys"] == {"orderID": {"S": order_id(2)}}
    assert failed_event["responseContext"]["functionError"] == "mapper_parsing_exception"


def test_concurrent_first_writes_create_one_index(index: Index) -> None:
    for number in range(40):
        store_order(number)

    with ThreadPoolExecutor(8) as threads:
        parts = [range(start, start + 5) for start in range(0, 40, 5)]
        failed = list(threads.map(handle_orders, parts))

    assert failed == [[]] * 8
    assert index.indexes() == {f"{index.alias}.1"}
    assert len(index.documents()) == 40


def test_a_deletion_as_the_first_write_creates_no_index_with_the_name_of_the_alias(
    index: Index,
) -> None:
    assert handle_orders([1]) == []

    assert index.indexes() == {f"{index.alias}.1"}
    assert index.documents() == {}


def test_images_of_a_deleted_group_become_visible_to_their_owners_only(index: Index) -> None:
    groups().add(Group(GROUP_ID, ADA, "ada", "Lamps", "of brass", NOON))
    for number in range(120):
        image(number, group_id=GROUP_ID)
    handle(*({"imageID": {"S": order_id(number)}} for number in range(120)))
    shared = len(index.found({"term": {"visibleTo": "everybody"}}))
    groups().remove(GROUP_ID, ADA)

    assert handle({"groupID": {"S": GROUP_ID}}) == []

    assert shared > 0
    assert index.found({"term": {"visibleTo": "everybody"}}) == set()
    assert len(index.documents()) == 120


def test_a_rebuild_creates_a_missing_index(
    index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    store_order(1)

    status = rebuild()

    assert status == 0
    assert index.indexes() == {f"{index.alias}.2"}
    assert set(index.documents()) == {f"order:{order_id(1)}"}
    assert f"search now uses {index.alias}.2: 1 documents" in capsys.readouterr().out


def test_a_rebuild_removes_stray_documents_and_reports_rejected_rows(
    index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 49"""
    store_order(1)
    handle_orders([1])
    index.ask("PUT", f"/{index.alias}/_doc/order:stray", {"key": "order:stray"})
    store_order(2, placed_at="yesterday")

    status = rebuild()

    assert status == 1
    assert set(index.documents()) == {f"order:{order_id(1)}"}
    assert f"order:{order_id(2)}  mapper_parsing_exception" in capsys.readouterr().err


def test_a_rebuild_with_concurrent_changes_results_in_the_state_of_the_tables(index: Index) -> None:
    """fault 49. Every record is handled after its row has changed, late and in random order."""
    chance = random.Random(49)
    for number in range(1200):
        store_order(number)
    done = threading.Event()
    late: list[int] = []

    def change() -> None:
        while not done.is_set() or late:
            for _ in range(5 * (not done.is_set())):
                number = chance.randrange(1400)
                delete_order(number)
                if chance.random() < 0.5:
                    store_order(number, f"Lamp {chance.random()}")
                late.append(number)
            chance.shuffle(late)
            batch, late[:] = late[:7], late[7:]
            late.extend(batch[int(failed)] for failed in handle_orders(batch))

    with ThreadPoolExecutor(1) as threads:
        changing = threads.submit(change)
        try:
            statuses = [rebuild(), rebuild()]
        finally:
            done.set()
        changing.result()

    stored = {
        f"order:{item['orderID']['S']}": item["order"]["M"]["item"]["S"]
        for page in aws.dynamodb().get_paginator("scan").paginate(TableName="OrdersTable")
        for item in page["Items"]
    }
    found = {key: each["data"]["order"]["item"] for key, each in index.documents().items()}
    assert statuses == [0, 0]
    assert failed_events() == []
    assert found == stored
    assert index.indexes() == {f"{index.alias}.3"}


def test_an_abandoned_rebuild_is_replaced_by_the_next_one(index: Index) -> None:
    store_order(1)
    handle_orders([1])
    first = step("begin")["rebuild"]
    step("load", rebuild=first, table="order")

    begun = step("begin")
    second = begun["rebuild"]
    for late in ({"name": "load", "table": "order"}, {"name": "finish"}):
        with pytest.raises(Conflict):
            step(**late, rebuild=first)
    for table in begun["tables"]:
        step("load", rebuild=second, table=table)
    step("finish", rebuild=second)

    assert index.indexes() == {f"{index.alias}.2"}
    assert len(index.documents()) == 1
    assert index.ask("GET", f"/_alias/{index.alias}.next")["status"] == 404


def test_the_fake_of_the_unit_tests_responds_like_the_real_one(index: Index) -> None:
    def line(action: str, version: int, key: str = "a", *, require_alias: bool = False) -> str:
        head = {"_id": key, "version": version, "version_type": "external_gte"}
        more = {"require_alias": True} if require_alias else {}
        return json.dumps({action: head | more}) + "\n"

    guard = '{"update": {"_id": "-", "require_alias": true}}\n{"doc": {}}\n'
    document = '{"key": "a"}\n'
    name = index.alias
    made = json.dumps({"aliases": {name: {"is_write_index": True}}}).encode()
    requests: list[tuple[str, str, str]] = [
        ("GET", f"/_alias/{name}", ""),
        ("POST", f"/{name}/_bulk", guard + line("delete", 3)),
        ("POST", f"/{name}/_bulk", guard + line("index", 3, require_alias=True) + document),
        ("PUT", f"/{name}.1", made.decode()),
        ("PUT", f"/{name}.1", made.decode()),
        ("GET", f"/_alias/{name}", ""),
        ("PUT", f"/{name}.2", made.decode()),
        ("POST", f"/{name}/_bulk", guard + line("index", 3, require_alias=True) + document),
        ("POST", f"/{name}/_bulk", guard + line("index", 3, require_alias=True) + document),
        ("POST", f"/{name}/_bulk", guard + line("index", 2, require_alias=True) + document),
        ("POST", f"/{name}/_bulk", guard + line("delete", 2)),
        ("POST", f"/{name}/_bulk", guard + line("delete", 4) + line("delete", 4, "b")),
        ("POST", f"/{name}/_bulk", guard + line("index", 3, require_alias=True) + document),
        ("POST", f"/{name}/_bulk", guard + line("index", 5, require_alias=True) + document),
    ]

    real = [essence(opensearch(), *request) for request in requests]
    with served() as (_, url):
        client = OpenSearch(url, Credentials("test", "test"), "us-east-1")
        fake = [essence(client, *request) for request in requests]

    assert fake == real


def essence(client: OpenSearch, method: str, path: str, body: str) -> Any:
    """Return the parts of a response that the indexer uses."""
    try:
        response = client.request(method, path, body.encode())
    except Unavailable as fault:
        return str(fault)
    if "items" not in response.body:
        return response.status, error(response.body), path in response.body
    items = [item for each in response.body["items"] for item in each.values()]
    return response.status, [(item["status"], *error(item)) for item in items]


def error(response: dict[str, Any]) -> tuple[str, ...]:
    found = response.get("error", {})
    return (found["type"], found.get("index", "")) if "type" in found else ()
