"""The `export_writer` function and groups: those of the user, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.groups import Group, groups
from tests.harness.exporting import Exporting, contents, exporting

pytestmark = pytest.mark.slow


@pytest.fixture
def shop() -> Iterator[Exporting]:
    with exporting() as made:
        yield made


def test_the_groups_of_the_user_are_exported(shop: Exporting) -> None:
    """fault 42"""
    for name in ("ada", "ben"):
        groups().add(Group.new(shop.subs[name], name, f"Window of {name}", "goods"))

    [group] = contents(*shop.export("ada"))["groups.json"]

    assert (group["name"], group["description"]) == ("Window of ada", "goods")
    assert group["ownerID"] == shop.subs["ada"]
