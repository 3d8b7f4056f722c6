"""Images: the shape of a row, the S3 keys of its files, and the table that stores the rows.

A picture is uploaded to `uploads/<imageID>`. Processing writes the clean picture to
`pictures/<imageID>`, its metadata to `pictures/<imageID>.json`, and the thumbnail to `<imageID>`
in a bucket of its own. Only `uploads/` sends notifications, so results are never processed again.
A lifecycle rule deletes what is still under `uploads/` after a week.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items
from common.pagination import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_TITLE_LENGTH = 200
UPLOADS_KEPT_SECONDS = 7 * 24 * 3600
"""How long a row waits for its upload. The bucket deletes abandoned uploads after the same time."""

_UPLOADS = "uploads/"

_NUMBERS = ("size", "width", "height", "expiresAt")

# Holds unless the image was deleted or processed in the meantime.
_STILL_PENDING = "attribute_exists(imageID) AND #status = :pending"
_READY = "#status = :ready"
# DynamoDB deletes expired items within days, not at once.
_NOT_EXPIRED = "attribute_not_exists(expiresAt) OR expiresAt > :now"


class Status(StrEnum):
    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image. `contentType` is the type that the uploader announced, and checked once READY."""

    imageID: str
    owner: str
    createdAt: str
    contentType: str
    status: Status = Status.PENDING
    title: str = ""
    groupID: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    reason: str = ""
    expiresAt: int = 0

    @classmethod
    def new(cls, owner: str, content_type: str, title: str = "", group_id: str = "") -> Self:
        """An image whose upload has not arrived yet."""
        now = datetime.now(UTC)
        return cls(
            imageID=str(uuid.uuid4()),
            owner=owner,
            createdAt=items.timestamp(now),
            contentType=content_type,
            title=title,
            groupID=group_id,
            expiresAt=int(now.timestamp()) + UPLOADS_KEPT_SECONDS,
        )

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The image in an item from the table or its stream."""
        fields = items.deserialize(item, cls.__slots__)
        numbers = {name: int(fields[name]) for name in _NUMBERS if name in fields}
        return cls(**{**fields, **numbers, "status": Status(fields["status"])})

    def to_item(self) -> dict[str, Any]:
        return items.serialize({name: value for name, value in asdict(self).items() if value})

    def to_json(self) -> dict[str, Any]:
        """The image as the API shows it: without internal fields, and without empty ones."""
        internal = ("owner", "expiresAt")
        return {name: v for name, v in asdict(self).items() if v and name not in internal}

    @property
    def upload_key(self) -> str:
        return _UPLOADS + self.imageID

    @property
    def picture_key(self) -> str:
        return f"pictures/{self.imageID}"

    @property
    def metadata_key(self) -> str:
        return f"{self.picture_key}.json"

    @property
    def thumbnail_key(self) -> str:
        return self.imageID


class Images:
    """The images table."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def add(self, image: Image) -> None:
        self._client.put_item(TableName=self._table, Item=image.to_item())

    def find(self, image_id: str) -> Image:
        """An image of any user, even if it has expired. Raises NotFound."""
        response = self._client.get_item(
            TableName=self._table, Key={"imageID": {"S": image_id}}, ConsistentRead=True
        )
        if "Item" not in response:
            raise NotFound("no such image")
        return Image.from_item(response["Item"])

    def get(self, image_id: str) -> Image:
        """An image of any user that has not expired. Raises NotFound."""
        if not items.is_uuid(image_id):
            raise NotFound("no such image")
        image = self.find(image_id)
        if 0 < image.expiresAt <= time.time():
            raise NotFound("no such image")
        return image

    def owned_by(self, owner: str, page: Page) -> tuple[list[Image], str | None]:
        """A page of the owner's images, newest first, and the token of the next page."""
        return self._newest(
            "owner",
            owner,
            page,
            FilterExpression=_NOT_EXPIRED,
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )

    def in_group(self, group_id: str, page: Page) -> tuple[list[Image], str | None]:
        """A page of the READY images in a group, as above. A short page may not be the last one."""
        return self._newest(
            "groupID",
            group_id,
            page,
            FilterExpression=_READY,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":ready": {"S": Status.READY}},
        )

    def _newest(
        self, key: str, value: str, page: Page, **only: Any
    ) -> tuple[list[Image], str | None]:
        found, token = page.query_newest(
            self._client,
            {key: value},
            ("createdAt", "imageID"),
            TableName=self._table,
            IndexName=key,
            **only,
        )
        return [Image.from_item(item) for item in found], token

    def finish(self, image: Image) -> bool:
        """Make a PENDING row READY or FAILED. False if the row is not PENDING any more."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=image.to_item(),
                ConditionExpression=_STILL_PENDING,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":pending": {"S": Status.PENDING}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def remove(self, image: Image) -> None:
        self._client.delete_item(TableName=self._table, Key={"imageID": {"S": image.imageID}})


@cache
def images() -> Images:
    """The deployed table."""
    return Images(aws.env("IMAGES_TABLE"), aws.dynamodb())


def image_id(upload_key: str) -> str | None:
    """The imageID in the key of an upload; None for any other key."""
    found = upload_key.removeprefix(_UPLOADS)
    return found if upload_key.startswith(_UPLOADS) and items.is_uuid(found) else None
