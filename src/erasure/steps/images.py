"""The user's images, also those in groups of others: uploads, pictures, metadata, thumbnails."""

from __future__ import annotations

from typing import Any

from common import aws, image_files
from common.dynamodb import queries
from common.erasures import Erasure
from common.image import Image
from common.images import images
from common.parallel import map_parallel

_PAGE_ROWS = 50


def erase(erasure: Erasure, start: Any) -> Any:
    """Delete a page of the images."""
    found, after = queries.query(
        aws.dynamodb(),
        "owner",
        erasure.sub,
        start,
        Limit=_PAGE_ROWS,
        TableName=aws.env("IMAGES_TABLE"),
        IndexName="owner",
    )
    map_parallel(_remove, map(Image.from_item, found))
    return after


def _remove(image: Image) -> None:
    image_files.remove_upload(image.upload_key)
    image_files.remove_results(image)
    images().remove(image)  # last, because the row leads to the files
