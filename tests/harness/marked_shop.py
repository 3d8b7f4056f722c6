"""A shop in which every datum of its users has a marker, under the names of docs/privacy.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from common import aws
from common.connections import connections
from common.groups import Group, groups
from common.image import Image
from common.images import images
from common.orders import Order
from common.sessions import Session
from project import functions
from project.fake_aws import IMAGES
from tests.harness import exporting, pictures
from tests.harness.messaging import Messaging, message
from tests.harness.stores import THUMBNAILS, read

# Dorothea has everything but a group. The group, in which she has pictures, is Quilla's. Both have
# exchanged messages with Norbert.
DOROTHEA, QUILLA, NORBERT = "dorothea", "quilla", "norbert"
STRANGER, STAFF = "stranger", "clerk"
USERS = (DOROTHEA, QUILLA, NORBERT, STRANGER, STAFF)

NOON = "2026-03-01T12:00:00.123Z"
ORDER_ID = "00000001-c6af-4cdb-9ab1-3b5c2e0f0001"
PASSWORD = "Marked-Password-7"
COPY = b"marked small copy of the picture"


@dataclass(frozen=True)
class Datum:
    """A datum of a user, who has a partner. It is where all of its markers are.

    A marker is a list of the forms that it can have. `unknown` are words that a viewer does not
    know, and so cannot ask with.
    """

    user: str
    partner: str
    markers: tuple[tuple[bytes, ...], ...]
    unknown: tuple[str, ...] = ()

    def is_in(self, content: bytes) -> bool:
        """Whether the content contains the datum. It must not contain only a part of it."""
        found = {any(form in content for form in marker) for marker in self.markers}
        assert len(found) == 1, f"only a part of the datum: {self.markers}"
        return found == {True}


class MarkedShop:
    """The users, and what they have. Tables and buckets must exist; `USER_POOL_ID` is `pool`."""

    def __init__(self) -> None:
        self.data: dict[str, Datum] = {}
        self.users = Messaging()
        self.pool = self.users.pool
        self.exports = exporting.ExportJobs(self.users.subs)

    def fill(self) -> None:
        """Create everything."""
        for name in USERS:
            self._register(name)
        self._place_orders()
        group = Group.new(self.sub(QUILLA), QUILLA, "marked society", "marked description")
        groups().add(group)
        self._has(
            "the name and the description of a group", group.name, group.description, of=QUILLA
        )
        self._upload_pictures(group.groupID)
        self._write_messages()
        withdrawn = self.users.send(DOROTHEA, NORBERT, "marked withdrawal")
        self._export_everything()
        self._delete(withdrawn)
        self._has("a message that was deleted after an export", "marked withdrawal")

    def sub(self, name: str) -> str:
        return self.users.subs[name]

    def _has(
        self, datum: str, *markers: str | bytes, of: str = DOROTHEA, unknown: tuple[str, ...] = ()
    ) -> None:
        forms = tuple((each.encode() if isinstance(each, str) else each,) for each in markers)
        self.data[datum] = Datum(of, NORBERT, forms, unknown)

    def _register(self, name: str) -> None:
        sub = self.users.register(name)
        aws.cognito().admin_set_user_password(
            UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True
        )
        sign_up = functions.event("pre_sign_up", "admin_create_user") | {"userName": name}
        functions.function("pre_sign_up").handler(sign_up, functions.context())
        connections().add(Session(sub, name, 1772366000), f"marked-connection-of-{name}=")
        if name == DOROTHEA:
            self._has("the email address", f"{name}@example.com")
            self._has("the password", PASSWORD)
            self._has("the user name, for somebody who knows the ID", name)
            self._has("the ID (`sub`), for somebody who knows the user name", sub)
            self._has("the user name, for somebody who knows neither", name, unknown=(name, sub))
            self._has("the ID, for somebody who knows neither", sub, unknown=(name, sub))
            self._has("whether the user is connected, and since when", f"connection-of-{name}=")
        elif name == QUILLA:
            whose = "of the owner of a group, for somebody who knows neither"
            self._has(f"the user name {whose}", name, of=name, unknown=(name, sub))
            self._has(f"the ID {whose}", sub, of=name, unknown=(name, sub))

    def _place_orders(self) -> None:
        """Place an order, and another one that is refused."""
        content = {"item": "marked item", "note": "marked note", "customerID": "marked customer"}
        order = Order(ORDER_ID, content, self.sub(DOROTHEA), NOON)
        aws.dynamodb().put_item(TableName="OrdersTable", Item=order.to_item())
        self._has("an order with its note and `customerID`", *content.values())
        refused = functions.event("orders_writer", "one_order")
        [record] = refused["Records"]
        record["body"] = json.dumps({"item": "marked refused item", "quantity": 1})
        record["messageAttributes"]["orderID"]["stringValue"] = ORDER_ID
        record["messageAttributes"]["placedBy"]["stringValue"] = self.sub(DOROTHEA)
        functions.function("orders_writer").handler(refused, functions.context())
        self._has("why an order was refused", "another order has this orderID")
        self._has("the content of a refused order", "marked refused item")

    def _upload_pictures(self, group_id: str) -> None:
        for where, group, width in (("in a group", group_id, 60), ("in no group", "", 64)):
            title = f"marked title {where}"
            uploaded = _described(pictures.picture(pictures.JPEG, width))
            image = self._upload(title, group, uploaded)
            self._has(f"the title of a picture {where}", title)
            self._has(f"a picture {where}", read(IMAGES, image.picture_key))
            self._has(f"the thumbnail of a picture {where}", read(THUMBNAILS, image.thumbnail_key))
            self._has("an uploaded file after processing, and the copies in it", uploaded, COPY)
        self._has("camera and time in a picture", "Marked Camera", "2019-03-04T05:06:07")
        self._has("the location in a picture", "Markedville", "-33.85676")
        self._has("captions, comments and other tags in a picture", "marked comment")
        unusable = b"marked file that is not a picture"
        self._upload("marked title of a failed image", group_id, unusable)
        self._has(
            "a failed image, and the reason", "marked title of a failed image", "unsupported file"
        )
        waiting = Image.new(self.sub(DOROTHEA), pictures.JPEG, "marked waiting title", group_id)
        images().add(waiting)
        aws.s3().put_object(Bucket=IMAGES, Key=waiting.upload_key, Body=b"marked waiting file")
        self._has("an uploaded file before processing", "marked waiting file")
        self._has("an image before processing, with its title", waiting.title)

    def _upload(self, title: str, group_id: str, data: bytes) -> Image:
        image = Image.new(self.sub(DOROTHEA), pictures.JPEG, title, group_id)
        images().add(image)
        aws.s3().put_object(Bucket=IMAGES, Key=image.upload_key, Body=data)
        uploads = functions.event("image_processing", "upload")
        body = json.loads(uploads["Records"][0]["body"])
        body["Records"][0]["s3"]["object"]["key"] = image.upload_key
        uploads["Records"][0]["body"] = json.dumps(body)
        functions.function("image_processing").handler(uploads, functions.context())
        return images().find(image.imageID)

    def _write_messages(self) -> None:
        self.users.send(QUILLA, NORBERT, "hello")
        for text in ("marked message", "one more", "the third"):
            self.users.send(DOROTHEA, NORBERT, text)
        self._has("a message", "marked message")
        # The fourth message is deleted after the export.
        unread = (b'"unread":3', b'"unread": {"N": "3"}', b'"unread": 4')
        self.data["how many messages the user has not read"] = Datum(NORBERT, DOROTHEA, (unread,))
        for key, text in ((None, "marked deletion"), ("a key", "marked repetition")):
            body = json.dumps({"to": NORBERT, "text": text})
            self._delete(self.users.ask(DOROTHEA, "send", key, body=body).body)
        self._has("a deleted message", "marked deletion")
        self._has("a deleted message that was sent with an `Idempotency-Key`", "marked repetition")

    def _delete(self, sent: dict[str, Any]) -> None:
        deleted = self.users.ask(DOROTHEA, "delete", **message(sent["messageID"]))
        assert deleted.status == 204

    def _export_everything(self) -> None:
        """Prepare an export of each user, after one of Dorothea that fails without a bucket."""
        self.exports.ask(DOROTHEA)
        self.exports.work(attempts=5)
        aws.s3().create_bucket(Bucket=exporting.BUCKET)
        for name in USERS:
            self.exports.ask(name, "show_fresh", email=f"{name}@example.com")
            self.exports.work()
        beginning = f"stored about you (user ID {self.sub(DOROTHEA)})"
        self._has("an export of the data of the user", beginning)


def _described(plain: bytes) -> bytes:
    """A JPEG with metadata, and with small copies of itself."""
    exif = pictures.exif(
        [pictures.ascii_tag(0x010F, "Marked Camera")],
        [pictures.ascii_tag(0x9003, "2019:03:04 05:06:07")],
        pictures.GPS,
    )
    resource = pictures.iptc((2, 90, b"Markedville"))
    return pictures.with_segments(
        plain,
        pictures.segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\x04\x03" + COPY),
        pictures.segment(0xE1, b"Exif\0\0" + exif),
        pictures.photoshop(resource),
        pictures.segment(0xFE, b"marked comment"),
        pictures.segment(0xE3, COPY),
    )
