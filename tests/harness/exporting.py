"""Users with data, and exports of them by `exports` and `export_writer`."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from common import aws
from common.exports import exports
from common.image import Image, Status
from common.images import images
from common.orders import Order
from project import functions
from project.fake_aws import all_tables
from tests.harness.api import ApiResponse, answer
from tests.harness.pool_users import PoolUsers

BUCKET, QUEUE = "ExportsBucket", "ExportsQueue"
MINUTE = 60_000  # milliseconds


class ExportJobs:
    """The exports of users, given by their `sub`s, and the queue of the jobs."""

    def __init__(self, subs: dict[str, str]) -> None:
        self.subs = subs
        for name, value in functions.environment("export_writer").items():
            if name.endswith("_QUEUE_URL"):
                aws.sqs().create_queue(QueueName=value)

    def ask(self, name: str, case: str = "show", **claims: Any) -> ApiResponse:
        """Ask for the user's export."""
        event = functions.event("exports", case)
        identity = {"sub": self.subs[name], "cognito:username": name}
        event["requestContext"]["authorizer"]["claims"] |= identity | claims
        return answer("exports", event)

    def work(self, milliseconds: int = MINUTE, attempts: int = 100) -> int:
        """Let export_writer process the queue, with so much time each. Returns how often it ran."""
        for ran in range(attempts):
            received = aws.sqs().receive_message(
                QueueUrl=QUEUE, MessageSystemAttributeNames=["All"], VisibilityTimeout=600
            )
            if "Messages" not in received:
                return ran
            [message] = received["Messages"]
            receipt = {"QueueUrl": QUEUE, "ReceiptHandle": message["ReceiptHandle"]}
            if self.handle(message["Body"], milliseconds, message["Attributes"]):
                aws.sqs().change_message_visibility(**receipt, VisibilityTimeout=0)
            else:
                aws.sqs().delete_message(**receipt)
        return attempts

    def handle(self, body: str, milliseconds: int = MINUTE, attributes: Any = None) -> bool:
        """Send one job to export_writer. Returns whether it is to be retried."""
        event = functions.event("export_writer", "job")
        event["Records"][0]["body"] = body
        event["Records"][0]["attributes"] |= attributes or {}
        context = functions.context("export_writer")
        context.get_remaining_time_in_millis = lambda: milliseconds
        try:
            result = functions.function("export_writer").handler(event, context)
        except Exception:
            return True
        return bool(result["batchItemFailures"])


class Exporting(ExportJobs):
    """The users ada, ben and cleo, and the queue of their exports."""

    def __init__(self) -> None:
        super().__init__({})
        self.users = PoolUsers.create()
        for name in ("ada", "ben", "cleo"):
            self.subs[name] = str(uuid.uuid4())
            self.users.add(name, self.subs[name])
        for bucket in ("ImagesBucket", BUCKET):
            aws.s3().create_bucket(Bucket=bucket)

    def export(self, name: str, milliseconds: int = MINUTE) -> list[zipfile.ZipFile]:
        """The ZIPs of a new export."""
        assert self.ask(name).status == 202
        self.work(milliseconds)
        return self.zips(name)

    def zips(self, name: str, *, is_ready: bool = True) -> list[zipfile.ZipFile]:
        """The ZIPs of the user's export, which is READY or still PREPARING."""
        found = exports().find(self.subs[name])
        assert found is not None
        assert found.status == ("READY" if is_ready else "PREPARING"), found
        return [zipfile.ZipFile(io.BytesIO(stored(part.key))) for part in found.parts]

    def order(self, name: str, number: int = 1) -> str:
        """Store an order of the user. Returns its id."""
        order = Order(
            orderID=str(uuid.uuid4()),
            order={"item": f"Lamp of {name}", "quantity": Decimal("1.5")},
            placedBy=self.subs[name],
            placedAt=f"2026-03-01T12:00:00.{number:03}Z",
        )
        aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())
        return order.orderID

    def picture(self, name: str, title: str, content: bytes = b"picture", **fields: Any) -> Image:
        """Store a READY image of the user with its picture and metadata."""
        image = replace(
            Image.new(self.subs[name], "image/jpeg", title),
            **{"status": Status.READY, "expiresAt": 0, **fields},
        )
        images().add(image)
        aws.s3().put_object(Bucket="ImagesBucket", Key=image.picture_key, Body=content)
        metadata = json.dumps({"exif": {"Model": f"Camera of {name}"}}).encode()
        aws.s3().put_object(Bucket="ImagesBucket", Key=image.metadata_key, Body=metadata)
        return image

    def everything(self, name: str) -> None:
        """Store an order and a picture of a user."""
        self.order(name)
        self.picture(name, "Desk lamp.jpg")


@contextmanager
def exporting() -> Iterator[Exporting]:
    """All tables, buckets and queues that exports read and write, empty, with a user pool."""
    with all_tables(), pytest.MonkeyPatch.context() as patch:
        made = Exporting()
        patch.setenv("USER_POOL_ID", made.users.pool)
        yield made


def stored(key: str) -> bytes:
    """The content of an object in the bucket of exports."""
    return aws.s3().get_object(Bucket=BUCKET, Key=key)["Body"].read()


def keys() -> list[str]:
    """The keys of all objects in the bucket of exports."""
    return [each["Key"] for each in aws.s3().list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def contents(*zips: zipfile.ZipFile) -> dict[str, Any]:
    """What is in the files of these ZIPs by name: parsed JSON, texts, and bytes of pictures."""
    found: dict[str, Any] = {}
    for archive in zips:
        assert archive.testzip() is None
        for name in archive.namelist():
            data = archive.read(name)
            match name.rpartition(".")[2]:
                case "json":
                    found[name] = json.loads(data)
                case "txt":
                    found[name] = data.decode()
                case _:
                    found[name] = data
    return found
