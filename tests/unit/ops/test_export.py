"""`make export` prepares and downloads the data of a user who asks for it by letter."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3
import pytest

from common import aws
from ops.export import main
from ops.stack import DeployedStack
from tests.harness.exporting import BUCKET, QUEUE, Exporting, contents, exporting

pytestmark = pytest.mark.slow


class Deployed(DeployedStack):
    """A stack in moto, which has no CloudFormation."""

    def resources(self, resource_type: str) -> dict[str, str]:
        names = {
            "AWS::DynamoDB::Table": ["IdempotencyTable"],
            "AWS::S3::Bucket": [BUCKET],
            "AWS::SQS::Queue": [QUEUE],
        }
        if resource_type == "AWS::Cognito::UserPool":
            return {"UserPool": aws.env("USER_POOL_ID")}
        return {name: name for name in names[resource_type]}


@pytest.fixture
def shop() -> Iterator[Exporting]:
    with exporting() as made:
        yield made


def client(service: str) -> Any:
    return boto3.session.Session(region_name="us-east-1").client(service)  # type: ignore[call-overload]


def export(shop: Exporting, *arguments: str) -> int:
    """Run the command, and export_writer beside it."""
    worker = threading.Thread(target=work, args=[shop])
    worker.start()
    status = main(list(arguments), lambda *_: Deployed("shop", "a test", client))
    worker.join()
    return status


def work(shop: Exporting) -> None:
    while not shop.work():
        pass


def test_the_data_of_a_user_are_downloaded(
    shop: Exporting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.everything("ada")

    assert export(shop, "ada", "--out", str(tmp_path / "letters")) == 0

    [path] = (tmp_path / "letters").iterdir()
    assert path.name.startswith("storefront-20")
    found = contents(ZipFile(path))
    assert found["profile.json"]["username"] == "ada"
    assert found["pictures/0001 Desk lamp.jpg"] == b"picture"
    assert str(path) in capsys.readouterr().out


def test_a_user_of_another_issuer_is_exported_by_the_sub(shop: Exporting, tmp_path: Path) -> None:
    shop.subs["auth0|1"] = "auth0|1"
    shop.order("auth0|1")

    assert export(shop, "auth0|1", "--sub", "--out", str(tmp_path)) == 0

    found = contents(*(ZipFile(path) for path in tmp_path.iterdir()))
    assert found["profile.json"] == {"sub": "auth0|1"}
    assert len(found["orders.json"]) == 1


def test_an_unknown_user_is_a_failure(shop: Exporting, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nobody"], lambda *_: Deployed("shop", "a test", client)) == 1
    assert capsys.readouterr().err == "there is no user nobody\n"


def test_an_export_that_fails_is_a_failure(
    shop: Exporting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.s3().delete_bucket(Bucket=BUCKET)

    assert export(shop, "ada", "--out", str(tmp_path)) == 1
    assert "the export failed: read the log of export_writer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
