"""The files of an image in S3: the upload that arrived, and what is made of it."""

from __future__ import annotations

import json

from picture import Processed

from common import aws
from common.images import MAX_UPLOAD_BYTES, Image


def fetch(key: str) -> bytes | None:
    """The upload; None if it is gone, which a repeated message finds."""
    s3 = aws.s3()
    try:
        answer = s3.get_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    return answer["Body"].read(MAX_UPLOAD_BYTES)


def remove_upload(key: str) -> None:
    aws.s3().delete_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)


def store(image: Image, made: Processed) -> None:
    """Keep the thumbnail, the metadata, and then the picture."""
    s3, bucket = aws.s3(), aws.env("IMAGES_BUCKET")
    s3.put_object(
        Bucket=aws.env("THUMBNAILS_BUCKET"),
        Key=image.thumbnail_key,
        Body=made.thumbnail,
        ContentType="image/webp",
    )
    s3.put_object(
        Bucket=bucket,
        Key=image.metadata_key,
        Body=json.dumps(made.metadata, ensure_ascii=False, allow_nan=False).encode(),
        ContentType="application/json",
    )
    s3.put_object(
        Bucket=bucket, Key=image.picture_key, Body=made.picture, ContentType=image.contentType
    )


def discard(image: Image) -> None:
    """Take back what was stored."""
    s3 = aws.s3()
    s3.delete_object(Bucket=aws.env("THUMBNAILS_BUCKET"), Key=image.thumbnail_key)
    for key in (image.metadata_key, image.picture_key):
        s3.delete_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)
