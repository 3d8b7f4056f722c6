"""Presigned S3 URLs, with which clients upload and download images themselves."""

from typing import Any

from common import aws
from common.image import MAX_UPLOAD_BYTES, Image
from common.image_files import THUMBNAIL_TYPE
from common.image_formats import EXTENSIONS

UPLOAD_SECONDS = 300
DOWNLOAD_SECONDS = 300


def upload_form(image: Image) -> Any:
    """`{url, fields}` of a form that uploads a file of the image's type to the image's key."""
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


def download_urls(image: Image) -> dict[str, str]:
    """The URLs of the picture and its thumbnail."""
    pictures, thumbnails = aws.env("IMAGES_BUCKET"), aws.env("THUMBNAILS_BUCKET")
    return {
        "url": _download_url(pictures, image.picture_key, image.contentType),
        "thumbnailUrl": _download_url(thumbnails, image.thumbnail_key, THUMBNAIL_TYPE),
    }


def _download_url(bucket: str, key: str, content_type: str) -> str:
    # A presigned URL can set these two headers, but not `nosniff`. `attachment` protects as well:
    # an <img> shows the picture, and a browser that opens the URL saves the file.
    name = f"{key.rpartition('/')[2]}.{EXTENSIONS[content_type]}"
    return aws.s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "ResponseContentType": content_type,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=DOWNLOAD_SECONDS,
    )
