"""Presigned URLs contain the host of S3 in the stack's region, and are signed for that region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.regions import EndpointResolver
from botocore.session import Session

from common import aws
from common.image import Image, Status
from common.images import images
from project import template
from project.fake_aws import all_tables
from project.functions import event
from tests.harness import pictures
from tests.harness.api import answer

pytestmark = pytest.mark.slow

# Regions from before and after March 2019 (the global host does not serve newer ones), and regions
# of other partitions, which have other suffixes.
REGIONS = (
    *("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2"),
    *("ap-east-1", "me-south-1", "af-south-1", "eu-south-2", "il-central-1", "mx-central-1"),
    *("us-gov-west-1", "cn-north-1"),
)

# Named as CloudFormation names buckets: in lower case and without dots.
IMAGES = "storefront-imagesbucket-1a2b3c"
THUMBNAILS = "storefront-thumbnailsbucket-4d5e6f"


@pytest.fixture(params=REGIONS)
def region(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A region with the images' tables. The functions' clients use it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", request.param)
    monkeypatch.setenv("IMAGES_BUCKET", IMAGES)
    monkeypatch.setenv("THUMBNAILS_BUCKET", THUMBNAILS)
    with all_tables():
        yield request.param


def upload_form() -> dict[str, Any]:
    """Return the form with which a client uploads a picture."""
    upload: dict[str, Any] = answer("image_upload", event("image_upload", "invite")).body["upload"]
    return upload


def picture_urls() -> dict[str, str]:
    """Return the URLs of a picture and its thumbnail, by bucket."""
    request = event("image_upload", "list")
    owner = request["requestContext"]["authorizer"]["claims"]["sub"]
    images().add(replace(Image.new(owner, pictures.JPEG), status=Status.READY, expiresAt=0))
    listed = answer("image_upload", request).body["images"]
    [shown] = [each for each in listed if each["status"] == Status.READY]
    return {IMAGES: shown["url"], THUMBNAILS: shown["thumbnailUrl"]}


@cache
def s3_host(region: str) -> str:
    """Return S3's host in a region, from the endpoint data that AWS publishes with botocore.

    These are not the rules by which botocore's clients choose a host.
    """
    resolver = EndpointResolver(Session().get_data("endpoints"))
    endpoint = resolver.construct_endpoint("s3", region)
    assert endpoint is not None, f"botocore does not know {region}"
    host: str = endpoint["hostname"]
    return host


def test_an_upload_goes_to_the_regional_host(region: str) -> None:
    """fault 54"""
    form = upload_form()

    assert form["url"] == f"https://{IMAGES}.{s3_host(region)}/"
    assert region in s3_host(region)
    assert scope(form["fields"]["x-amz-credential"]) == [region, "s3", "aws4_request"]


def test_pictures_are_read_from_the_regional_host(region: str) -> None:
    """fault 54"""
    for bucket, url in picture_urls().items():
        address = urlsplit(url)
        [credential] = parse_qs(address.query)["X-Amz-Credential"]

        assert (address.scheme, address.netloc) == ("https", f"{bucket}.{s3_host(region)}")
        assert scope(credential) == [region, "s3", "aws4_request"]


def test_the_web_client_may_reach_the_hosts_of_presigned_urls(region: str) -> None:
    allowed = content_security_policy(region)

    hosts = {f"https://{urlsplit(url).netloc}" for url in picture_urls().values()}
    assert hosts <= set(allowed["img-src"])
    assert upload_form()["url"].removesuffix("/") in allowed["connect-src"]
    assert not any(".s3.amazonaws" in source for sources in allowed.values() for source in sources)


@pytest.mark.parametrize("region", ["us-east-1"], indirect=True)
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://localhost:4566"])
def test_an_emulator_is_addressed_by_path(
    region: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One host per bucket, as in `bucket.localhost`, would not resolve."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    aws.s3.cache_clear()

    assert upload_form()["url"] == f"{endpoint}/{IMAGES}"
    for bucket, url in picture_urls().items():
        assert url.startswith(f"{endpoint}/{bucket}/")


def scope(credential: str) -> list[str]:
    """Return the scope of a signature: region, service and version."""
    _key, _date, *rest = credential.split("/")
    return rest


def content_security_policy(region: str) -> dict[str, list[str]]:
    """Return the sources that the web client's distribution allows, by directive."""
    headers = template.raw()["Resources"]["WebHeaders"]["Properties"]
    security = headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text, variables = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    suffix = s3_host(region).partition(f"{region}.")[2]
    buckets = {name: value["Fn::Sub"] for name, value in variables.items() if "Fn::Sub" in value}
    values = buckets | {
        "ImagesBucket": IMAGES,
        "ThumbnailsBucket": THUMBNAILS,
        "AWS::Region": region,
        "AWS::URLSuffix": suffix,
    }
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    policy = (directive.split() for directive in text.split(";"))
    return {name: sources for name, *sources in policy}
