"""The gateway: which requests it forwards unchanged, and how it refuses others."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from local.gateway import html
from local.gateway.api import MAX_BODY_BYTES
from local.gateway.definition import ApiDefinition
from local.gateway.lambda_proxy import MAX_EVENT_BYTES
from local.gateway.notifications import Notification
from tests.harness.edge import CALLER, STACK_ID, Backend, Edge, Reply, pool_keys, stack

pytestmark = pytest.mark.asyncio

ORDER = '{"item": "tea"}'
ORDER_ID = "0b8f7c64-7a0f-4f6e-8d5e-6a1d9c2b3e4f"
REFUSED_CHARACTER = {
    "message": "the order contains a character that is not allowed",
    "details": [
        "the body: U+0009, U+000A, U+000D, U+0020 to U+D7FF, "
        "U+E000 to U+FFFD and U+10000 to U+10FFFF are allowed"
    ],
}


@pytest_asyncio.fixture
async def edge() -> AsyncIterator[Edge]:
    async with Edge() as edge:
        yield edge


async def test_an_order_is_queued_with_its_id_its_time_and_its_caller(edge: Edge) -> None:
    reply = await edge.call("POST", "/orders", ORDER)

    [message] = edge.backend.queued
    assert reply.status == 202
    assert reply.json == {"orderID": _attributes(message)["orderID"]}
    assert uuid.UUID(reply.json["orderID"])
    assert _attributes(message)["placedBy"] == CALLER
    assert _attributes(message)["placedAt"].isdigit()
    assert message["MessageSystemAttribute.1.Value.StringValue"].startswith("Root=1-")


async def test_the_queue_is_called_as_the_role_of_the_integration(edge: Edge) -> None:
    await edge.call("POST", "/orders", ORDER)

    [signature] = edge.backend.signatures
    assert "Credential=ROLE/" in signature
    assert "/us-east-1/sqs/aws4_request" in signature


@pytest.mark.parametrize(
    "item",
    [
        "&MessageAttribute.1.Name=role&MessageAttribute.1.Value.StringValue=admin",
        "a+b %41 100% ü € 😀 \U0001f9f5 ~*",
        "#set($context.requestId = 1) $context.requestId #end ## $util.urlEncode('x')",
        "%00 \\u0000 <b> \\n \\\\ud800 __FORMAL_REFERENCE__REPLACE_TEXT__",
    ],
)
async def test_an_order_is_queued_unchanged_and_injects_nothing(edge: Edge, item: str) -> None:
    """fault 1, fault 3"""
    body = f'{{ "item" :"{item}",\r\n\t"note": "" }}'

    reply = await edge.call("POST", "/orders", body)

    [message] = edge.backend.queued
    assert reply.status == 202
    assert message["MessageBody"] == body
    assert set(_attributes(message)) == {"orderID", "placedAt", "placedBy"}


RULES = [
    "the body must be a JSON object with these fields and no others",
    "item (required) must be a string of 1 to 1000 characters",
    "customerID must be a string of 1 to 128 characters",
    "quantity must be a number from 0.000001 to 9.99E+125, with at most 38 digits",
    "note must be a string of at most 4000 characters",
]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "  ",
        '{"item": "tea"',
        '{"item": "tea"}&DelaySeconds=900',
        '{"item": "tea"}{"item": "tea"}',
        '{"item": "tea", "quantity": NaN}',
        b'{"item": "\xff"}',
        '{"item": "tea"}'.encode("utf-16"),
        "[" * 100_000 + "]" * 100_000,
        "[]",
        "{}",
        '{"item": 1}',
        '{"item": ""}',
        json.dumps({"item": "x" * 1001}),
        '{"item": "tea", "quantity": 0}',
        '{"item": "tea", "quantity": 1e126}',
        '{"item": "tea", "quantity": 1e400}',
        '{"item": "tea", "admin": true}',
        '{"quantity": "2", "a\\"b": 1}',
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", None])
async def test_an_invalid_order_is_refused_with_the_rules_and_not_queued(
    edge: Edge, body: str | bytes, content_type: str | None
) -> None:
    """fault 2, fault 4, fault 5, fault 15"""
    reply = await edge.call("POST", "/orders", body, {"Content-Type": content_type})

    assert reply.status == 400
    assert reply.json == {"message": "Invalid request body", "details": RULES}
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert edge.backend.forms == []


@pytest.mark.parametrize(
    "body",
    [
        f'{{"item": "tea", "quantity": {"1" * 39}}}',
        f'{{"item": "tea", "quantity": 0.5{"0" * 37}1}}',
        f'{{"item": "tea", "quantity": 1.{"0" * 37}1e7}}',
        '{"item": "tea", "item": "coffee"}',
        '{"quantity": 1, "item": "tea", "quantity": 2}',
        f'{{"item": {"[" * 400 + "]" * 400}, "item": "tea"}}',
        '{"item": {"item": "tea"}, "item": "tea"}',
        '{"item": 5, "\\u0069tem": "tea"}',
    ],
)
async def test_an_order_that_is_valid_but_not_storable_or_ambiguous_is_refused(
    edge: Edge, body: str
) -> None:
    """faults 14, 15, 62"""
    reply = await edge.call("POST", "/orders", body)

    assert reply.status == 400
    assert reply.json == {
        "message": "Invalid request body",
        "details": [
            "a number must have at most 38 digits",
            "each field must occur only once, and its name must have no escapes",
        ],
    }
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert edge.backend.queued == []


@pytest.mark.parametrize("half", [r"\ud800", r"\uDFFF", r"\udc00\ud800", r"\\\ud83d", r"\ud83d\n"])
async def test_an_order_with_half_of_a_surrogate_pair_is_refused(edge: Edge, half: str) -> None:
    """faults 12, 62"""
    reply = await edge.call("POST", "/orders", f'{{"item": "tea {half}"}}')

    assert reply.status == 400
    assert reply.json == REFUSED_CHARACTER
    assert edge.backend.queued == []


@pytest.mark.parametrize(
    ("sub", "group"),
    [
        (CALLER, CALLER),
        ("auth0|ada@example.com", "auth0%7Cada%40example.com"),
        ("AROAEXAMPLE:ada", "AROAEXAMPLE%3Aada"),
        ("ü 👤", "%C3%BC+%F0%9F%91%A4"),
        ("x" * 127 + "ada", "x" * 125 + "ada"),
    ],
)
async def test_the_orders_of_a_buyer_are_a_group_of_the_fair_queue(
    edge: Edge, sub: str, group: str
) -> None:
    """fault 63"""
    token = edge.keys.token(sub=sub)

    await edge.call("POST", "/orders", ORDER, {"Authorization": token})

    [message] = edge.backend.queued
    assert message["MessageGroupId"] == group


async def test_another_content_type_is_refused(edge: Edge) -> None:
    """fault 4"""
    reply = await edge.call("POST", "/orders", ORDER, {"Content-Type": "text/plain"})

    assert reply.status == 415
    assert reply.json == {"message": "Unsupported Media Type", "details": []}
    assert edge.backend.forms == []


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "APPLICATION/Json ;charset=UTF-8", "", None],
)
async def test_a_json_content_type_may_have_any_form_or_be_missing(
    edge: Edge, content_type: str | None
) -> None:
    """A body without a content type is JSON (API Gateway guide, "Method request behavior")."""
    reply = await edge.call("POST", "/orders", ORDER, {"Content-Type": content_type})

    [message] = edge.backend.queued
    assert reply.status == 202
    assert message["MessageBody"] == ORDER


async def test_a_body_over_the_limit_of_api_gateway_is_too_large(edge: Edge) -> None:
    """fault 6"""
    reply = await edge.call("POST", "/orders", b" " * (MAX_BODY_BYTES + 1))

    assert reply.status == 413
    assert reply.json["details"] == []
    assert edge.backend.forms == []


async def test_an_order_over_the_limit_of_the_queue_is_too_large(edge: Edge) -> None:
    """fault 6"""
    reply = await edge.call("POST", "/orders", ORDER + " " * 65_536)

    assert reply.status == 413
    assert reply.json == {
        "message": "the order is too large",
        "details": ["the body: at most 65536 characters"],
    }
    assert edge.backend.queued == []


@pytest.mark.parametrize("character", ["\uffff", "\ufffe"])
async def test_an_order_with_a_character_that_sqs_refuses_is_not_sent(
    edge: Edge, character: str
) -> None:
    """fault 52"""
    reply = await edge.call("POST", "/orders", f'{{"item": "tea{character}"}}')

    assert reply.status == 400
    assert reply.json == REFUSED_CHARACTER
    assert edge.backend.queued == []


@pytest.mark.parametrize("sub", ["a\0", "a\x1fb", "\ufffe"])
async def test_a_caller_with_a_character_that_sqs_refuses_sends_nothing(
    edge: Edge, sub: str
) -> None:
    """fault 52"""
    token = edge.keys.token(sub=sub)

    reply = await edge.call("POST", "/orders", ORDER, {"Authorization": token})

    assert reply.status == 400
    assert reply.json == REFUSED_CHARACTER
    assert edge.backend.queued == []


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_order_gets_the_id_that_the_client_chose(edge: Edge, slash: str) -> None:
    reply = await edge.call("PUT", f"/v1/orders/{ORDER_ID.upper()}{slash}", ORDER)

    [message] = edge.backend.queued
    assert reply.status == 202
    assert reply.json == {"orderID": ORDER_ID}
    assert _attributes(message)["orderID"] == ORDER_ID


@pytest.mark.parametrize(
    "order_id",
    [
        "nope",
        "a%2Fb",
        "%00",
        "%0A",
        f"{ORDER_ID}%00",
        f"{ORDER_ID}%0A",
        f"{ORDER_ID}%22",
        f"%2F{ORDER_ID}",
        "$context.requestId",
        "%23set($orderID=1)",
        f"{ORDER_ID}&DelaySeconds=900",
        "%D9%A0" * 8,
    ],
)
async def test_an_id_that_is_not_a_uuid_is_refused(edge: Edge, order_id: str) -> None:
    """fault 7"""
    reply = await edge.call("PUT", f"/orders/{order_id}", ORDER)

    assert reply.status == 400
    assert reply.json == {
        "message": "orderID is not a UUID",
        "details": ["orderID: a UUID that the client makes"],
    }
    assert edge.backend.queued == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "AWS.SimpleQueueService.NonExistentQueue"),
        (400, "RequestThrottled"),
        (403, "AccessDenied"),
        (500, "InternalFailure"),
        (503, "ServiceUnavailable"),
    ],
)
async def test_an_order_that_the_queue_refuses_is_not_accepted(
    edge: Edge, status: int, code: str
) -> None:
    """fault 8"""
    edge.backend.refusal = status, code, "no"

    reply = await edge.call("POST", "/orders", ORDER)

    assert reply.status == 503
    assert reply.json == {"message": "the order was not queued; send it again", "details": []}
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_character_that_only_sqs_refuses_is_reported_too(edge: Edge) -> None:
    """fault 52"""
    edge.backend.refusal = 400, "InvalidMessageContents", "characters outside the allowed set"

    reply = await edge.call("POST", "/orders", ORDER)

    assert reply.status == 400
    assert reply.json == REFUSED_CHARACTER


@pytest.mark.parametrize("code", ["InvalidParameterValue", "InvalidAction"])
async def test_an_order_that_sqs_can_never_accept_must_not_be_sent_again(
    edge: Edge, code: str
) -> None:
    """fault 52"""
    edge.backend.refusal = 400, code, "One or more parameters are invalid."

    reply = await edge.call("POST", "/orders", ORDER)

    assert reply.status == 400
    assert reply.json["message"] == "the order cannot be queued; do not send it again"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


async def test_an_unresponsive_service_is_a_504_in_the_error_format(edge: Edge) -> None:
    """fault 8"""
    await edge.call("POST", "/orders", ORDER)  # the gateway now has the role and the keys
    await edge.backend.server.close()

    reply = await edge.call("POST", "/orders", ORDER)

    assert reply.status == 504
    assert set(reply.json) == {"message", "details"}
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_role_that_cannot_be_assumed_is_a_500_in_the_error_format(edge: Edge) -> None:
    """fault 8"""
    await edge.call("GET", "/orders")  # the gateway now has the keys, but not the role
    await edge.backend.server.close()

    reply = await edge.call("POST", "/orders", ORDER)

    assert reply.status == 500
    assert reply.json == {"message": "Internal server error", "details": []}


async def test_a_forged_request_id_is_an_order_of_the_caller(edge: Edge) -> None:
    """fault 9"""
    reply = await edge.call("POST", "/orders", ORDER, {"x-amzn-RequestId": ORDER_ID})

    [message] = edge.backend.queued
    assert reply.json == {"orderID": ORDER_ID}
    assert _attributes(message)["placedBy"] == CALLER


@pytest.mark.parametrize("forged", ["", "1", f"{ORDER_ID}&DelaySeconds=900", "$context.stage"])
async def test_a_request_id_that_is_not_a_uuid_is_replaced(edge: Edge, forged: str) -> None:
    """fault 9"""
    reply = await edge.call("POST", "/orders", ORDER, {"x-amzn-RequestId": forged})

    assert reply.status == 202
    assert uuid.UUID(reply.json["orderID"])
    assert reply.json["orderID"] != forged


async def test_a_burst_above_the_stages_limit_is_throttled() -> None:
    """fault 10"""
    async with Edge(ThrottlingRate="1", ThrottlingBurst="3") as edge:
        replies = await asyncio.gather(*[edge.call("POST", "/orders", ORDER) for _ in range(8)])

    statuses = [reply.status for reply in replies]
    assert 3 <= statuses.count(202) <= 4
    assert statuses.count(202) + statuses.count(429) == 8
    throttled = next(reply for reply in replies if reply.status == 429)
    assert throttled.json == {"message": "Too Many Requests", "details": []}
    assert throttled.headers["Retry-After"] == "1"
    assert throttled.headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert len(edge.backend.queued) == statuses.count(202)


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
async def test_a_token_may_follow_the_word_bearer_in_any_case(edge: Edge, word: str) -> None:
    reply = await edge.call(
        "POST", "/orders", ORDER, {"Authorization": f"{word} {edge.keys.token()}"}
    )

    assert reply.status == 202


@pytest.mark.parametrize("path", ["/nope", "/orders/a/b", "/%00", "/%0A", "//orders", "/v1"])
async def test_a_route_that_does_not_exist_is_not_found(edge: Edge, path: str) -> None:
    reply = await edge.call("GET", path)

    assert reply.status == 404
    assert reply.json == {"message": "no such route", "details": []}


async def test_every_route_responds_to_a_preflight_without_a_token(edge: Edge) -> None:
    paths = {each.resource for each in ApiDefinition.of(stack()).operations}

    replies = [await edge.call("OPTIONS", path, None, {"Authorization": None}) for path in paths]

    for reply in replies:
        assert reply.status == 204
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        allowed = set(reply.headers["Access-Control-Allow-Headers"].split(","))
        assert {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} <= allowed


async def test_a_trailing_slash_is_ignored_but_stays_in_the_path(edge: Edge) -> None:
    """As recorded on AWS."""
    await edge.call("GET", "/orders/a/")

    [event] = edge.backend.events
    assert event["resource"] == "/orders/{orderID}"
    assert event["pathParameters"] == {"orderID": "a"}
    assert event["path"] == "/orders/a/"


async def test_a_function_gets_the_request_as_a_rest_api_sends_it(edge: Edge) -> None:
    reply = await edge.call("GET", "/orders/a%2Fb?limit=1&limit=2&next=%26x", None, {"X-A": "1"})

    [event] = edge.backend.events
    assert reply.status == 200
    assert event["function"] == "OrdersFunction"
    assert event["resource"] == "/orders/{orderID}"
    assert event["path"] == "/orders/a%2Fb"
    assert event["pathParameters"] == {"orderID": "a%2Fb"}
    assert event["queryStringParameters"] == {"limit": "2", "next": "&x"}
    assert event["multiValueQueryStringParameters"] == {"limit": ["1", "2"], "next": ["&x"]}
    assert event["headers"]["X-A"] == "1"
    assert event["body"] is None
    assert event["requestContext"]["authorizer"]["claims"]["sub"] == CALLER
    assert event["requestContext"]["path"] == "/v1/orders/a%2Fb"
    assert event["requestContext"]["requestId"] == reply.headers["x-amzn-RequestId"]


async def test_functions_can_be_invoked_at_another_address_by_their_logical_ids() -> None:
    elsewhere = Backend(pool_keys())
    await elsewhere.server.start_server()

    async with elsewhere.server, Edge(lambda_url=elsewhere.url) as edge:
        await edge.call("GET", "/orders")

    [event] = elsewhere.events
    assert event["function"] == "OrdersFunction"
    assert event["requestContext"]["authorizer"]["claims"]["sub"] == CALLER
    assert edge.backend.events == []


async def test_emails_that_sns_would_send_are_listed_and_deleted_from_the_queue() -> None:
    async with Edge(notifications_queue_url="http://sqs/123456789012/Mail") as edge:
        edge.backend.mail = [_mail("first", "1"), _mail("second", "2")]

        listed = await _until(lambda: edge.call("GET", "/_local/notifications.json"), "second")

    assert listed.json["notifications"] == [
        {"subject": "second", "text": "<b>2</b>", "time": "2026-11-20T09:00:00Z"},
        {"subject": "first", "text": "<b>1</b>", "time": "2026-11-20T09:00:00Z"},
    ]
    assert edge.backend.deleted == ["1", "2"]


async def test_the_response_of_a_function_is_returned_unchanged(edge: Edge) -> None:
    edge.backend.function_response = {
        "statusCode": 418,
        "headers": {"Content-Type": "text/plain"},
        "multiValueHeaders": {"X-B": ["1"]},
        "body": "tea ü",
    }

    reply = await edge.call("GET", "/orders")

    assert (reply.status, reply.text) == (418, "tea ü")
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.headers["X-B"] == "1"


async def test_a_request_over_the_limit_of_a_function_is_too_large(edge: Edge) -> None:
    """fault 31"""
    reply = await edge.call("GET", "/orders", b"x" * MAX_EVENT_BYTES)

    assert reply.status == 413
    assert edge.backend.events == []


async def test_a_function_that_fails_is_a_502(edge: Edge) -> None:
    edge.backend.fails = True

    reply = await edge.call("GET", "/orders")

    assert reply.status == 502
    assert reply.json == {"message": "Internal server error", "details": []}


@pytest.mark.parametrize("response", [None, [], {"body": "x"}, {"statusCode": "x"}])
async def test_an_invalid_response_of_a_function_is_a_502(edge: Edge, response: object) -> None:
    edge.backend.function_response = response

    reply = await edge.call("GET", "/orders")

    assert reply.status == 502
    assert reply.json == {"message": "Internal server error", "details": []}


async def test_notifications_are_shown_as_text(edge: Edge) -> None:
    """fault 46"""
    script = "<script>alert(1)</script>"

    page = html.notifications_page([Notification(script, f"{script}&amp;", '"><b>')])

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in page
    assert '"><b>' not in page


async def test_the_local_pages_respond(edge: Edge) -> None:
    health = await edge.call("GET", "/_local/health")
    listed = await edge.call("GET", "/_local/notifications.json")
    shown = await edge.call("GET", "/_local/notifications")
    front = await edge.call("GET", "/")

    assert health.json == {"status": "ok", "stack": "storefront", "id": STACK_ID}
    assert listed.json == {"notifications": []}
    assert "No emails yet" in shown.text
    assert "/orders/{orderID}" in front.text


async def test_the_log_contains_no_personal_data(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "gateway")

    await edge.call("POST", "/orders?email=ann@example.org", '{"item": "tea for ann"}')

    [line] = [record.getMessage() for record in caplog.records if record.name == "gateway"]
    assert line.startswith("POST /orders 202 ")
    assert "ann" not in line


def _mail(subject: str, number: str) -> dict[str, str]:
    sent = {"Subject": subject, "Message": f"<b>{number}</b>", "Timestamp": "2026-11-20T09:00:00Z"}
    return {"ReceiptHandle": number, "Body": json.dumps(sent)}


async def _until(call: Callable[[], Awaitable[Reply]], text: str) -> Reply:
    """Return the first reply that contains the text."""
    deadline = time.monotonic() + 10
    while text not in (reply := await call()).text:
        assert time.monotonic() < deadline, f"{text!r} is not in the last reply: {reply.text}"
        await asyncio.sleep(0.02)
    return reply


def _attributes(message: dict[str, str]) -> dict[str, str]:
    return {
        value: message[name.replace("Name", "Value.StringValue")]
        for name, value in message.items()
        if name.startswith("MessageAttribute.") and name.endswith(".Name")
    }
