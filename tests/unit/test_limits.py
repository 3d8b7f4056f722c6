"""Limits that add up: what each may be, times how many there may be, fits what carries it.

docs/limits.md lists the limits. The rows here are the largest that the rules of the API allow.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from common import aws
from common.api.request_body import RequestBody
from common.dynamodb import batches
from common.pagination import MAX_LIMIT
from project import functions, template
from project.fake_aws import all_tables
from tests.harness.heaviest import records
from tests.harness.heaviest.records import ADA, BEN, CHARACTERS, LAMBDA_PAYLOAD_BYTES

ITEM_BYTES = 400 * 1024  # DynamoDB developer guide, quotas
SQS_BYTES = SNS_BYTES = 256 * 1024  # SNS; SQS accepts 1 MiB, and did 256 KiB until August 2025
ATTRIBUTES_BYTES = 1024


def payload(response: dict[str, Any]) -> int:
    """Return the bytes of a response as Lambda sends it."""
    return len(json.dumps(response, ensure_ascii=False).encode())


def max_order_characters() -> int:
    text = json.dumps(template.raw()["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"])
    [limit] = {int(found) for found in re.findall(r"\$order\.length\(\) > (\d+)", text)}
    return limit


def test_every_valid_order_is_accepted_however_it_is_escaped() -> None:
    """fault 6"""
    escaped = json.dumps(records.content("😀") | {"quantity": int("1" * 38)})

    assert len(escaped) <= max_order_characters()


def test_the_longest_order_fits_into_a_message_of_the_queue() -> None:
    """fault 6: characters of four bytes."""
    assert 4 * max_order_characters() + ATTRIBUTES_BYTES <= 4 * SQS_BYTES
    assert 4 * max_order_characters() <= SQS_BYTES


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
def test_the_largest_order_fits_into_its_item_its_event_and_its_email(character: str) -> None:
    """fault 29"""
    notifications = functions.module("orders_publisher", "notifications")
    order = records.order(1, character)
    event = notifications.event_message("0" * 32, order)

    assert len(json.dumps(order.to_item(), ensure_ascii=False).encode()) <= ITEM_BYTES
    assert len(event) <= functions.module("orders_publisher", "sending").BATCH_BYTES
    assert len(json.dumps({"Message": event}).encode()) <= SQS_BYTES
    assert len(notifications.email_text([order]).encode()) <= SNS_BYTES


LISTS: dict[str, tuple[str, str, str, Any]] = {
    "orders": ("orders", "list_orders", "OrdersTable", records.order),
    "orders of the shop": ("shop_orders", "list_orders", "OrdersTable", records.order),
    "groups": ("groups", "list", "GroupsTable", records.group),
    "images": ("image_upload", "list", "ImagesTable", records.image),
    "messages": ("messages", "conversation", "MessagesTable", records.message),
}


@pytest.mark.slow
@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
@pytest.mark.parametrize("name", LISTS)
def test_the_longest_page_of_a_list_fits_into_a_response(name: str, character: str) -> None:
    function, case, table, made = LISTS[name]
    event = functions.event(function, case)
    event["requestContext"]["authorizer"]["claims"]["sub"] = ADA
    partner = {"withID": BEN} if name == "messages" else {}
    records.with_query(event, limit=str(MAX_LIMIT), **partner)
    with all_tables():
        rows = [made(number, character).to_item() for number in range(MAX_LIMIT + 1)]
        batches.put_items(aws.dynamodb(), table, rows)

        response = functions.function(function).handler(event, functions.context(function))

    body = json.loads(response["body"])
    assert response["statusCode"] == 200
    assert body[name.split()[0]]
    assert body["next"]
    assert payload(response) <= LAMBDA_PAYLOAD_BYTES


def test_the_largest_image_fits_into_its_item() -> None:
    row = records.image(1, "😀").to_item()

    assert len(json.dumps(row, ensure_ascii=False).encode()) <= ITEM_BYTES


def test_an_error_names_only_the_first_of_many_unknown_fields() -> None:
    """A body of 6 MB has more unknown fields than an error can name in 6 MB."""
    body = json.dumps({f"field{number}": 0 for number in range(100_000)})
    event: Any = type("Event", (), {"decoded_body": body})

    with pytest.raises(Exception, match="the request body is invalid") as refused:
        RequestBody({"item": {"type": "string"}}, ("item",)).parse(event)

    details = refused.value.details  # type: ignore[attr-defined]
    assert details[:2] == ["item: missing", "field0: unknown field"]
    assert details[-1] == "and more unknown fields"
    assert len(details) == 12
