"""search_indexer on a real OpenSearch."""

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
from common.images import Image, Status, images
from common.orders import Order
from common.search import OpenSearch, opensearch
from ops.reindex import Indexer, reindex
from ops.stack import DeployedStack
from project import functions
from tests.harness.simulator.opensearch import served
from tests.search.conftest import Index

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.filterwarnings("ignore:No application metrics"),
]

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"
GROUP_ID = "9b2d7c1e-0f4a-4c3b-8e5d-6a7b8c9d0e1f"
NOON = "2026-03-01T12:00:00.123Z"
PAST = 1_772_366_400_000_000_000


def order_id(number: int) -> str:
    return f"{number:08x}-c6af-4cdb-9ab1-3b5c2e0f0001"


def keep(number: int, item: str = "Desk lamp", placed_at: str = NOON) -> None:
    content = {"item": item, "note": "Grüße an Björn"}
    order = Order(order_id(number), content, ADA, placed_at)
    aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())


def remove(number: int) -> None:
    aws.dynamodb().delete_item(TableName="OrdersTable", Key={"orderID": {"S": order_id(number)}})


def handle(*keys: dict[str, Any]) -> list[str]:
    """Hand the indexer a record of each key; the records to begin again with."""
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


def letters() -> list[dict[str, Any]]:
    s3, bucket = aws.s3(), "FailedEventsBucket"
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


class InProcess:
    """A Lambda that invokes the function in this process."""

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


def test_what_a_document_says_is_found_and_nothing_else_of_it(index: Index) -> None:
    keep(1)

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


def test_a_place_is_found_by_the_text_of_the_owner_alone(index: Index) -> None:
    shown = image()
    metadata = {"exif": {"Model": "Box"}, "iptc": {"City": "Wien"}, "gps": {"GPSLatitude": 48.25}}
    body = json.dumps(metadata).encode()
    aws.s3().put_object(Bucket="ImagesBucket", Key=shown.metadata_key, Body=body)

    handle({"imageID": {"S": shown.imageID}})

    key = f"image:{shown.imageID}"
    for text in ("wien", "48.25"):
        assert index.found({"match": {"ownText": text}}) == {key}
        assert index.found({"match": {"text": text}}) == set()
    for field in ("text", "ownText"):
        assert index.found({"match": {field: "box"}}) == {key}


def image(number: int = 1) -> Image:
    made = Image(
        imageID=order_id(number),
        owner=ADA,
        createdAt=NOON,
        contentType="image/jpeg",
        status=Status.READY,
        groupID=GROUP_ID,
    )
    images().add(made)
    return made


def test_a_late_reader_brings_neither_an_old_row_nor_a_deleted_one_back(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 49"""
    keep(1, "new")
    keep(2, "deleted")
    handle_orders([1, 2])
    remove(1)
    remove(2)
    handle_orders([2])
    keep(1, "old")
    keep(2, "old")

    with monkeypatch.context() as past:
        past.setattr("time.time_ns", lambda: PAST)
        failed = handle_orders([1, 2])

    assert failed == []
    [document] = index.documents().values()
    assert document["data"]["order"]["item"] == "new"


def test_a_repeated_record_changes_nothing(index: Index) -> None:
    """fault 49"""
    keep(1)
    handle_orders([1])
    before = index.documents()

    assert handle_orders([1, 1]) == []

    assert index.documents() == before


def test_a_document_with_a_bad_date_is_rejected_alone(index: Index) -> None:
    """fault 49"""
    keep(1)
    keep(2, placed_at="yesterday")
    keep(3)

    assert handle_orders([1, 2, 3]) == []

    assert set(index.documents()) == {f"order:{order_id(1)}", f"order:{order_id(3)}"}
    [letter] = letters()
    [record] = json.loads(letter["payload"])["Records"]
    assert record["dynamodb"]["Keys"] == {"orderID": {"S": order_id(2)}}
    assert letter["responseContext"]["functionError"] == "mapper_parsing_exception"


def test_many_that_are_first_at_once_make_one_index(index: Index) -> None:
    for number in range(40):
        keep(number)

    with ThreadPoolExecutor(8) as threads:
        parts = [range(start, start + 5) for start in range(0, 40, 5)]
        failed = list(threads.map(handle_orders, parts))

    assert failed == [[]] * 8
    assert index.indexes() == {f"{index.alias}.1"}
    assert len(index.documents()) == 40


def test_a_deletion_where_there_is_nothing_makes_no_index_in_the_alias_s_place(
    index: Index,
) -> None:
    assert handle_orders([1]) == []

    assert index.indexes() == {f"{index.alias}.1"}
    assert index.documents() == {}


def test_the_images_of_a_group_that_is_gone_are_their_owners_own(index: Index) -> None:
    groups().add(Group(GROUP_ID, ADA, "ada", "Lamps", "of brass", NOON))
    for number in range(120):
        image(number)
    handle(*({"imageID": {"S": order_id(number)}} for number in range(120)))
    shared = len(index.found({"term": {"visibleTo": "everybody"}}))
    groups().remove(GROUP_ID, ADA)

    assert handle({"groupID": {"S": GROUP_ID}}) == []

    assert shared > 0
    assert index.found({"term": {"visibleTo": "everybody"}}) == set()
    assert len(index.documents()) == 120


def test_a_rebuild_makes_an_index_where_there_is_none(
    index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(1)

    status = rebuild()

    assert status == 0
    assert index.indexes() == {f"{index.alias}.2"}
    assert set(index.documents()) == {f"order:{order_id(1)}"}
    assert f"search now uses {index.alias}.2: 1 documents" in capsys.readouterr().out


def test_a_rebuild_forgets_what_is_in_no_table_and_names_what_cannot_be_indexed(
    index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    """fault 49"""
    keep(1)
    handle_orders([1])
    index.ask("PUT", f"/{index.alias}/_doc/order:stray", {"key": "order:stray"})
    keep(2, placed_at="yesterday")

    status = rebuild()

    assert status == 1
    assert set(index.documents()) == {f"order:{order_id(1)}"}
    assert f"order:{order_id(2)}  mapper_parsing_exception" in capsys.readouterr().err


def test_a_rebuild_beside_writes_and_deletions_ends_equal_to_the_tables(index: Index) -> None:
    """fault 49. Every record is handled once the row has changed, late and in any order."""
    chance = random.Random(49)
    for number in range(1200):
        keep(number)
    done = threading.Event()
    late: list[int] = []

    def change() -> None:
        while not done.is_set() or late:
            for _ in range(5 * (not done.is_set())):
                number = chance.randrange(1400)
                remove(number)
                if chance.random() < 0.5:
                    keep(number, f"Lamp {chance.random()}")
                late.append(number)
            chance.shuffle(late)
            batch, late[:] = late[:7], late[7:]
            late.extend(batch[int(failed)] for failed in handle_orders(batch))

    with ThreadPoolExecutor(1) as threads:
        changing = threads.submit(change)
        statuses = [rebuild(), rebuild()]
        done.set()
        changing.result()

    kept = {
        f"order:{item['orderID']['S']}": item["order"]["M"]["item"]["S"]
        for page in aws.dynamodb().get_paginator("scan").paginate(TableName="OrdersTable")
        for item in page["Items"]
    }
    found = {key: each["data"]["order"]["item"] for key, each in index.documents().items()}
    assert statuses == [0, 0]
    assert letters() == []
    assert found == kept
    assert index.indexes() == {f"{index.alias}.3"}


def test_a_rebuild_that_was_given_up_is_dropped_for_the_next(index: Index) -> None:
    keep(1)
    handle_orders([1])
    first = step("begin")["rebuild"]
    step("load", rebuild=first, table="order")

    second = step("begin")["rebuild"]
    for late in ({"name": "load", "table": "order"}, {"name": "finish"}):
        with pytest.raises(Conflict):
            step(**late, rebuild=first)
    for table in ("order", "image", "group", "message"):
        step("load", rebuild=second, table=table)
    step("finish", rebuild=second)

    assert index.indexes() == {f"{index.alias}.2"}
    assert len(index.documents()) == 1
    assert index.ask("GET", f"/_alias/{index.alias}.next")["status"] == 404


def test_the_fake_of_the_unit_tests_answers_as_the_real_one(index: Index) -> None:
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
    """What the indexer goes by in an answer."""
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
