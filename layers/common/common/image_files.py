"""The files of an image in S3: the upload, and the three results of processing it.

`Image` has their keys. Thumbnails have a bucket of their own; everything else is in the images
bucket.
"""

from __future__ import annotations

import json
from typing import Any

from common import aws
from common.image import MAX_METADATA_BYTES, MAX_UPLOAD_BYTES, Image

THUMBNAIL_TYPE = "image/webp"


def put_upload(image: Image, data: bytes) -> None:
    """Upload a file on behalf of its owner."""
    aws.s3().put_object(
        Bucket=aws.env("IMAGES_BUCKET"),
        Key=image.upload_key,
        Body=data,
        ContentType=image.contentType,
    )


def get_upload(key: str) -> bytes | None:
    """The uploaded file; None if it was removed, for example because a message is repeated."""
    s3 = aws.s3()
    try:
        response = s3.get_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    return response["Body"].read(MAX_UPLOAD_BYTES)


def get_picture(image: Image) -> bytes | None:
    """The clean picture; None if the image was just deleted."""
    s3 = aws.s3()
    try:
        response = s3.get_object(Bucket=aws.env("IMAGES_BUCKET"), Key=image.picture_key)
    except s3.exceptions.NoSuchKey:
        return None
    return response["Body"].read()


def remove_upload(key: str) -> None:
    aws.s3().delete_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)


def put_results(image: Image, picture: bytes, metadata: dict[str, Any], thumbnail: bytes) -> None:
    """Store the results of processing, the picture last."""
    s3, bucket = aws.s3(), aws.env("IMAGES_BUCKET")
    s3.put_object(
        Bucket=aws.env("THUMBNAILS_BUCKET"),
        Key=image.thumbnail_key,
        Body=thumbnail,
        ContentType=THUMBNAIL_TYPE,
    )
    s3.put_object(
        Bucket=bucket,
        Key=image.metadata_key,
        Body=json.dumps(metadata, ensure_ascii=False, allow_nan=False).encode(),
        ContentType="application/json",
    )
    s3.put_object(Bucket=bucket, Key=image.picture_key, Body=picture, ContentType=image.contentType)


def get_metadata(image: Image) -> dict[str, Any]:
    """The metadata of the picture, including its location. Empty if the image was just deleted.

    Those of a picture that version 0.1 processed may be larger than the limit, and are then empty
    except for `dropped`.
    """
    s3 = aws.s3()
    try:
        response = s3.get_object(Bucket=aws.env("IMAGES_BUCKET"), Key=image.metadata_key)
    except s3.exceptions.NoSuchKey:
        return {}
    if response["ContentLength"] > MAX_METADATA_BYTES:
        return {"dropped": [f"all: the metadata have at most {MAX_METADATA_BYTES} bytes"]}
    metadata: dict[str, Any] = json.load(response["Body"])
    return metadata


def remove_results(image: Image) -> None:
    aws.s3().delete_object(Bucket=aws.env("THUMBNAILS_BUCKET"), Key=image.thumbnail_key)
    for key in (image.metadata_key, image.picture_key):
        aws.s3().delete_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)
