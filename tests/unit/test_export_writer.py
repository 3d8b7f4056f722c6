"""The `export_writer` function: ZIPs with all data of one user, whatever fails in between."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.model import OperationModel

from common import aws
from common.export import Part
from common.exports import exports
from project import functions
from tests.harness.exporting import BUCKET, Exporting, contents, exporting, keys, stored
from tests.harness.observability import metrics

pytestmark = pytest.mark.slow

CLIENTS = (aws.cognito, aws.dynamodb, aws.s3, aws.sqs)
OF_THE_TEST = {"ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"}

LITTLE = 1000  # milliseconds, in which one page of rows is written


@pytest.fixture
def shop() -> Iterator[Exporting]:
    with exporting() as made:
        yield made


def test_an_export_contains_everything_of_the_user(shop: Exporting) -> None:
    shop.everything("ada")

    found = contents(*shop.export("ada"))

    profile = found["profile.json"]
    assert (profile["username"], profile["status"]) == ("ada", "CONFIRMED")
    assert profile["attributes"] == {"sub": shop.subs["ada"]}
    [order] = found["orders.json"]
    assert order["order"] == {"item": "Lamp of ada", "quantity": 1.5}
    [image] = found["images.json"]
    assert image["title"] == "Desk lamp.jpg"
    assert image["files"] == ["pictures/0001 Desk lamp.jpg", "pictures/0001 Desk lamp.json"]
    assert found["pictures/0001 Desk lamp.jpg"] == b"picture"
    assert found["pictures/0001 Desk lamp.json"] == {"exif": {"Model": "Camera of ada"}}


def test_an_export_contains_nothing_of_others(shop: Exporting) -> None:
    """fault 42"""
    shop.everything("ada")
    shop.everything("ben")

    text = json.dumps(contents(*shop.export("ada")), default=str)

    assert "Lamp of ada" in text
    assert "of ben" not in text
    assert shop.subs["ben"] not in text


def test_an_export_of_a_user_without_data_is_complete(shop: Exporting) -> None:
    found = contents(*shop.export("cleo"))

    assert found["profile.json"]["username"] == "cleo"
    assert found["orders.json"] == found["images.json"] == []


def test_the_readme_explains_every_file(shop: Exporting) -> None:
    shop.everything("ada")

    found = contents(*shop.export("ada"))

    for name in found.keys() - {"README.txt"}:
        assert name.partition("/")[0] in found["README.txt"]
    assert shop.subs["ada"] in found["README.txt"]


def test_an_export_without_enough_time_continues_in_further_zips(shop: Exporting) -> None:
    """fault 79"""
    shop.everything("ada")
    for number in range(2, 13):
        shop.picture("ada", f"n. {number}", content=bytes([number]))
    whole = contents(*shop.export("ada"))
    forget(shop, "ada")

    parts = shop.export("ada", milliseconds=LITTLE)

    assert len(parts) > 3
    assert joined(contents(*parts)) == joined(whole)
    last = shop.ask("ada").body["parts"][-1]["name"]
    assert last.endswith(f"-{len(parts)}-of-{len(parts)}.zip")


def test_a_zip_has_a_maximum_size(shop: Exporting) -> None:
    for number in range(12):
        shop.picture("ada", f"n. {number}", content=bytes(1000))
    shop.ask("ada")
    export = exports().find(shop.subs["ada"])
    write_part = functions.module("export_writer", "part").write_part

    part, position = write_part(export, lambda: True, max_bytes=7000)

    zipped = zipfile.ZipFile(io.BytesIO(stored(part.key)))
    written = sum(name.endswith(".jpg") for name in zipped.namelist())
    assert 4 <= written < 12
    assert (position["section"], position["count"]) == ("pictures", written)


def test_images_that_are_not_ready_are_listed_without_a_picture(shop: Exporting) -> None:
    shop.picture("ada", "waiting", status="PENDING")
    shop.picture("ada", "broken", status="FAILED", reason="it is not an image")

    found = contents(*shop.export("ada"))

    listed = {each["title"]: (each["status"], each["files"]) for each in found["images.json"]}
    assert listed == {"waiting": ("PENDING", []), "broken": ("FAILED", [])}
    assert not any(name.startswith("pictures/") for name in found)


def test_a_picture_that_was_just_deleted_is_left_out(shop: Exporting) -> None:
    image = shop.picture("ada", "gone")
    for key in (image.picture_key, image.metadata_key):
        aws.s3().delete_object(Bucket="ImagesBucket", Key=key)

    found = contents(*shop.export("ada"))

    assert [each["files"] for each in found["images.json"]] == [[]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "0007 .. .. etc passwd"),
        ("C:\\boot.ini\0", "0007 C boot.ini"),
        ("CON", "0007 CON"),
        ("", "0007"),
        ("dots...", "0007 dots"),
        ("new\nline\ttab", "0007 new line tab"),
        ("\u202egpj.exe", "0007 gpj.exe"),
        ("Tisch 🪑 für Zoë", "0007 Tisch 🪑 für Zoë"),
        ("x" * 200, f"0007 {'x' * 50}"),
    ],
)
def test_names_of_files_are_safe_everywhere(text: str, name: str) -> None:
    """fault 39, fault 79"""
    assert functions.module("export_writer", "file_names").numbered(7, text) == name


def test_a_title_that_is_the_name_of_a_file_has_one_extension(shop: Exporting) -> None:
    shop.picture("ada", "../für Zoë.JPEG")

    assert "pictures/0001 .. für Zoë.jpg" in shop.export("ada")[0].namelist()


def test_pictures_of_the_same_title_have_different_names(shop: Exporting) -> None:
    shop.picture("ada", "lamp", createdAt="2026-03-01T12:00:00.000Z")
    shop.picture("ada", "LAMP", createdAt="2026-03-01T12:00:01.000Z")

    [archive] = shop.export("ada")

    assert {"pictures/0001 lamp.jpg", "pictures/0002 LAMP.jpg"} <= set(archive.namelist())
    assert archive.getinfo("pictures/0001 lamp.jpg").date_time == (2026, 3, 1, 12, 0, 0)


def test_large_content_is_uploaded_in_several_requests(
    shop: Exporting, requests: list[str]
) -> None:
    content = bytes(9_000_000)
    shop.picture("ada", "large", content=content)
    requests.clear()

    found = contents(*shop.export("ada"))

    assert requests.count("UploadPart") == 2
    assert found["pictures/0001 large.jpg"] == content


@pytest.mark.parametrize(
    "command", [["unzip", "-q", "export.zip"], ["jar", "-x"]], ids=lambda each: each[0]
)
def test_programs_of_others_read_the_zip(
    shop: Exporting, tmp_path: Path, command: list[str]
) -> None:
    """Info-ZIP reads the list at the end, Java's `jar` the stream. In CI, both must be there."""
    if not shutil.which(command[0]) and os.environ.get("CI") != "true":
        pytest.skip(f"no {command[0]} on the path")
    shop.everything("ada")
    shop.picture("ada", "Zoë 🪑", content=bytes(9_000_000))
    [archive] = shop.export("ada")
    export = exports().find(shop.subs["ada"])
    assert export is not None
    zipped = tmp_path / "export.zip"
    zipped.write_bytes(stored(export.parts[0].key))

    with zipped.open() as stream:
        env = os.environ | {"LC_ALL": "C.UTF-8"}
        subprocess.run(command, stdin=stream, cwd=tmp_path, check=True, env=env)

    unpacked = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert unpacked == {"export.zip", *archive.namelist()}
    assert all((tmp_path / name).read_bytes() == archive.read(name) for name in archive.namelist())


def test_the_profile_of_another_issuers_user_is_what_the_token_says(
    shop: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCOUNT_ROUTES", "off")
    shop.ask("ada", email="ada@elsewhere.example")

    shop.work()

    profile = contents(*shop.zips("ada"))["profile.json"]
    assert profile["email"] == "ada@elsewhere.example"
    assert profile["username"] == "ada"
    assert "attributes" not in profile


def test_the_profile_of_a_user_who_is_not_in_the_pool_is_what_is_left(shop: Exporting) -> None:
    shop.subs["auth0|1"] = "auth0|1"
    shop.subs["deleted"] = "1f0e2d3c-4b5a-4968-8776-655443322110"

    for name in ("auth0|1", "deleted"):
        profile = contents(*shop.export(name))["profile.json"]
        assert profile["sub"] == shop.subs[name]
        assert profile["username"] == name


def test_a_job_of_a_replaced_or_deleted_export_writes_nothing(shop: Exporting) -> None:
    shop.ask("ada")
    replaced = {"userID": shop.subs["ada"], "exportID": "another"}
    deleted = {"userID": shop.subs["ben"], "exportID": "another"}

    retried = [shop.handle(json.dumps(job)) for job in (replaced, deleted)]

    assert retried == [False, False]
    assert keys() == []


def test_an_export_that_is_deleted_meanwhile_leaves_no_zip(shop: Exporting) -> None:
    """fault 79"""
    shop.everything("ada")
    shop.ask("ada")
    completed = "after-call.s3.CompleteMultipartUpload"

    aws.s3().meta.events.register(completed, lambda **_: forget(shop, "ada"), unique_id="erase")
    shop.work()
    aws.s3().meta.events.unregister(completed, unique_id="erase")

    assert keys() == []
    assert exports().find(shop.subs["ada"]) is None


def test_an_export_that_fails_too_often_is_failed_and_its_user_is_told(
    shop: Exporting, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ask("ada")
    aws.s3().delete_bucket(Bucket=BUCKET)
    attempts = functions.resource("ExportsQueue")["RedrivePolicy"]["maxReceiveCount"]
    shop.work(attempts=attempts - 1)
    before = shop.ask("ada").body["status"]
    capsys.readouterr()

    shop.work(attempts=1)

    assert before == "PREPARING"
    assert metrics(capsys.readouterr().out) == {"ExportsFailed": 1}
    assert shop.ask("ada").body["status"] == "FAILED"


def test_a_replayed_job_completes_a_failed_export(shop: Exporting) -> None:
    shop.everything("ada")
    shop.ask("ada")
    aws.s3().delete_bucket(Bucket=BUCKET)
    shop.work(attempts=5)
    aws.s3().create_bucket(Bucket=BUCKET)

    shop.work()

    assert contents(*shop.zips("ada"))["profile.json"]["username"] == "ada"
    assert exports().request(shop.subs["ada"], {}, fresh=False).reason == ""


@pytest.mark.parametrize("is_sent", [False, True], ids=["not sent", "answer lost"])
def test_whichever_call_fails_a_retry_gives_a_whole_export(
    shop: Exporting, *, is_sent: bool
) -> None:
    """fault 79"""
    shop.everything("ada")
    expected = joined(contents(*shop.export("ada")))
    for calls in count():
        forget(shop, "ada")
        shop.ask("ada")
        with Failing(calls, is_sent=is_sent) as failing:
            shop.work()

        assert joined(contents(*shop.zips("ada"))) == expected, f"call {calls}"
        if not failing.has_failed:
            break
    assert calls > 10


@pytest.mark.parametrize("operation", ["PutItem", "SendMessage", "CompleteMultipartUpload"])
def test_a_failure_between_two_parts_loses_and_repeats_nothing(
    shop: Exporting, operation: str
) -> None:
    for number in range(15):
        shop.picture("ada", f"n. {number}")
    shop.ask("ada")
    with Failing(operation=operation, is_sent=True):
        shop.work(LITTLE)

    titles = [
        image["title"]
        for archive in shop.zips("ada")
        for name, images in contents(archive).items()
        if name.startswith("images")
        for image in images
    ]
    assert sorted(titles) == sorted(f"n. {number}" for number in range(15))


def test_a_failed_part_leaves_no_unfinished_upload(shop: Exporting) -> None:
    shop.everything("ada")
    shop.ask("ada")
    with Failing(operation="CompleteMultipartUpload"):
        shop.work(attempts=1)

    assert "Uploads" not in aws.s3().list_multipart_uploads(Bucket=BUCKET)
    assert keys() == []
    assert shop.ask("ada").body["status"] == "PREPARING"


def test_a_part_that_the_sdk_stores_twice_is_kept(shop: Exporting) -> None:
    """The answer to the first write is lost, and the second one finds the row of the first."""
    shop.ask("ada")
    export = exports().find(shop.subs["ada"])
    assert export is not None
    part = Part(export.new_key(), 5)
    first = exports().add_part(export, part, None)

    again = exports().add_part(export, part, None)
    other = exports().add_part(export, Part(export.new_key(), 5), None)

    assert again == first
    assert other is None


def test_a_message_that_is_no_job_is_retried(shop: Exporting) -> None:
    assert shop.handle("{}")
    assert shop.handle("not JSON")


class Failing:
    """Lets one call to AWS fail: the one after `calls` others, or the first of an operation.

    With `is_sent`, AWS does what is asked, and only its answer is lost.
    """

    def __init__(self, calls: int = 0, operation: str = "*", *, is_sent: bool = False) -> None:
        self.has_failed = False
        self._left = calls
        self._event = f"{'after' if is_sent else 'before'}-call.*.{operation}"

    def __enter__(self) -> Self:
        for client in CLIENTS:
            client().meta.events.register(self._event, self._fail)
        return self

    def __exit__(self, *_: object) -> None:
        for client in CLIENTS:
            client().meta.events.unregister(self._event, self._fail)

    def _fail(self, model: OperationModel, **_: Any) -> None:
        if self.has_failed or model.name in OF_THE_TEST:
            return
        self._left -= 1
        if self._left < 0:
            self.has_failed = True
            raise EndpointConnectionError(endpoint_url=f"https://{model.name}")


def forget(shop: Exporting, name: str) -> None:
    """Delete the row of the user's export."""
    key = {"id": {"S": f"export#{shop.subs[name]}"}}
    aws.dynamodb().delete_item(TableName="IdempotencyTable", Key=key)


def joined(found: dict[str, Any]) -> dict[str, Any]:
    """The contents with the rows of a list from all ZIPs in one, and without times."""
    lists: dict[str, Any] = {}
    for name, content in found.items():
        if name == "README.txt":
            continue
        if isinstance(content, list):
            first = name.rpartition("-")[0] or name.removesuffix(".json")
            rows = [{k: v for k, v in row.items() if k != "file"} for row in content]
            known = lists.setdefault(first, [])
            known += [row for row in rows if row not in known]
        else:
            lists[name] = content
    return lists
