"""Exports on the local stack: the user's data, all of it and nothing else."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from local.api_user import ApiUser, download, upload
from local.stack_probe import wait_for
from ops.export import main
from tests.conftest import SignIn
from tests.harness import pictures
from tests.harness.exporting import contents

pytestmark = pytest.mark.xdist_group("stack")


def everything(user: ApiUser, word: str) -> None:
    """Let a user have data of every kind, in which the word occurs."""
    user.request("POST", "/orders", {"item": f"order {word}"})
    user.request("POST", "/groups", {"name": f"group {word}"})
    invited = user.request("POST", "/images", {"contentType": pictures.JPEG, "title": word}).body
    assert upload(invited["upload"], pictures.jpeg()) == 204
    wait_for("the picture", lambda: image(user, invited["imageID"])["status"] == "READY")
    wait_for("the order", lambda: user.request("GET", "/orders").body["orders"])


def image(user: ApiUser, image_id: str) -> Any:
    return user.request("GET", f"/images/{image_id}").body


def ready(user: ApiUser) -> Any:
    """The user's export, once it is READY."""

    def read() -> Any:
        response = user.request("GET", "/users/me/export")
        assert response.status in (200, 202), response
        return response.body if response.body["status"] == "READY" else None

    return wait_for("the export", read)


def zipped(export: Any) -> bytes:
    """The only ZIP of an export."""
    [part] = export["parts"]
    status, content, headers = download(part["url"])
    assert status == 200
    assert len(content) == part["size"]
    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == f'attachment; filename="{part["name"]}"'
    return content


@pytest.fixture(scope="module")
def users(sign_in: SignIn) -> tuple[ApiUser, ApiUser]:
    """Two users with data of every kind."""
    ann, ben = (sign_in(f"{name}-{uuid.uuid4()}") for name in ("ann", "ben"))
    everything(ann, "lavender")
    everything(ben, "rosemary")
    ann.request("POST", "/messages", {"toID": ben.sub, "text": "message lavender"})
    ben.request("POST", "/messages", {"toID": ann.sub, "text": "message rosemary"})
    return ann, ben


def test_an_export_contains_all_of_a_user_and_nothing_of_others(
    users: tuple[ApiUser, ApiUser],
) -> None:
    """fault 42"""
    ann, ben = users

    found = contents(ZipFile(io.BytesIO(zipped(ready(ann)))))
    other = contents(ZipFile(io.BytesIO(zipped(ready(ben)))))

    assert found["profile.json"]["sub"] == ann.sub
    assert found["profile.json"]["username"].startswith("ann-")
    assert found["orders.json"][0]["order"] == {"item": "order lavender"}
    assert [each["name"] for each in found["groups.json"]] == ["group lavender"]
    assert found["pictures/0001 lavender.jpg"].startswith(b"\xff\xd8\xff")
    [conversation] = found["conversations.json"]
    texts = [each["text"] for each in found[f"{conversation['file']}.json"]]
    assert texts == ["message lavender", "message rosemary"]  # both sides
    own = {name: each for name, each in found.items() if not name.startswith("conversations/")}
    text = json.dumps(own, default=str)
    assert "rosemary" not in text
    assert other["profile.json"]["sub"] == ben.sub
    assert other["orders.json"][0]["order"] == {"item": "order rosemary"}


def test_a_link_opens_only_what_it_was_signed_for(users: tuple[ApiUser, ApiUser]) -> None:
    ann, ben = users
    url = ready(ann)["parts"][0]["url"]
    key_of_ben = ready(ben)["parts"][0]["url"].partition("?")[0]

    unsigned, _, _ = download(url.partition("?")[0])
    moved, _, _ = download(f"{key_of_ben}?{url.partition('?')[2]}")

    assert (unsigned, moved) == (403, 403)


@pytest.mark.local_only("starts a command with the emulator's credentials")
def test_an_operator_downloads_the_same(
    users: tuple[ApiUser, ApiUser], operator: list[str], tmp_path: Path
) -> None:
    ann, _ = users
    ready(ann)

    assert main([ann.sub, "--out", str(tmp_path), *operator]) == 0

    [path] = tmp_path.iterdir()
    assert contents(ZipFile(path))["profile.json"]["sub"] == ann.sub
