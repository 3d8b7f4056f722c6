"""The files of an image in S3: a place to upload to, addresses to read from, and their end."""

import json
from typing import Any

from common import aws
from common.images import MAX_UPLOAD_BYTES, Image

UPLOAD_SECONDS = 300
READ_SECONDS = 300

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/tiff": "tif",
}


def presigned_upload(image: Image) -> Any:
    """`{url, fields}` of a form that uploads this picture, of this type, to this key."""
    return aws.s3().generate_presigned_post(
        Bucket=aws.env("IMAGES_BUCKET"),
        Key=image.upload_key,
        Fields={"Content-Type": image.contentType},
        Conditions=[
            {"Content-Type": image.contentType},
            ["content-length-range", 1, MAX_UPLOAD_BYTES],
        ],
        ExpiresIn=UPLOAD_SECONDS,
    )


def upload(image: Image, picture: bytes) -> None:
    """Put the picture where pictures arrive."""
    aws.s3().put_object(
        Bucket=aws.env("IMAGES_BUCKET"),
        Key=image.upload_key,
        Body=picture,
        ContentType=image.contentType,
    )


def addresses(image: Image) -> dict[str, str]:
    """Where the picture and its thumbnail can be read for a while."""
    return {
        "url": _address(aws.env("IMAGES_BUCKET"), image.picture_key, image.contentType),
        "thumbnailUrl": _address(aws.env("THUMBNAILS_BUCKET"), image.thumbnail_key, "image/webp"),
    }


def metadata(image: Image) -> dict[str, Any]:
    """What the picture says about itself, its place included: for its owner only."""
    answer = aws.s3().get_object(Bucket=aws.env("IMAGES_BUCKET"), Key=image.metadata_key)
    document: dict[str, Any] = json.load(answer["Body"])
    return document


def remove(image: Image) -> None:
    """Delete all of them."""
    aws.s3().delete_object(Bucket=aws.env("THUMBNAILS_BUCKET"), Key=image.thumbnail_key)
    for key in (image.upload_key, image.picture_key, image.metadata_key):
        aws.s3().delete_object(Bucket=aws.env("IMAGES_BUCKET"), Key=key)


def _address(bucket: str, key: str, content_type: str) -> str:
    # S3 lets a signer choose these two headers and no `nosniff`. `attachment` does as well: an
    # <img> shows the picture, and a browser that is sent there saves it and renders nothing.
    name = f"{key.rpartition('/')[2]}.{_EXTENSIONS[content_type]}"
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "ResponseContentType": content_type,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=READ_SECONDS,
    )
