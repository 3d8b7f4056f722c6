"""One image: its fields, the shape of its row, and the S3 keys of its files.

A picture is uploaded to `uploads/<imageID>`. Processing writes the clean picture to
`pictures/<imageID>`, its metadata to `pictures/<imageID>.json`, and the thumbnail to `<imageID>`
in a bucket of its own. Only `uploads/` sends notifications, so results are never processed again.
A lifecycle rule deletes what is still under `uploads/` after a week.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from common.dynamodb import items

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_TITLE_LENGTH = 200
UPLOADS_KEPT_SECONDS = 7 * 24 * 3600
"""How long a row waits for its upload. The bucket deletes abandoned uploads after the same time."""
MAX_METADATA_BYTES = 256 * 1024
"""The limit of the metadata of one picture, as JSON."""

_UPLOADS = "uploads/"

_NUMBERS = ("size", "width", "height", "expiresAt")

# Where a row has its groupID until the image is READY. So the index by groupID has only what the
# group shows, and positions in it tell nobody of other users' uploads.
_GROUP_UNTIL_READY = "groupUntilReady"


class Status(StrEnum):
    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image. `contentType` is the type that the uploader announced, and checked once READY.

    It is then the type of the picture that is served: a HEIC becomes a JPEG.

    `summary` is that of the metadata (`image_summary`); None until the image is READY, and in a row
    of version 0.1.
    """

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
    summary: dict[str, Any] | None = None

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
    def deleted(cls, image_id: str) -> Self:
        """What is known of an image whose row is gone: where its files are."""
        return cls(imageID=image_id, owner="", createdAt="", contentType="")

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The image in an item from the table or its stream."""
        fields = items.deserialize(item, (*cls.__slots__, _GROUP_UNTIL_READY))
        if _GROUP_UNTIL_READY in fields:
            fields["groupID"] = fields.pop(_GROUP_UNTIL_READY)
        numbers = {name: int(fields[name]) for name in _NUMBERS if name in fields}
        return cls(**{**fields, **numbers, "status": Status(fields["status"])})

    def to_item(self) -> dict[str, Any]:
        fields = {name: v for name, v in asdict(self).items() if v not in (None, "", 0)}
        if self.groupID and self.status != Status.READY:
            fields[_GROUP_UNTIL_READY] = fields.pop("groupID")
        return items.serialize(fields)

    def to_json(self) -> dict[str, Any]:
        """The image as the API shows it: without internal fields, and without empty ones."""
        internal = ("owner", "expiresAt", "summary")
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


def image_id(upload_key: str) -> str | None:
    """The imageID in the key of an upload; None for any other key."""
    found = upload_key.removeprefix(_UPLOADS)
    return found if upload_key.startswith(_UPLOADS) and items.is_uuid(found) else None
