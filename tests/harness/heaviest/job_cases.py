"""The heaviest cases of the jobs that copy or erase everything of a user."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from common.erasures import Erasure
from common.export import KEPT_SECONDS, Export, Part, Status
from common.image import MAX_METADATA_BYTES
from project import functions
from tests.harness.heaviest import records
from tests.harness.heaviest.case import Case
from tests.harness.heaviest.records import ADA, BEN, EMOJI, LAMBDA_PAYLOAD_BYTES
from tests.harness.heaviest.services import Answer, items_answer


def exports() -> Case:
    """An export with as many parts of 40 s as can be written in a day, with the longest links."""
    export = Export.new(ADA, {})
    parts = (Part(export.new_key(), 500_000_000) for _ in range(KEPT_SECONDS // 40))
    row = replace(export, status=Status.READY, parts=tuple(parts)).to_item()
    # No session token of a function that we know of is longer.
    environment = {"AWS_SESSION_TOKEN": "t" * 1000}
    answers: dict[str, Answer] = {"GetItem": json.dumps({"Item": row}).encode()}
    return Case(functions.event("exports", "show"), answers, environment)


def export_writer() -> Case:
    """A page of the largest clean pictures, each with the largest metadata."""
    event = functions.event("export_writer", "job")
    export = Export.new(ADA, {})
    job = {"userID": ADA, "exportID": export.exportID}
    event["Records"][0]["body"] = json.dumps(job)

    def found(request: bytes) -> bytes:
        query = json.loads(request)
        if query["TableName"] != "ImagesTable":
            return items_answer("Items", [])
        rows = [records.image(number, EMOJI).to_item() for number in range(query["Limit"])]
        return items_answer("Items", rows)

    started = b"<CreateResult><UploadId>an upload</UploadId></CreateResult>"
    pipeline = functions.module("image_processing", "pipeline")
    answers: dict[str, Answer] = {
        "GetItem": json.dumps({"Item": export.to_item()}).encode(),
        "ListUsers": b'{"Users": []}',
        "Query": found,
        "GET": bytes(pipeline.MAX_PICTURE_BYTES),
        "GET.json": json.dumps({"exif": {"a": "b" * (MAX_METADATA_BYTES - 100)}}).encode(),
        "POST.zip": started,
    }
    return Case(event, answers)


def erasure() -> Case:
    """A page of the largest dead letters, and then the largest failed batches."""
    event = functions.event("erasure", "one_user")
    now = int(time.time())
    row = Erasure(sub=ADA, requestedAt=now, dueAt=now, step="dead_letters").to_item()
    pages = chain(repeat(_dead_letters(), 20), repeat(b"{}"))
    keys = [f"aws/lambda/{number}.json" for number in range(3)]  # one after the other
    listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
    nothing = items_answer("Items", [])
    answers: dict[str, Answer] = {
        "GetItem": json.dumps({"Item": row}).encode(),
        "Query": nothing,
        "Scan": nothing,
        "ReceiveMessage": lambda _: next(pages),
        "GET": f"<List><IsTruncated>false</IsTruncated>{listed}</List>".encode(),
        "GET.json": _failed_batch(),
        "_search": b'{"hits": {"hits": []}}',
    }
    return Case(event, answers)


def _dead_letters() -> bytes:
    """Ten orders of the largest size."""
    body = json.dumps(records.content(EMOJI) | {"quantity": 1}, ensure_ascii=False)
    message = {"MessageId": "1", "ReceiptHandle": "1", "Body": body.ljust(65_536, EMOJI)}
    placed_by = {"placedBy": {"DataType": "String", "StringValue": BEN}}
    page = [message | {"MessageAttributes": placed_by}] * 10
    return json.dumps({"Messages": page}, ensure_ascii=False).encode()


def _failed_batch() -> bytes:
    """A batch of 6 MB, of which one record is the user's, so that the others are written again."""
    [record] = functions.event("orders_publisher", "one_order")["Records"]
    found: list[dict[str, Any]] = []
    for number in range(LAMBDA_PAYLOAD_BYTES // 22_000):
        order = replace(records.order(number, EMOJI), placedBy=BEN if number else ADA)
        found.append(record | {"dynamodb": record["dynamodb"] | {"NewImage": order.to_item()}})
    payload = json.dumps({"Records": found}, ensure_ascii=False)
    return json.dumps({"payload": payload}, ensure_ascii=False).encode()
