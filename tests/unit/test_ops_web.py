"""`make web`: what lies in the bucket, and how it is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from ops.stack import Stack
from ops.web import NoWeb, publish

OUTPUTS = {"WebBucket": "web", "WebUrl": "https://shop.example", "ApiUrl": "https://api.example/v1"}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="web")
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "pages" / "orders.js").write_text("export {}")
    return tmp_path


def deployed(s3: Any, outputs: dict[str, str], search: str = "none") -> Stack:
    """A stack that says so of itself, once."""
    cloudformation = boto3.client("cloudformation", region_name="us-east-1")
    stub = Stubber(cloudformation)
    listed = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    parameters = [{"ParameterKey": "Search", "ParameterValue": search}]
    described = {
        "StackName": "shop",
        "CreationTime": "2026-01-01",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": listed,
        "Parameters": parameters,
    }
    stub.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": "shop"})
    stub.activate()
    return Stack("shop", "here", {"s3": s3, "cloudformation": cloudformation}.__getitem__)


def test_the_bucket_holds_the_client_and_where_its_api_is(s3: Any, folder: Path) -> None:
    url = publish(deployed(s3, OUTPUTS), folder)

    config = s3.get_object(Bucket="web", Key="config.json")
    script = s3.get_object(Bucket="web", Key="pages/orders.js")
    assert url == "https://shop.example"
    assert config["Body"].read() == b'{"apiUrl": "https://api.example/v1", "search": false}'
    assert script["ContentType"] == "text/javascript"
    assert script["CacheControl"] == "no-cache"


@pytest.mark.parametrize(("search", "is_on"), [("none", False), ("domain", True)])
def test_the_client_is_told_whether_there_is_search(
    s3: Any, folder: Path, search: str, *, is_on: bool
) -> None:
    publish(deployed(s3, OUTPUTS, search), folder)

    config = s3.get_object(Bucket="web", Key="config.json")["Body"].read()
    assert json.loads(config)["search"] is is_on


def test_what_the_client_has_no_more_is_gone(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket="web", Key="old.js", Body=b"")

    publish(deployed(s3, OUTPUTS), folder)

    keys = {each["Key"] for each in s3.list_objects_v2(Bucket="web")["Contents"]}
    assert keys == {"index.html", "pages/orders.js", "config.json"}


def test_a_stack_that_serves_no_client_says_what_to_do(s3: Any, folder: Path) -> None:
    with pytest.raises(NoWeb, match="Web=true"):
        publish(deployed(s3, {"ApiUrl": "https://api.example/v1"}), folder)
