"""`make web` uploads the web client with its configuration and removes older files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from ops.stack import ROOT, DeployedStack
from ops.web import WebClientNotDeployed, publish

OUTPUTS = {"WebBucket": "web", "WebUrl": "https://shop.example", "ApiUrl": "https://api.example/v1"}

PARAMETERS = {"ApiAuthorizer": "Cognito", "Search": "none", "PasswordMinimumLength": "12"}


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


def stack_with(s3: Any, outputs: dict[str, str], **parameters: str) -> DeployedStack:
    """Return a stack that describes itself once, with these outputs and parameters."""
    cloudformation = boto3.client("cloudformation", region_name="us-east-1")
    stub = Stubber(cloudformation)
    described = {
        "StackName": "shop",
        "CreationTime": "2026-01-01",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {**PARAMETERS, **parameters}.items()
        ],
    }
    stub.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": "shop"})
    stub.activate()
    clients = {"s3": s3, "cloudformation": cloudformation}
    return DeployedStack("shop", "a test", clients.__getitem__)


def test_the_bucket_gets_the_client_and_the_url_of_its_api(s3: Any, folder: Path) -> None:
    url = publish(stack_with(s3, OUTPUTS), folder)

    config = s3.get_object(Bucket="web", Key="config.json")
    script = s3.get_object(Bucket="web", Key="pages/orders.js")
    assert url == "https://shop.example"
    assert json.loads(config["Body"].read()) == {
        "apiUrl": "https://api.example/v1",
        "token": "idToken",
        "search": False,
        "passwordLength": 12,
    }
    assert script["ContentType"] == "text/javascript"
    assert script["CacheControl"] == "no-cache"


def test_the_products_of_the_shop_are_uploaded_with_their_pictures(s3: Any) -> None:
    publish(stack_with(s3, OUTPUTS), ROOT / "web")

    products = s3.get_object(Bucket="web", Key="products.json")
    picture = json.loads(products["Body"].read())[0]["picture"]
    assert products["ContentType"] == "application/json"
    assert s3.head_object(Bucket="web", Key=picture)["ContentType"] == "image/svg+xml"


@pytest.mark.parametrize(("search", "has_search"), [("none", False), ("domain", True)])
def test_the_configuration_says_whether_the_stack_has_search(
    s3: Any, folder: Path, search: str, *, has_search: bool
) -> None:
    publish(stack_with(s3, OUTPUTS, Search=search), folder)

    config = s3.get_object(Bucket="web", Key="config.json")["Body"].read()
    assert json.loads(config)["search"] is has_search


def test_the_configuration_names_the_token_that_the_stack_accepts(s3: Any, folder: Path) -> None:
    publish(stack_with(s3, OUTPUTS, ApiAuthorizer="CognitoScopes"), folder)

    config = s3.get_object(Bucket="web", Key="config.json")["Body"].read()
    assert json.loads(config)["token"] == "accessToken"


def test_the_client_calls_the_api_at_its_own_domain(s3: Any, folder: Path) -> None:
    at_domain = OUTPUTS | {"ApiDomainUrl": "https://api.shop.example"}

    publish(stack_with(s3, at_domain), folder)

    config = s3.get_object(Bucket="web", Key="config.json")["Body"].read()
    assert json.loads(config)["apiUrl"] == "https://api.shop.example"


def test_a_file_that_the_client_no_longer_has_is_deleted(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket="web", Key="old.js", Body=b"")

    publish(stack_with(s3, OUTPUTS), folder)

    keys = {each["Key"] for each in s3.list_objects_v2(Bucket="web")["Contents"]}
    assert keys == {"index.html", "pages/orders.js", "config.json"}


def test_a_stack_without_the_web_client_is_refused_with_the_parameter_to_set(
    s3: Any, folder: Path
) -> None:
    with pytest.raises(WebClientNotDeployed, match="Web=true"):
        publish(stack_with(s3, {"ApiUrl": "https://api.example/v1"}), folder)
