"""The table of images."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws
from common.api.errors import NotFound
from common.dynamodb import items
from common.image import Image, Status
from common.pagination import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Holds unless the image was deleted or processed in the meantime.
_STILL_PENDING = "attribute_exists(imageID) AND #status = :pending"
_READY = "#status = :ready"
# DynamoDB deletes expired items within days, not at once.
_NOT_EXPIRED = "attribute_not_exists(expiresAt) OR expiresAt > :now"


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
        """A page of the owner's images, newest first, and the token of the next page.

        Expired images are not shown. So a short page may not be the last one.
        """
        return self._newest(
            "owner",
            owner,
            page,
            FilterExpression=_NOT_EXPIRED,
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )

    def in_group(self, group_id: str, page: Page) -> tuple[list[Image], str | None]:
        """A page of the READY images in a group, as above.

        The filter is for rows of version 0.1, whose images are in the index before they are READY.
        """
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
