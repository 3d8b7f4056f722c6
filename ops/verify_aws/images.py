"""Images: uploaded to S3 with a presigned form, processed, downloaded from presigned URLs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from local.api_user import download, upload
from local.demo.images import PICTURE
from local.stack_probe import wait_for
from ops.verify_aws.browsers import permitted, preflight
from ops.verify_aws.probe import only_on_aws, probe
from ops.verify_aws.target import Target


@dataclass(frozen=True)
class Uploaded:
    """An image whose picture was uploaded, and the status of S3's response."""

    image_id: str
    status: int


def invited(target: Target) -> dict[str, Any]:
    """Create an image that is still without a picture. It is deleted at the end."""
    reply = target.ask("POST", "/images", {"contentType": "image/jpeg"})
    image: dict[str, Any] = reply.body
    path = f"/images/{image['imageID']}"
    target.on_exit(f"image {image['imageID']}", lambda: target.ask("DELETE", path))
    return image


@cache
def uploaded(target: Target) -> Uploaded:
    """Upload a picture; all probes share this one."""
    image = invited(target)
    return Uploaded(image["imageID"], upload(image["upload"], PICTURE.read_bytes()))


def settled(target: Target) -> dict[str, Any]:
    """Wait until the image is no longer PENDING, and return it. Raises NotSeen."""
    path = f"/images/{uploaded(target).image_id}"

    def look() -> dict[str, Any] | None:
        image: dict[str, Any] = target.ask("GET", path).body
        return None if image["status"] == "PENDING" else image

    return wait_for("the picture processed", look)


@probe(
    "the upload goes to the bucket's regional host", expected="<bucket>.s3.<region>.amazonaws.com"
)
def upload_host(target: Target) -> str:
    only_on_aws(target, "with an IP address, the bucket is in the path")
    host = urlsplit(invited(target)["upload"]["url"]).netloc
    named = f"{target.outputs['ImagesBucket']}.s3.{target.outputs['Region']}.amazonaws.com"
    return "<bucket>.s3.<region>.amazonaws.com" if host.startswith(named) else host


@probe("a preflight of the upload", expected="permitted")
def upload_preflight(target: Target) -> str:
    url = invited(target)["upload"]["url"]
    return permitted(preflight(url, target, "POST", ""), target, "POST", "")


@probe("S3 accepts the upload without a redirect", expected="204")
def takes_the_upload(target: Target) -> str:
    return str(uploaded(target).status)


@probe("the upload event reaches SNS, SQS and the function", expected="READY")
def becomes_ready(target: Target) -> str:
    image = settled(target)
    return str(image["status"]) + (f": {image['reason']}" if "reason" in image else "")


@probe("the picture and its thumbnail can be downloaded", expected="200 image/jpeg, 200 image/webp")
def is_served(target: Target) -> str:
    image = settled(target)
    downloads = [download(image[name]) for name in ("url", "thumbnailUrl")]
    return ", ".join(f"{status} {headers['Content-Type']}" for status, _, headers in downloads)


@probe("a picture's URL without its signature", expected="403")
def needs_a_signature(target: Target) -> str:
    return str(download(settled(target)["url"].partition("?")[0])[0])


@probe("an upload with a different type than the signed one", expected="403")
def holds_to_the_type(target: Target) -> str:
    form = invited(target)["upload"]
    changed = {**form, "fields": {**form["fields"], "Content-Type": "text/html"}}
    return str(upload(changed, b"<html>"))


@probe("an upload larger than the signed maximum", expected="400")
def holds_to_the_size(target: Target) -> str:
    return str(upload(invited(target)["upload"], b"\xff" * (10 * 1024 * 1024 + 1)))
