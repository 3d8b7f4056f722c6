"""Images: what one looks like as a row, where its files lie, and the table that keeps them.

A picture arrives under `uploads/` and nowhere else. What is made of it lies apart: the clean
picture and its metadata as `pictures/<imageID>` and `pictures/<imageID>.json`, the thumbnail
as `<imageID>` in a bucket of its own. Only arrivals notify, so nothing made here comes round
again, and what still lies under `uploads/` after a week was abandoned.
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
"""How long a row waits for its picture: as long as the bucket keeps what lies in `uploads/`."""

_UPLOADS = "uploads/"

_NUMBERS = ("size", "width", "height", "expiresAt")

_STILL_THERE = "attribute_exists(imageID)"
_READY = "#status = :ready"
_STILL_PENDING = "#status = :pending"
# DynamoDB removes what has expired within days, not at once.
_NOT_EXPIRED = "attribute_not_exists(expiresAt) OR expiresAt > :now"


class Status(StrEnum):
    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image. `contentType` is what the uploader announced, once READY what it is."""

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
        """An image of which nothing has arrived yet."""
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
        """Read an item as DynamoDB and its streams write it."""
        fields = items.read(item, cls.__slots__)
        numbers = {name: int(fields[name]) for name in _NUMBERS if name in fields}
        return cls(**{**fields, **numbers, "status": Status(fields["status"])})

    def to_item(self) -> dict[str, Any]:
        return items.written({name: value for name, value in asdict(self).items() if value})

    def to_json(self) -> dict[str, Any]:
        """What the API answers: what is known, and nothing that is only ours."""
        hidden = ("owner", "expiresAt")
        return {name: v for name, v in asdict(self).items() if v and name not in hidden}

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
        """Anybody's image, expired or not. Raises NotFound."""
        answer = self._client.get_item(
            TableName=self._table, Key={"imageID": {"S": image_id}}, ConsistentRead=True
        )
        if "Item" not in answer:
            raise NotFound("no such image")
        return Image.from_item(answer["Item"])

    def get(self, image_id: str) -> Image:
        """Anybody's image that has not expired. Raises NotFound."""
        if not items.is_id(image_id):
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
        """The same of the READY images in a group. A page may be short, with more behind it."""
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
        found, token = page.newest(
            self._client,
            {key: value},
            ("createdAt", "imageID"),
            TableName=self._table,
            IndexName=key,
            **only,
        )
        return [Image.from_item(item) for item in found], token

    def settle(self, image: Image) -> bool:
        """Replace a PENDING row by one that is READY or FAILED. False if it is none any more."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=image.to_item(),
                ConditionExpression=f"{_STILL_THERE} AND {_STILL_PENDING}",
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
    """The imageID of an object under `uploads/`; None for a key that is none of ours."""
    found = upload_key.removeprefix(_UPLOADS)
    return found if upload_key.startswith(_UPLOADS) and items.is_id(found) else None
