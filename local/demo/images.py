"""A picture: uploaded to S3, cleaned, and read."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from local.api_user import ApiUser, download, upload
from local.demo.output import say
from local.stack_probe import NotSeen, wait_for

PICTURE = Path(__file__).with_name("picture.jpg")


def follow_a_picture(api_user: ApiUser) -> None:
    """Upload a picture to S3, and show what the shop makes of it."""
    picture = PICTURE.read_bytes()
    start = time.monotonic()
    answer = api_user.request("POST", "/images", {"contentType": "image/jpeg"})
    if answer.status != 201:
        raise NotSeen(f"invited: the API answered {answer.status} {answer.body}")
    image_id = answer.body["imageID"]
    say("invited", f"201, image {image_id} is {answer.body['status']}", start)

    start = time.monotonic()
    status = upload(answer.body["upload"], picture)
    if status != 204:
        raise NotSeen(f"uploaded: S3 answered {status}")
    say("uploaded", f"204, {len(picture):,} bytes by presigned POST to S3", start)

    uploaded = time.monotonic()
    image = wait_for("ready", lambda: settled(api_user, image_id))
    if image["status"] != "READY":
        raise NotSeen(f"ready: the image is {image['status']}, {image['reason']}")
    text = f"{image['status']}, {image['width']} x {image['height']}, {image['size']:,} bytes"
    say("ready", f"{text} without metadata; the metadata is kept beside it:", uploaded)
    exif, gps = image["metadata"]["exif"], image["metadata"]["gps"]
    say("", f"{exif['Make']} {exif['Model']}, {exif['DateTimeOriginal']}")
    say("", f"taken at {gps['GPSLatitude']:.4f}, {gps['GPSLongitude']:.4f}")

    status, thumbnail, headers = download(image["thumbnailUrl"])
    if status != 200:
        raise NotSeen(f"thumbnail: S3 answered {status}")
    size = f"{len(thumbnail):,} bytes of {headers['Content-Type']}"
    say("thumbnail", f"{size}, from a URL that is valid for 5 minutes")


def settled(api_user: ApiUser, image_id: str) -> dict[str, Any] | None:
    """Return the image if it is no longer PENDING."""
    image: dict[str, Any] = api_user.request("GET", f"/images/{image_id}").body
    return None if image["status"] == "PENDING" else image
