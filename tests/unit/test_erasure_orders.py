"""erasure: orders stay without the person, or are deleted; the rest of the pipeline copes.

fault 65
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from common import aws
from common.order_states import Role, State
from common.orders import Order
from common.orders_table import Request, orders
from project import functions
from project.fake_aws import items
from tests.harness.personal_data import (
    ADA,
    BEN,
    LONG_AGO,
    QUEUES,
    Stores,
    batch,
    begin,
    order,
    personal_data,
    step,
    waiting,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def stores() -> Iterator[Stores]:
    with personal_data() as made:
        yield made


@pytest.mark.usefixtures("stores")
def test_item_quantity_and_time_of_an_order_stay() -> None:
    order_id = order(ADA)
    begin(ADA)

    step("orders", ADA)

    assert items("OrdersTable") == [
        {
            "orderID": {"S": order_id},
            "order": {"M": {"item": {"S": "Chair"}, "quantity": {"N": "2"}}},
            "placedAt": {"S": LONG_AGO},
            "state": {"S": "placed"},
            "version": {"N": "1"},
            "desk": {"S": items("OrdersTable")[0]["desk"]["S"]},
        }
    ]


@pytest.mark.usefixtures("stores")
def test_the_history_of_an_order_stays_without_the_person() -> None:
    order_id = order(ADA)
    change(order_id, State.ACCEPTED, BEN.sub, note="for Ada Lovelace")
    change(order_id, State.CANCELLED, BEN.sub, key="secret")
    begin(ADA)

    step("orders", ADA)

    [item] = items("OrdersTable")
    assert "lastWrite" not in item
    changes = orders().get(order_id, None).history
    assert [(each.state, each.byID, each.note, each.key) for each in changes] == [
        ("accepted", BEN.sub, "", ""),
        ("cancelled", BEN.sub, "", ""),
    ]


@pytest.mark.usefixtures("stores")
def test_a_buyer_who_cancelled_is_not_in_the_history_any_more() -> None:
    order_id = order(ADA)
    orders().change(order_id, Request(State.CANCELLED, Role.BUYER, ADA.sub, key="secret"))
    begin(ADA)

    step("orders", ADA)

    assert ADA.sub not in json.dumps(items("OrdersTable"))
    shown = orders().get(order_id, None).to_json(Role.STAFF, with_history=True)
    assert [(each["state"], each["by"]) for each in shown["history"]] == [
        ("placed", "buyer"),
        ("cancelled", "buyer"),
    ]


@pytest.mark.usefixtures("stores")
def test_an_order_of_version_0_1_is_made_anonymous() -> None:
    [item] = [order_of_version_0_1(order(ADA))]
    begin(ADA)

    step("orders", ADA)

    assert items("OrdersTable") == [
        {
            "orderID": item["orderID"],
            "order": items("OrdersTable")[0]["order"],
            "placedAt": item["placedAt"],
        }
    ]


@pytest.mark.usefixtures("stores")
def test_orders_are_deleted_if_the_shop_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERASED_ORDERS", "Delete")
    order(ADA)
    kept = order(BEN)
    begin(ADA)

    step("orders", ADA)

    assert [item["orderID"]["S"] for item in items("OrdersTable")] == [kept]


@pytest.mark.usefixtures("stores")
def test_many_orders_take_many_pages() -> None:
    for _ in range(120):
        order(ADA)
    begin(ADA)

    step("orders", ADA)

    assert not any("placedBy" in item for item in items("OrdersTable"))


@pytest.mark.usefixtures("stores")
def test_staff_reads_an_anonymous_order_and_nobody_else_does() -> None:
    order_id = order(ADA)
    begin(ADA)
    step("orders", ADA)

    assert orders().get(order_id, None).to_json() == {
        "orderID": order_id,
        "order": {"item": "Chair", "quantity": 2},
        "placedBy": "",
        "placedAt": LONG_AGO,
        "state": "placed",
        "version": 1,
    }
    event = functions.event("orders", "show_order")
    event["path"] = f"/orders/{order_id}"
    response = functions.function("orders").handler(event, functions.context())
    assert response["statusCode"] == 404


@pytest.mark.usefixtures("stores")
def test_a_late_repetition_of_an_order_does_not_bring_the_person_back() -> None:
    order_id = order(ADA)
    begin(ADA)
    step("orders", ADA)
    event = functions.event("orders_writer", "one_order")
    event["Records"][0]["messageAttributes"]["orderID"]["stringValue"] = order_id

    response = functions.function("orders_writer").handler(event, functions.context())

    assert response == {"batchItemFailures": []}
    assert not any(waiting(queue) for queue in QUEUES if queue.startswith("Orders"))
    assert "placedBy" not in items("OrdersTable")[0]


@pytest.mark.usefixtures("stores")
def test_nobody_finds_the_document_of_an_anonymous_order() -> None:
    item = Order("1", {"item": "Chair"}, "", LONG_AGO).to_item()
    del item["placedBy"]

    document = functions.module("search_indexer", "documents").of_order(item)

    assert (document["visibleTo"], document["owner"]) == ([], "")


@pytest.mark.usefixtures("stores")
def test_only_the_records_of_the_user_are_removed_from_a_failed_batch() -> None:
    key = batch(ADA, BEN, key="of-two")
    batch(ADA, key="own")
    other = batch(BEN, key="other")
    before = content(other)
    begin(ADA)

    step("failed_events", ADA)

    listed = aws.s3().list_objects_v2(Bucket="FailedEventsBucket")["Contents"]
    assert [each["Key"] for each in listed] == [key, other]
    assert content(other) == before
    left = content(key)
    assert ADA.sub not in json.dumps(left)
    assert len(left["payload"]["Records"]) == 2
    assert left["version"] == "1.0"


@pytest.mark.usefixtures("stores")
def test_many_failed_batches_take_many_pages() -> None:
    for number in range(45):
        batch(ADA, key=f"{number:03}")
    begin(ADA)

    step("failed_events", ADA)

    assert aws.s3().list_objects_v2(Bucket="FailedEventsBucket")["KeyCount"] == 0


@pytest.mark.usefixtures("stores")
def test_an_order_that_only_mentions_the_user_stays() -> None:
    """Its customerID was chosen by somebody else."""
    row = {"placedBy": {"S": BEN.sub}, "order": {"M": {"customerID": {"S": ADA.sub}}}}
    records: Any = [{"dynamodb": {"Keys": {"orderID": {"S": "1"}}, "NewImage": row}}]
    body = json.dumps({"payload": {"Records": records}})
    aws.s3().put_object(Bucket="FailedEventsBucket", Key="aws/lambda/1", Body=body.encode())
    begin(ADA)

    step("failed_events", ADA)

    assert content("aws/lambda/1")["payload"]["Records"] == records


@pytest.mark.usefixtures("stores")
def test_the_dead_letters_of_others_stay_visible(stores: Stores) -> None:
    for _ in range(12):
        stores.dead_letters(BEN)
    stores.dead_letters(ADA)
    begin(ADA)

    step("dead_letters", ADA)

    for queue in QUEUES:
        if queue.endswith("DeadLetterQueue"):
            assert len(waiting(queue)) == 12, queue


def test_an_upload_without_an_image_is_nobodys(stores: Stores) -> None:
    stores.dead_letters(ADA)
    aws.dynamodb().delete_item(
        TableName="ImagesTable", Key={"imageID": items("ImagesTable")[0]["imageID"]}
    )
    begin(BEN)

    step("dead_letters", BEN)

    assert waiting("UploadsDeadLetterQueue") == []


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("body", ["not JSON", "[]", "{}", '{"Event": "s3:TestEvent"}'])
def test_a_dead_letter_that_cannot_be_read_stays(body: str) -> None:
    queues = [queue for queue in QUEUES if queue.endswith("DeadLetterQueue")]
    for queue in queues:
        aws.sqs().send_message(QueueUrl=queue, MessageBody=body)
    begin(ADA)

    step("dead_letters", ADA)

    assert [len(waiting(queue)) for queue in queues] == [1] * len(queues)


@pytest.mark.usefixtures("stores")
def test_a_long_dead_letter_queue_takes_many_pages(stores: Stores) -> None:
    for _ in range(220):
        aws.sqs().send_message(QueueUrl="OrdersDeadLetterQueue", MessageBody="{}")
    stores.dead_letters(ADA)
    begin(ADA)

    step("dead_letters", ADA)

    # Those of the first page become visible again when their time is over.
    assert ADA.sub not in json.dumps(waiting("OrdersDeadLetterQueue"), default=str)
    counted: Any = aws.sqs().get_queue_attributes(
        QueueUrl="OrdersDeadLetterQueue", AttributeNames=["All"]
    )["Attributes"]
    hidden, visible = "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessages"
    assert int(counted[hidden]) + int(counted[visible]) == 220


def change(order_id: str, state: State, staff: str, note: str = "", key: str | None = None) -> None:
    version = orders().get(order_id, None).version
    orders().change(order_id, Request(state, Role.STAFF, staff, version, note, key))


def order_of_version_0_1(order_id: str) -> dict[str, Any]:
    """Make the order one that an earlier release has stored. Returns its item."""
    key = {"orderID": {"S": order_id}}
    names = {f"#{name}": name for name in ("state", "version", "desk")}
    aws.dynamodb().update_item(
        TableName="OrdersTable",
        Key=key,
        UpdateExpression=f"REMOVE {', '.join(names)}",
        ExpressionAttributeNames=names,
    )
    return aws.dynamodb().get_item(TableName="OrdersTable", Key=key)["Item"]


def content(key: str) -> Any:
    """The failed batch in an object."""
    return json.load(aws.s3().get_object(Bucket="FailedEventsBucket", Key=key)["Body"])
