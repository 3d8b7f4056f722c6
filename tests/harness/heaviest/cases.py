"""The heaviest case of each function: the event, and what the services answer.

One line of CASES per function. Where several limits compete, the case is the one that takes most
memory: the largest body that Lambda lets in for a function that reads JSON, the longest page for
one that lists, the largest batch for one that is triggered by a queue or a stream.
"""

from __future__ import annotations

import base64
import copy
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import jwt

from common.pagination import MAX_LIMIT
from project import functions, template
from tests.harness import pictures
from tests.harness.heaviest import job_cases, records
from tests.harness.heaviest.case import Case
from tests.harness.heaviest.records import CONTROL, EMOJI, LAMBDA_PAYLOAD_BYTES
from tests.harness.heaviest.services import Answer, items_answer
from tests.harness.swollen_pictures import largest_avif

LIMIT = str(MAX_LIMIT)


def _body(function: str, case: str) -> Case:
    return Case(records.with_largest_body(functions.event(function, case)))


def _authorizer() -> Case:
    """The longest token, signed with the last of two secrets of the largest size."""
    secret, issuer = "s" * 65_536, "https://issuer.example"
    claims = {"iss": issuer, "sub": "a", "aud": "shop", "exp": int(time.time()) + 3600}
    token = jwt.encode(claims | {"groups": ["g" * 5000]}, secret, algorithm="HS256")
    event = functions.event("authorizer", "order_route") | {"authorizationToken": token}
    answer = json.dumps({"SecretString": secret}).encode()
    environment = {"JWT_HS256_ARN": "secret", "JWT_ISSUER": issuer, "JWT_AUDIENCE": "shop"}
    return Case(event, {"GetSecretValue": answer}, environment)


def _pre_sign_up() -> Case:
    event = functions.event("pre_sign_up", "sign_up")
    return Case(event | {"userName": "ä" * 128})


def _orders() -> Case:
    items = [records.order(number, EMOJI).to_item() for number in range(MAX_LIMIT)]
    event = records.with_query(functions.event("orders", "list_orders"), limit=LIMIT)
    return _list_of_orders(event, items)


def _shop_orders() -> Case:
    """Each key of open orders answers with a whole page."""
    items = [records.order(number, EMOJI).to_item() for number in range(MAX_LIMIT)]
    event = functions.event("shop_orders", "list_orders")
    event = records.with_query(event, limit=LIMIT, state="open")
    return _list_of_orders(event, items)


def _list_of_orders(event: dict[str, Any], items: list[Any]) -> Case:
    whole = json.dumps({"Responses": {"OrdersTable": items}, "UnprocessedKeys": {}}).encode()
    return Case(event, {"Query": items_answer("Items", items), "BatchGetItem": whole})


def _orders_writer() -> Case:
    """As many messages of the largest size as fit into a batch of 6 MB."""
    event = functions.event("orders_writer", "one_order")
    [record] = event["Records"]
    body = json.dumps(records.content(EMOJI) | {"quantity": 1}).ljust(65_536)
    made = []
    for number in range(min(_batch("orders_writer"), LAMBDA_PAYLOAD_BYTES // 67_000)):
        each = copy.deepcopy(record) | {"messageId": records.uuid(number), "body": body}
        each["messageAttributes"]["orderID"]["stringValue"] = records.uuid(number)
        made.append(each)

    def stored(request: bytes) -> bytes:
        return json.dumps({"Responses": [{} for _ in json.loads(request)["Statements"]]}).encode()

    return Case({"Records": made}, {"BatchExecuteStatement": stored})


def _orders_publisher() -> Case:
    """As many records of the largest orders as fit into a batch of 6 MB."""
    event = functions.event("orders_publisher", "one_order")
    [record] = event["Records"]
    made = []
    for number in range(min(_batch("orders_publisher"), LAMBDA_PAYLOAD_BYTES // 22_000)):
        each = copy.deepcopy(record) | {"eventID": f"{number:032x}"}
        each["dynamodb"]["NewImage"] = records.order(number, EMOJI).to_item()
        made.append(each)

    def published(request: bytes) -> bytes:
        form = parse_qs(request.decode())
        ids = [value for name, [value] in form.items() if name.endswith(".Id")]
        members = "".join(f"<member><Id>{each}</Id></member>" for each in ids)
        result = f"<PublishBatchResult><Successful>{members}</Successful></PublishBatchResult>"
        return f"<PublishBatchResponse>{result}</PublishBatchResponse>".encode()

    answers: dict[str, Answer] = {
        "BatchGetItem": b'{"Responses": {"IdempotencyTable": []}, "UnprocessedKeys": {}}',
        "PublishBatch": published,
        "Publish": b"<PublishResponse><PublishResult/></PublishResponse>",
    }
    return Case({"Records": made}, answers)


def _image_processing() -> Case:
    """The picture that takes the most memory of those that are accepted."""
    row = {"imageID": {"S": records.uuid(1)}, "owner": {"S": records.ADA}}
    texts = {"createdAt": records.NOON, "contentType": "image/avif", "status": "PENDING"}
    item = row | {name: {"S": text} for name, text in texts.items()}
    event = functions.event("image_processing", "upload")
    [record] = event["Records"]
    notification = json.loads(record["body"])
    notification["Records"][0]["s3"]["object"]["key"] = f"uploads/{records.uuid(1)}"
    record["body"] = json.dumps(notification)
    answers: dict[str, Answer] = {
        "GetItem": json.dumps({"Item": item}).encode(),
        "GET": largest_avif(),
    }
    return Case(event, answers)


def _live() -> Case:
    """The longest message of a client."""
    event = functions.event("live", "ping") | {"body": "[" + "[]," * 43_000 + "0]"}
    return Case(event, {"Query": items_answer("Items", [])})


def _live_push() -> Case:
    """The largest orders of a user with twenty connections."""
    event = functions.event("live_push", "one_order")
    [record] = event["Records"]
    data = records.order(1, CONTROL).to_json() | {
        "order": records.content(CONTROL) | {"quantity": 1}
    }
    body = json.dumps({"type": "order.placed", "data": data})
    made = [
        record | {"messageId": records.uuid(n), "body": body} for n in range(_batch("live_push"))
    ]
    now = int(time.time())
    texts = {"userID": records.ADA, "username": "ä" * 128}
    numbers = {"authTime": now, "connectedAt": now, "expiration": now + 900}
    connections = [
        {name: {"S": text} for name, text in texts.items()}
        | {name: {"N": str(number)} for name, number in numbers.items()}
        | {"connectionID": {"S": f"connection-{number}"}}
        for number in range(20)
    ]
    answers: dict[str, Answer] = {"Query": items_answer("Items", connections)}
    return Case({"Records": made}, answers)


def _search() -> Case:
    """A page of the largest orders, in which every character is marked as a match."""
    marked = "\ue000a\ue001 " * 80
    data = records.order(1, EMOJI).to_json() | {"order": records.content(EMOJI) | {"quantity": 1}}
    document = {"type": "order", "owner": records.ADA, "at": records.NOON, "data": data}
    paths = ("orderID", "order.item", "order.note", "order.customerID")
    highlight = {f"data.{path}": [marked] * 3 for path in paths}
    hits = [
        {"_source": document, "highlight": highlight, "sort": [1.0, records.NOON, f"order:{n}"]}
        for n in range(MAX_LIMIT + 1)
    ]
    response = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": hits}}
    event = records.with_query(functions.event("search", "everything"), q="a", limit=LIMIT)
    return Case(event, {"_search": json.dumps(response, ensure_ascii=False).encode()})


def _search_indexer() -> Case:
    """A page of the largest orders in a rebuild, each character of which needs six bytes."""
    rows = [records.order(number, CONTROL).to_item() for number in range(500)]

    def indexed(request: bytes) -> bytes:
        lines = [json.loads(line) for line in request.splitlines()[2:]]
        done = [{"index": {"status": 201}} for line in lines if "index" in line]
        error = {"update": {"error": {"index": "storefront.2"}}}
        return json.dumps({"items": [error, *done]}).encode()

    event = {"reindex": "load", "rebuild": "1", "table": "order"}
    return Case(event, {"Scan": items_answer("Items", rows), "_bulk": indexed})


def _image_upload() -> Case:
    event = functions.event("image_upload", "form")
    form = json.loads(event["body"])
    photo = pictures.picture(pictures.JPEG).ljust(2 * 1024 * 1024, b"\0")
    event["body"] = json.dumps(form | {"photo": base64.encodebytes(photo).decode()})
    return Case(event)


def _batch(function: str) -> int:
    """The largest batch of a function's sources in the template."""
    sources = template.translated()["Resources"].values()
    name = functions.logical_id(function)
    largest: int = max(
        each["Properties"]["BatchSize"]
        for each in sources
        if each["Type"] == "AWS::Lambda::EventSourceMapping"
        and template.aliased(each["Properties"]["FunctionName"]["Ref"]) == name
    )
    return largest


def _buyer_email() -> Case:
    """The largest order, to a buyer whose name has the largest address."""
    event = functions.event("buyer_email", "shipped_order")
    [record] = event["Records"]
    order = json.loads(record["body"])
    order["data"]["order"] = records.content(CONTROL) | {"quantity": 1}
    record["body"] = json.dumps(order)
    attributes = {"email": f"{'a' * 2000}@home.example", "email_verified": "true"}
    user = {
        "Enabled": True,
        "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
    }
    answers: dict[str, Answer] = {
        "ListUsers": json.dumps({"Users": [user]}).encode(),
        "POST": b'{"MessageId": "1"}',
    }
    return Case(event, answers)


CASES: dict[str, Callable[[], Case]] = {
    "authorizer": _authorizer,
    "buyer_email": _buyer_email,
    "erasure": job_cases.erasure,
    "export_writer": job_cases.export_writer,
    "exports": job_cases.exports,
    "groups": lambda: _body("groups", "make"),
    "image_processing": _image_processing,
    "image_upload": _image_upload,
    "live": _live,
    "live_push": _live_push,
    "messages": lambda: _body("messages", "send"),
    "orders": _orders,
    "orders_publisher": _orders_publisher,
    "orders_writer": _orders_writer,
    "pre_sign_up": _pre_sign_up,
    "search": _search,
    "shop_orders": _shop_orders,
    "search_indexer": _search_indexer,
    "users": lambda: _body("users", "sign_in"),
}
