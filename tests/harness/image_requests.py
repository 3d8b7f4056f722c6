"""Requests to the `image_upload` function, and images that are stored already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from common import aws
from common.image import Image, Status
from common.images import images
from project.functions import event
from tests.harness import pictures
from tests.harness.api import ApiResponse, answer
from tests.harness.stores import IMAGES, IMAGES_TABLE, THUMBNAILS

ADA = "7f0c8a44-0d6e-4c8b-9d6d-1f7c4f5a9b10"  # the caller of events/image_upload
BOB = "2b1a9c3d-4e5f-4061-8273-94a5b6c7d8e9"


def call(case: str, key: str | None = None, caller: str = ADA, **changes: Any) -> ApiResponse:
    """Send the event of this case, with changed fields. `key` is the Idempotency-Key."""
    request = event("image_upload", case)
    request["headers"].pop("Idempotency-Key", None)
    if key is not None:
        request["headers"]["Idempotency-Key"] = key
    request["requestContext"]["authorizer"]["claims"]["sub"] = caller
    request.update(changes)
    return answer("image_upload", request)


def path_of(image_id: str) -> dict[str, Any]:
    return {"path": f"/images/{image_id}", "pathParameters": {"imageID": image_id}}


def stored(**fields: Any) -> Image:
    """Store an image of Ada's in the table. It is PENDING."""
    image = replace(Image.new(ADA, pictures.JPEG), **fields)
    images().add(image)
    return image


def ready(**fields: Any) -> Image:
    """Store a READY image of Ada's with its three objects in S3."""
    image = stored(status=Status.READY, size=10, width=60, height=40, expiresAt=0, **fields)
    aws.s3().put_object(Bucket=IMAGES, Key=image.picture_key, Body=b"picture")
    aws.s3().put_object(Bucket=IMAGES, Key=image.metadata_key, Body=b'{"exif": {}}')
    aws.s3().put_object(Bucket=THUMBNAILS, Key=image.thumbnail_key, Body=b"thumbnail")
    return image


def rows() -> list[dict[str, Any]]:
    return aws.dynamodb().scan(TableName=IMAGES_TABLE)["Items"]
