"""docs/privacy.md: every cell about search is true, with a real OpenSearch."""

from __future__ import annotations

import pytest

from common import aws
from project import functions
from tests.harness.api import answer
from tests.harness.marked_shop import (
    DOROTHEA,
    NORBERT,
    QUILLA,
    STAFF,
    STRANGER,
    MarkedShop,
)
from tests.harness.viewers import index_everything
from tests.search.conftest import Index
from tests.unit.test_privacy_page import Cells, differences, rows, yes_no

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stack")]

WORDS = {
    "the item of an order": "marked item",
    "the note of an order": "marked note",
    "the `customerID` of an order": "marked customer",
    "the title of a picture in a group": "marked title in a group",
    "the title of a picture in no group": "marked title in no group",
    "the title of a failed image": "marked title of a failed image",
    "the camera in a picture": "Marked Camera",
    "the time in a picture": "2019-03-04",
    "the location in a picture": "Markedville",
    "captions and comments in a picture": "marked comment",
    "the name of a group": "marked society",
    "the description of a group": "marked description",
    "a message": "marked message",
    "a deleted message": "marked deletion",
    "the user name of a user without a group": DOROTHEA,
    "the email address": f"{DOROTHEA}@example.com",
}
"""What a viewer searches for. Groups are Quilla's, everything else is Dorothea's."""


def finds(shop: MarkedShop, viewer: str, words: str) -> bool:
    found = []
    for sample in ("everything", "whole_shop") if viewer == STAFF else ("everything",):
        event = functions.event("search", sample)
        event["requestContext"]["authorizer"]["claims"]["sub"] = shop.sub(viewer)
        event["queryStringParameters"]["q"] = words
        response = answer("search", event)
        assert response.status == 200
        found += response.body["results"]
    return bool(found)


def test_every_cell_says_who_finds_what(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """faults 77 and 78"""
    aws.s3().create_bucket(Bucket="ThumbnailsBucket")
    shop = MarkedShop()
    monkeypatch.setenv("USER_POOL_ID", shop.pool)
    shop.fill()
    index_everything()
    index.documents()  # refreshes the index

    facts: Cells = {}
    for row, words in WORDS.items():
        user = QUILLA if "of a group" in row else DOROTHEA
        viewers = [user, NORBERT, STRANGER, STAFF]
        facts[row] = yes_no([finds(shop, viewer, words) for viewer in viewers])

    assert differences(rows("Who finds what"), facts) == []
