"""A user with data of every kind, and an export of them by `exports` and `export_writer`."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from common import aws
from common.connections import connections
from common.exports import exports
from common.groups import Group, groups
from common.image import Image, Status
from common.images import images
from common.orders import Order
from common.sessions import Session
from project import functions
from tests.harness.api import ApiResponse, answer
from tests.harness.messaging import Messaging, messaging

BUCKET, QUEUE, LIVE = "ExportsBucket", "ExportsQueue", "LiveQueue"
MINUTE = 60_000  # milliseconds


class Exporting:
    """The users ada, ben and cleo, whose requests, jobs and live events a test looks at."""

    def __init__(self, users: Messaging) -> None:
        self.users = users
        self.send = users.send
        for bucket in ("ImagesBucket", BUCKET):
            aws.s3().create_bucket(Bucket=bucket)
        for queue in (QUEUE, LIVE):
            aws.sqs().create_queue(QueueName=queue)

    def ask(self, name: str, case: str = "show", **claims: Any) -> ApiResponse:
        """Ask for the user's export."""
        event = functions.event("exports", case)
        identity = {"sub": self.users.subs[name], "cognito:username": name}
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

    def export(self, name: str, milliseconds: int = MINUTE) -> list[zipfile.ZipFile]:
        """The ZIPs of a new export."""
        assert self.ask(name).status == 202
        self.work(milliseconds)
        return self.zips(name)

    def zips(self, name: str) -> list[zipfile.ZipFile]:
        """The ZIPs of the user's READY export."""
        found = exports().find(self.users.subs[name])
        assert found is not None
        assert found.status == "READY", found
        return [zipfile.ZipFile(io.BytesIO(stored(part.key))) for part in found.parts]

    def events(self) -> list[Any]:
        """The live events since the last call."""
        found = []
        while received := aws.sqs().receive_message(QueueUrl=LIVE).get("Messages"):
            for message in received:
                found.append(json.loads(message["Body"]))
                aws.sqs().delete_message(QueueUrl=LIVE, ReceiptHandle=message["ReceiptHandle"])
        return found

    def order(self, name: str, number: int = 1) -> str:
        """Store an order of the user. Returns its id."""
        order = Order(
            orderID=f"{number:08}-c6af-4cdb-9ab1-3b5c2e0f0001",
            order={"item": f"Lamp of {name}", "quantity": Decimal("1.5")},
            placedBy=self.users.subs[name],
            placedAt=f"2026-03-01T12:00:00.{number:03}Z",
        )
        aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())
        return order.orderID

    def picture(self, name: str, title: str, content: bytes = b"picture", **fields: Any) -> Image:
        """Store a READY image of the user with its picture and metadata."""
        image = replace(
            Image.new(self.users.subs[name], "image/jpeg", title),
            **{"status": Status.READY, "expiresAt": 0, **fields},
        )
        images().add(image)
        aws.s3().put_object(Bucket="ImagesBucket", Key=image.picture_key, Body=content)
        metadata = json.dumps({"exif": {"Model": f"Camera of {name}"}}).encode()
        aws.s3().put_object(Bucket="ImagesBucket", Key=image.metadata_key, Body=metadata)
        return image

    def group(self, name: str) -> Group:
        group = Group.new(self.users.subs[name], name, f"Window of {name}", "")
        groups().add(group)
        return group

    def everything(self, name: str, partner: str) -> None:
        """Store data of every kind for a user, who has written to the partner and got an answer."""
        self.order(name)
        self.picture(name, "Desk lamp.jpg")
        self.group(name)
        self.send(name, partner, f"Question of {name}")
        self.send(partner, name, f"Answer to {name}")
        connections().add(Session(self.users.subs[name], name, 0), f"phone-of-{name}=")


@contextmanager
def exporting() -> Iterator[Exporting]:
    """All tables, buckets and queues that exports read and write, empty, with a user pool."""
    names = ("OrdersTable", "ImagesTable", "GroupsTable", "ConnectionsTable")
    with messaging(*names) as users:
        yield Exporting(users)


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
