"""What the stores can contain about a person, emulated by moto, and what is left of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from common import aws
from common.connections import connections
from common.erasures import erasures
from common.export import Export, Part
from common.export import Status as ExportStatus
from common.groups import Group, groups
from common.image import Image, Status
from common.images import images
from common.orders import Order
from common.sessions import Session
from project import functions, template
from project.fake_aws import all_tables, items
from project.functions import function, module
from tests.harness.devices import Devices, listening
from tests.harness.pool_users import PoolUsers

_RESOURCES = template.raw()["Resources"].items()
BUCKETS = [
    name
    for name, each in _RESOURCES
    if each["Type"] == "AWS::S3::Bucket" and not name.startswith("Web")  # have no data of users
]
QUEUES = [
    name
    for name, each in _RESOURCES
    if each["Type"] == "AWS::SQS::Queue" and name.endswith("DeadLetterQueue")
] + ["ErasureQueue"]

LONG_AGO = "2026-03-01T12:00:00.123Z"


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and the word that is in everything that the user writes."""

    name: str
    sub: str

    @property
    def word(self) -> str:
        return f"{self.name}-wrote-this"

    @property
    def email(self) -> str:
        return f"{self.sub[:8]}@home.example"

    @property
    def traces(self) -> tuple[str, ...]:
        """What must be nowhere any more."""
        return self.sub, self.name, self.email, self.word


ADA = Person("ada-lovelace", "7d8ca528-4931-4254-9273-ea5ee853f271")  # of events/erasure
BEN = Person("benoit", "1f0e2d3c-4b5a-4968-8776-655443322110")
CLEO = Person("cleopatra", "2a0e2d3c-4b5a-4968-8776-655443322110")


class Stores:
    """The stores of the stack in moto."""

    def __init__(self, pool: PoolUsers, devices: Devices) -> None:
        self.pool = pool
        self.devices = devices

    def add(self, person: Person) -> None:
        """Create the user, and everything that the user can cause to be stored but messages."""
        self.pool.add(person.name, person.sub)
        email: Any = {"Name": "email", "Value": person.email}
        user: Any = {"UserPoolId": self.pool.pool, "Username": person.name}
        aws.cognito().admin_update_user_attributes(**user, UserAttributes=[email])
        self.claim(person)
        order(person)
        group = Group.new(person.sub, person.name, person.word, person.word)
        groups().add(group)
        self.picture(person, group.groupID)
        connections().add(Session(person.sub, person.name, 1), f"{person.name}=")
        self.records(person)
        self.export(person)
        self.dead_letters(person)
        batch(person)

    def claim(self, person: Person, claimed_at: int = 1) -> None:
        """Add the claim of a name."""
        row = {
            "lookAlikeKey": {"S": f"hash of {len(person.name)}"},
            "username": {"S": person.name},
            "claimedAt": {"N": str(claimed_at)},
        }
        aws.dynamodb().put_item(TableName="UserNamesTable", Item=row)

    def picture(self, owner: Person, group_id: str = "") -> Image:
        """Add a READY picture with all its files."""
        image = Image(
            imageID=Image.new("", "").imageID,
            owner=owner.sub,
            createdAt=LONG_AGO,
            contentType="image/png",
            status=Status.READY,
            title=owner.word,
            groupID=group_id,
        )
        images().add(image)
        for bucket, key in (
            ("ImagesBucket", image.upload_key),
            ("ImagesBucket", image.picture_key),
            ("ImagesBucket", image.metadata_key),
            ("ThumbnailsBucket", image.thumbnail_key),
        ):
            aws.s3().put_object(Bucket=bucket, Key=key, Body=owner.word.encode())
        return image

    def records(self, person: Person) -> None:
        """Add a record of each kind that can name the user."""
        text = {"S": json.dumps({"name": person.word, "ownerID": person.sub})}
        message = {"S": json.dumps([f"0-partner#{person.sub}", "01a22498"])}
        for record in (
            {"id": {"S": f"image_upload#{person.sub}#6f1e"}, "data": {"S": person.word}},
            {"id": {"S": f"messages#somebody#{person.name[:2]}"}, "data": text},
            {"id": {"S": f"messages#0-partner#{person.name[:2]}"}, "data": message},
            {"id": {"S": f"buyer_email#{person.sub}#6f1e"}},
            {"id": {"S": f"live#{person.name[:3]}"}, "userID": {"S": person.sub}},
            {"id": {"S": f"users#attempts#{person.name}"}},
            {
                "id": {"S": f"users#challenge#{person.name[:3]}"},
                "username": {"S": person.name},
                "knownAs": {"SS": [person.email, person.name]},
            },
        ):
            item: Any = record | {"expiration": {"N": "4000000000"}}
            aws.dynamodb().put_item(TableName="IdempotencyTable", Item=item)

    def export(self, person: Person) -> None:
        """Add a READY export."""
        made = Export.new(person.sub, {"username": person.name})
        key = made.new_key()
        ready = replace(made, status=ExportStatus.READY, parts=(Part(key, 4),))
        aws.dynamodb().put_item(TableName="IdempotencyTable", Item=ready.to_item())
        aws.s3().put_object(Bucket="ExportsBucket", Key=key, Body=person.word.encode())

    def dead_letters(self, person: Person) -> None:
        """Add a dead letter to each queue."""
        upload = {"s3": {"object": {"key": self.picture(person).upload_key}}}
        body: dict[str, Any] = {
            "OrdersDeadLetterQueue": {"item": "Chair", "note": person.word},
            "UploadsDeadLetterQueue": {"Records": [upload | {"by": person.word}]},
            "LiveDeadLetterQueue": {"data": {"placedBy": person.sub, "note": person.word}},
            "BuyerEmailDeadLetterQueue": {"data": {"placedBy": person.sub, "note": person.word}},
            "ExportsDeadLetterQueue": {"userID": person.sub, "exportID": "5e0d1b7c"},
            "ErasureDeadLetterQueue": {"sub": person.sub},
        }
        placed_by: Any = {"placedBy": {"DataType": "String", "StringValue": person.sub}}
        for queue, content in body.items():
            aws.sqs().send_message(
                QueueUrl=queue, MessageBody=json.dumps(content), MessageAttributes=placed_by
            )

    def left(self, person: Person, *, erasing: bool = True) -> list[str]:
        """Where something of the person is left. While `erasing`, the job itself may know them."""
        allowed = {"ErasuresTable", "ErasureQueue"} if erasing else set()
        return [
            store
            for store, content in self.contents()
            if store not in allowed and any(trace in content for trace in person.traces)
        ]

    def contents(self) -> Iterator[tuple[str, str]]:
        """Each store with each thing in it, as text."""
        for table in aws.dynamodb().list_tables()["TableNames"]:
            for item in items(table):
                if not item.get("id", {}).get("S", "").startswith("signed-out#"):
                    yield table, json.dumps(item)
        for bucket in BUCKETS:
            for each in aws.s3().list_objects_v2(Bucket=bucket).get("Contents", []):
                found = aws.s3().get_object(Bucket=bucket, Key=each["Key"])
                yield bucket, each["Key"] + found["Body"].read().decode()
        for queue in QUEUES:
            for message in waiting(queue):
                yield queue, message["Body"] + json.dumps(message.get("MessageAttributes", {}))
        for user in aws.cognito().list_users(UserPoolId=self.pool.pool)["Users"]:
            yield "UserPool", json.dumps(user, default=str)


@contextmanager
def personal_data() -> Iterator[Stores]:
    """The empty stores, and a user pool."""
    with (
        all_tables(),
        listening() as (devices, url),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in functions.environment("erasure").items():
            patch.setenv(name, value)
        for bucket in BUCKETS:
            aws.s3().create_bucket(Bucket=bucket)
        for queue in QUEUES:
            aws.sqs().create_queue(QueueName=queue)
        # moto polls for real, and every page of a step ends with an empty queue.
        aws.sqs().meta.events.register(
            "provide-client-params.sqs.ReceiveMessage",
            lambda params, **_: params | {"WaitTimeSeconds": 0},
        )
        pool = PoolUsers.create()
        patch.setenv("BUYER_EMAIL_DEAD_LETTER_QUEUE_URL", "BuyerEmailDeadLetterQueue")
        for name, value in {**pool.environment, "LIVE_URL": url}.items():
            patch.setenv(name, value)
        yield Stores(pool, devices)


def order(person: Person) -> str:
    """Add a stored order. Returns its orderID."""
    content = {"item": "Chair", "customerID": person.word, "quantity": 2, "note": person.word}
    made = Order(Image.new("", "").imageID, content, person.sub, LONG_AGO, trace="Root=1")
    aws.dynamodb().put_item(TableName="OrdersTable", Item=made.to_item())
    return made.orderID


def batch(*people: Person, key: str = "") -> str:
    """Add a failed batch with the records of an order and of a deleted message of each person."""
    records: list[Any] = []
    for person in people:
        row = {"orderID": {"S": "1"}, "placedBy": {"S": person.sub}, "note": {"S": person.word}}
        records.append({"dynamodb": {"Keys": {"orderID": {"S": "1"}}, "NewImage": row}})
        message = {"conversation": {"S": f"0-other#{person.sub}"}, "messageID": {"S": "1"}}
        records.append({"dynamodb": {"Keys": message}})
    name = f"aws/lambda/{key or people[0].name[:2]}"
    failure = {"version": "1.0", "payload": json.dumps({"Records": records})}
    aws.s3().put_object(Bucket="FailedEventsBucket", Key=name, Body=json.dumps(failure).encode())
    return name


def waiting(queue: str) -> list[Any]:
    """The visible messages of a queue, which stay visible."""
    found: dict[str, Any] = {}
    while (
        received := aws.sqs()
        .receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=60,
            MessageAttributeNames=["All"],
        )
        .get("Messages")
    ):
        found |= {message["MessageId"]: message for message in received}
    for message in found.values():
        aws.sqs().change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    return list(found.values())


def begin(person: Person) -> None:
    """Begin the erasure of a person."""
    erasures().start(person.sub, person.name, person.email)


def step(name: str, person: Person) -> None:
    """Run one step of an erasure to its end, page by page."""
    run: Callable[[Any, Any], Any] = module("erasure", "steps").STEPS[name]
    erasure, position = erasures().find(person.sub), None
    while (position := run(erasure, position)) is not None:
        position = json.loads(json.dumps(position))


def handle(case: str = "one_user", milliseconds: int = 60_000) -> list[str]:
    """Send an event to the function. Returns the messages that it reports as failed."""
    context = functions.context("erasure")
    context.get_remaining_time_in_millis = lambda: milliseconds
    response = function("erasure").handler(functions.event("erasure", case), context)
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
