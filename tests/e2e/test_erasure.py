"""A user with something in every store is erased; then every store of the stack is searched.

fault 65
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
import pytest

from local.api_user import ApiResponse, ApiUser, request, upload
from local.emulator_clients import Outputs, client
from local.stack_probe import NotSeen, wait_for
from ops.stack import DeployedStack
from ops.user import UserPool
from tests.e2e.test_users import PASSWORD
from tests.harness import pictures

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.asyncio,
    pytest.mark.local_only("reads and changes what is in every store"),
]

DAY = 24 * 3600

WITHOUT_USERS = {
    "ErasuresTable": "the job itself",
    "WebBucket": "files of the web client",
    "WebLogsBucket": "CloudFront's, which knows no users",
    "BuyerEmailQueue": "its function empties it within seconds, and mails no disabled user",
    **dict.fromkeys(
        ("OrdersQueue", "UploadsQueue", "LiveQueue", "ErasureQueue", "ExportsQueue"),
        "its function empties it within seconds; what a later replay brings, the next sweep finds",
    ),
}
"""Stores in which the test leaves nothing of the user. A new store belongs here only with a reason;
otherwise the test must put something into it.
"""


@dataclass
class Person:
    """A user of the API with an address, and a word that is in everything that they write."""

    outputs: Outputs
    kind: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    tokens: dict[str, Any] = field(default_factory=dict)
    sub: str = ""
    images: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.id}"

    @property
    def email(self) -> str:
        return f"mail-{self.kind}-{self.id}@example.com"

    @property
    def word(self) -> str:
        return f"word-{self.kind}-{self.id}"

    @property
    def traces(self) -> list[bytes]:
        return [
            each.encode() for each in (self.sub, self.name, self.email, self.word, *self.images)
        ]

    def sign_in(self, pool: UserPool) -> None:
        pool.create(self.name, PASSWORD, email=self.email)
        body = {"username": self.email, "password": PASSWORD}
        self.tokens = request("POST", f"{self.outputs['GatewayUrl']}/users/login", body).body
        self.sub = self.ask("GET", "/users/me").body["sub"]

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> ApiResponse:
        user = ApiUser(self.outputs["GatewayUrl"], self.sub, "", self.tokens["idToken"])
        answer = user.request(method, path, body, {"Idempotency-Key": key} if key else None)
        assert answer.status < 300, answer
        return answer

    def delete_account(self, password: str) -> ApiResponse:
        token = {"Authorization": f"Bearer {self.tokens['accessToken']}"}
        url = f"{self.outputs['GatewayUrl']}/users/me"
        return request("DELETE", url, {"password": password}, token)

    def order(self) -> str:
        body = {"item": "Chair", "customerID": self.word, "note": self.word}
        return str(self.ask("POST", "/orders", body).body["orderID"])

    def group(self) -> str:
        body = {"name": self.word, "description": self.word}
        return str(self.ask("POST", "/groups", body, key=f"group of {self.word}").body["groupID"])

    def picture(self, group_id: str) -> str:
        exif = pictures.exif([pictures.ascii_tag(0x013B, self.word)])
        body = {"contentType": "image/jpeg", "title": self.word}
        invited = self.ask("POST", f"/groups/{group_id}/images", body, key=self.word).body
        assert upload(invited["upload"], pictures.jpeg(exif=exif)) == 204
        path = f"/images/{invited['imageID']}"
        wait_for("the picture", lambda: self.ask("GET", path).body["status"] == "READY")
        self.images.append(invited["imageID"])
        return self.images[-1]

    def send(self, to: Person) -> None:
        self.ask("POST", "/messages", {"to": to.name, "text": self.word}, key=f"to {to.word}")


class Stores:
    """All stores of the stack, as the template lists them, and their contents."""

    def __init__(self, outputs: Outputs) -> None:
        self.client = partial(client, outputs=outputs)
        self.stack = DeployedStack(outputs["Stack"], "", self.client)
        self.engine = outputs.get("OpenSearchUrl", "")

    def of(self, kind: str) -> dict[str, str]:
        return self.stack.resources(f"AWS::{kind}")

    def found(self, person: Person) -> dict[str, list[bytes]]:
        """What contains something of the person, by store."""
        kinds: dict[str, Callable[[str], Iterator[bytes]]] = {
            "DynamoDB::Table": self._items,
            "S3::Bucket": self._objects,
            "SQS::Queue": self._messages,
            "Cognito::UserPool": self._users,
        }
        contents = {
            name: list(read(id_))
            for kind, read in kinds.items()
            for name, id_ in self.of(kind).items()
            if name not in WITHOUT_USERS or name == "ErasuresTable"
        }
        contents["the search index"] = list(self._documents())
        return {
            name: found
            for name, every in contents.items()
            if (found := [each for each in every if any(t in each for t in person.traces)])
        }

    def expected(self) -> set[str]:
        kinds = ("DynamoDB::Table", "S3::Bucket", "SQS::Queue", "Cognito::UserPool")
        index = {"the search index"} if self.engine else set()
        return {name for kind in kinds for name in self.of(kind)} - WITHOUT_USERS.keys() | index

    def _items(self, table: str) -> Iterator[bytes]:
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        for item in pages.search("Items[]"):
            yield json.dumps(item, ensure_ascii=False, default=str).encode()

    def _objects(self, bucket: str) -> Iterator[bytes]:
        s3 = self.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for key in filter(None, pages.search("Contents[].Key")):
            yield key.encode() + s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def _messages(self, queue: str) -> Iterator[bytes]:
        sqs = self.client("sqs")
        held: dict[str, Any] = {}
        while received := sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=30,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            held |= {message["MessageId"]: message for message in received}
        for message in held.values():
            handle = message["ReceiptHandle"]
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
            yield json.dumps(message).encode()

    def _users(self, pool: str) -> Iterator[bytes]:
        pages = self.client("cognito-idp").get_paginator("list_users").paginate(UserPoolId=pool)
        for user in pages.search("Users[]"):
            yield json.dumps(user, default=str).encode()

    def _documents(self) -> Iterator[bytes]:
        if self.engine:
            request("POST", f"{self.engine}/_all/_refresh")
            answer = request("POST", f"{self.engine}/_all/_search", {"size": 10_000})
            yield from (json.dumps(hit).encode() for hit in answer.body["hits"]["hits"])

    def add_letters(self, user: Person, image_id: str) -> None:
        """Leave a dead letter of the user in each dead-letter queue."""
        placed_by = {"placedBy": {"DataType": "String", "StringValue": user.sub}}
        upload_of = {"s3": {"object": {"key": f"uploads/{image_id}"}}, "by": user.word}
        for queue, body in {
            "OrdersDeadLetterQueue": {"item": "Chair", "note": user.word},
            "UploadsDeadLetterQueue": {"Records": [upload_of]},
            "LiveDeadLetterQueue": {"data": {"placedBy": user.sub, "order": user.word}},
            "BuyerEmailDeadLetterQueue": {"data": {"placedBy": user.sub, "order": user.word}},
            "ExportsDeadLetterQueue": {"userID": user.sub},
            "ErasureDeadLetterQueue": {"sub": user.sub},
        }.items():
            self.client("sqs").send_message(
                QueueUrl=self.of("SQS::Queue")[queue],
                MessageBody=json.dumps(body),
                MessageAttributes=placed_by,
            )

    def is_export_ready(self, user: Person) -> bool:
        return bool(user.ask("GET", "/users/me/export").body["status"] == "READY")

    def add_failed_batch(self, *people: Person) -> None:
        """Leave a failed batch with an order of each person."""
        records = [
            {
                "dynamodb": {
                    "Keys": {"orderID": {"S": "1"}},
                    "NewImage": {
                        "orderID": {"S": "1"},
                        "placedBy": {"S": each.sub},
                        "note": {"S": each.word},
                    },
                }
            }
            for each in people
        ]
        self.client("s3").put_object(
            Bucket=self.of("S3::Bucket")["FailedEventsBucket"],
            Key=f"aws/lambda/test/{uuid.uuid4()}",
            Body=json.dumps({"payload": json.dumps({"Records": records})}).encode(),
        )

    def remove_letters_and_batches(self) -> None:
        """Leave nothing to other tests."""
        for name, url in self.of("SQS::Queue").items():
            if name.endswith("DeadLetterQueue"):
                self.client("sqs").purge_queue(QueueUrl=url)
        s3, bucket = self.client("s3"), self.of("S3::Bucket")["FailedEventsBucket"]
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="aws/lambda/test/")
        for each in listed.get("Contents", ()):
            s3.delete_object(Bucket=bucket, Key=each["Key"])

    def erasure(self, user: Person) -> Any:
        table = self.of("DynamoDB::Table")["ErasuresTable"]
        key = {"sub": {"S": user.sub}}
        return self.client("dynamodb").get_item(TableName=table, Key=key).get("Item")

    def sweep_is_done(self, user: Person) -> bool:
        row = self.erasure(user)
        return row is None or int(row["dueAt"]["N"]) > time.time()

    def shift_to_the_last_sweep(self, user: Person) -> None:
        """Let the request be so old that nothing can arrive any more, and the next sweep due."""
        dynamodb, tables = self.client("dynamodb"), self.of("DynamoDB::Table")
        now = int(time.time())
        values = {":then": {"N": str(now - 30 * DAY)}, ":now": {"N": str(now)}}
        dynamodb.update_item(
            TableName=tables["ErasuresTable"],
            Key={"sub": {"S": user.sub}},
            UpdateExpression="SET requestedAt = :then, dueAt = :now",
            ExpressionAttributeValues=values,
        )
        dynamodb.update_item(
            TableName=tables["IdempotencyTable"],
            Key={"id": {"S": f"signed-out#{user.sub}"}},
            UpdateExpression="SET expiration = :then",
            ExpressionAttributeValues={":then": values[":then"]},
        )
        names = tables["UserNamesTable"]
        for row in dynamodb.scan(TableName=names)["Items"]:
            if row["username"]["S"] == user.name:
                row["claimedAt"] = values[":then"]
                dynamodb.put_item(TableName=names, Item=row)
        queue = self.of("SQS::Queue")["ErasureQueue"]
        body = json.dumps({"sub": user.sub})
        self.client("sqs").send_message(QueueUrl=queue, MessageBody=body)


@pytest.fixture
def stores(outputs: Outputs) -> Iterator[Stores]:
    made = Stores(outputs)
    made.remove_letters_and_batches()
    yield made
    made.remove_letters_and_batches()


@pytest.fixture
def people(outputs: Outputs, pool: UserPool, made_users: list[str]) -> tuple[Person, Person]:
    """The user who will be erased, and somebody else."""
    user, other = Person(outputs, "erased"), Person(outputs, "kept")
    for each in (user, other):
        made_users.append(each.name)
        each.sign_in(pool)
    return user, other


def fill(stores: Stores, user: Person, other: Person) -> str:
    """Store something of the user everywhere. Returns the orderID of the other user's order."""
    group_of_other = other.group()
    kept_order = other.order()
    user.order()
    user.group()
    image_id = user.picture(group_of_other)
    user.send(other)
    other.send(user)
    stores.add_letters(user, image_id)
    stores.add_failed_batch(user, other)
    upload_again = user.ask("POST", "/images", {"contentType": "image/png", "title": user.word})
    assert upload_again.body["status"] == "PENDING"
    wait_for("the export", lambda: stores.is_export_ready(user))
    return kept_order


async def test_no_byte_of_an_erased_user_is_left_in_any_store(
    stores: Stores, people: tuple[Person, Person], pool: UserPool
) -> None:
    user, other = people
    kept_order = await asyncio.to_thread(fill, stores, user, other)
    address = (await asyncio.to_thread(user.ask, "POST", "/live")).body["url"]
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        await asyncio.to_thread(
            wait_for,
            "something of the user in every store",
            lambda: stores.found(user).keys() >= stores.expected(),
        )

        wrong = await asyncio.to_thread(user.delete_account, "Wrong-Password-7")
        deleted = await asyncio.to_thread(user.delete_account, PASSWORD)
        async with asyncio.timeout(60):
            [_ async for _ in socket]  # live events, until the connection is closed

    assert (wrong.status, wrong.body["details"]) == (400, ["password: wrong"])
    assert (deleted.status, deleted.body) == (202, {"status": "ERASING"})
    assert socket.closed
    await asyncio.to_thread(check_what_is_left, stores, user, other, kept_order, pool)


def check_what_is_left(
    stores: Stores, user: Person, other: Person, kept_order: str, pool: UserPool
) -> None:
    wait_for("the first sweep", lambda: stores.sweep_is_done(user))
    left = stores.found(user)
    assert left.pop("ErasuresTable")
    # The user is younger than a minute: somebody may be registering the name again.
    left.pop("UserNamesTable", None)
    assert [each for each in left.pop("IdempotencyTable") if b"signed-out#" not in each] == []
    assert left == {}

    # The token is still valid, and a queue may deliver late.
    late = user.order()
    user.send(other)
    stores.add_failed_batch(user)
    orders = stores.of("DynamoDB::Table")["OrdersTable"]
    wait_for(
        "the late order",
        lambda: (
            stores.client("dynamodb")
            .get_item(TableName=orders, Key={"orderID": {"S": late}})
            .get("Item")
        ),
    )
    assert {"OrdersTable", "MessagesTable"} <= stores.found(user).keys()
    stores.shift_to_the_last_sweep(user)
    wait_for("the last sweep", lambda: stores.erasure(user) is None)
    with suppress(NotSeen):  # the assertion shows what is left
        wait_for("nothing of the user", lambda: not stores.found(user))
    assert stores.found(user) == {}

    assert other.ask("GET", f"/orders/{kept_order}").body["placedBy"] == other.sub
    assert other.ask("GET", "/messages").body["conversations"] == []
    assert len(stores.found(other)["FailedEventsBucket"]) == 1
    assert len(stores.found(other)["GroupsTable"]) == 1
    user.sign_in(pool)
    for path, name in (("orders",) * 2, ("images",) * 2, ("messages", "conversations")):
        assert user.ask("GET", f"/{path}").body[name] == []
