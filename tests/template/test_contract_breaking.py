"""A change of the API that breaks clients of the last release is found, and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from project.contract.breaking import RELEASED, accepted, findings, shape
from project.contract.check import committed_document
from project.contract.expansion import Document
from project.template import ROOT

type Change = Callable[[dict[str, Any], dict[str, Any]], object]
"""Changes the paths and the schemas of a document."""

BREAKING: list[tuple[str, Change]] = [
    ("GET /orders: the route is gone", lambda p, _: p["/orders"].pop("get")),
    (
        "GET /orders: it takes another token",
        lambda p, _: p["/orders"]["get"].update(security=[{"AccessToken": []}]),
    ),
    (
        "GET /orders: the parameter limit is gone",
        lambda p, _: p["/orders"]["get"]["parameters"].pop(0),
    ),
    (
        "POST /orders: the body needs note now",
        lambda _, s: s["NewOrder"]["required"].append("note"),
    ),
    (
        "POST /orders: the body may not have note any more",
        lambda _, s: s["NewOrder"]["properties"].pop("note"),
    ),
    (
        "POST /orders: the body/item has a lower maxLength",
        lambda _, s: s["NewOrder"]["properties"]["item"].update(maxLength=10),
    ),
    (
        "POST /orders: the body/quantity has a higher minimum",
        lambda _, s: s["NewOrder"]["properties"]["quantity"].update(minimum=1),
    ),
    (
        "POST /images: the body/contentType may not be image/gif any more",
        lambda _, s: s["NewImage"]["properties"]["contentType"]["enum"].remove("image/gif"),
    ),
    (
        "GET /orders/{orderID}: the answer 200 has no placedBy any more",
        lambda _, s: s["Order"]["properties"].pop("placedBy"),
    ),
    (
        "GET /orders/{orderID}: the answer 200 may lack placedBy",
        lambda _, s: s["Order"]["required"].remove("placedBy"),
    ),
    (
        "GET /orders: the answer 200/orders/items/placedBy can be null now",
        lambda _, s: s["Order"]["properties"]["placedBy"].update(type=["string", "null"]),
    ),
    (
        "GET /images: the answer 200/images/items/status can be LOST now",
        lambda _, s: s["Image"]["properties"]["status"]["enum"].append("LOST"),
    ),
    (
        "POST /users/login: the answer 200 has a new shape, number 3: ",
        lambda _, s: s["TokensOrChallenge"]["anyOf"].append({"type": "string"}),
    ),
    (
        "DELETE /images/{imageID}: it does not answer 204 any more",
        lambda p, _: p["/images/{imageID}"]["delete"]["responses"].pop("204"),
    ),
    (
        "POST /users/mfa: the body is required now",
        lambda p, _: p["/users/mfa"]["post"]["requestBody"].update(required=True),
    ),
]

HARMLESS: list[Change] = [
    lambda p, _: p.update({"/new": {}}),
    lambda _, s: s["Order"]["properties"].update(colour={"type": "string"}),
    lambda _, s: s["NewOrder"]["properties"].update(colour={"type": "string"}),
    lambda _, s: s["NewOrder"]["properties"]["item"].update(maxLength=5000),
    lambda _, s: s["NewImage"]["properties"]["contentType"]["enum"].append("image/bmp"),
    lambda p, _: p["/orders"]["get"]["responses"].update({"418": {}}),
    lambda p, _: p["/orders"]["get"].update(description="Other words."),
]


def changed(change: Change) -> Document:
    document = copy.deepcopy(committed_document())
    change(document["paths"], document["components"]["schemas"])
    return shape(document)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("expected", "change"), BREAKING, ids=[each[0] for each in BREAKING])
def test_a_breaking_change_is_found(expected: str, change: Change) -> None:
    found = [f"{route}: {what}" for route, what in findings(committed_document(), changed(change))]

    assert any(each.startswith(expected) for each in found), found


@pytest.mark.parametrize("change", HARMLESS)
def test_what_clients_must_cope_with_breaks_nothing(change: Change) -> None:
    assert list(findings(committed_document(), changed(change))) == []


def test_the_changelog_announces_a_breaking_change_by_its_route() -> None:
    changelog = (
        "## [Unreleased]\n\n- **Breaking:** `GET /groups` and\n  `PUT /groups/{groupID}` change.\n"
        "- `GET /orders` is faster.\n\n## [0.1.0]\n\n- **Breaking:** `GET /images` is gone.\n"
    )

    assert accepted(changelog) == {"GET /groups", "PUT /groups/{groupID}"}


def test_the_released_document_is_of_the_last_release_and_not_broken() -> None:
    released, document = json.loads(RELEASED.read_text()), shape(committed_document())
    announced = accepted((ROOT / "CHANGELOG.md").read_text())

    assert released["info"]["version"] == document["info"]["version"]
    assert [each for each in findings(released, document) if each[0] not in announced] == []
