"""An update from the last release replaces nothing whose loss does harm."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from project import template, upgrades
from project.upgrades import RELEASED, findings

OLD: dict[str, dict[str, Any]] = {
    "Orders": {
        "type": "AWS::DynamoDB::Table",
        "properties": {"/properties/KeySchema": ["a"]},
        "indexes": {"placedBy": ["keys"]},
    },
    "Queue": {"type": "AWS::SQS::Queue", "properties": {}, "indexes": {}},
}


def changed(name: str, **values: Any) -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    new[name] |= values
    return new


def test_an_update_from_the_last_release_replaces_nothing() -> None:
    assert upgrades.main() == 0


def test_the_record_has_the_resources_of_the_release() -> None:
    released = json.loads(RELEASED.read_text())

    assert {"OrdersTable", "OrdersQueue", "UserPool", "ImagesBucket"} <= released.keys()


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (
            changed("Orders", properties={"/properties/KeySchema": ["b"]}),
            ("Orders", "KeySchema has changed, which replaces it: its items are lost"),
        ),
        (
            changed("Queue", properties={"/properties/QueueName": "orders"}),
            ("Queue", "QueueName has changed, which replaces it: its messages are lost"),
        ),
        (
            changed("Orders", indexes={"placedBy": ["keys"], "desk": ["a"], "newest": ["b"]}),
            ("Orders", "an update can add or delete one index of a table, not 2"),
        ),
        (
            changed("Orders", indexes={"placedBy": ["other keys"]}),
            ("Orders", "the keys and the projection of the index placedBy cannot be changed"),
        ),
        (
            {"Orders": OLD["Orders"]},
            ("Queue", "the AWS::SQS::Queue is gone: its messages are lost"),
        ),
        (
            changed("Queue", type="AWS::SNS::Topic"),
            ("Queue", "the AWS::SQS::Queue is gone: its messages are lost"),
        ),
    ],
    ids=[
        "another key",
        "a name",
        "two indexes",
        "another index",
        "another logical ID",
        "another type",
    ],
)
def test_what_replaces_a_resource_is_found(after: dict[str, Any], why: tuple[str, str]) -> None:
    assert list(findings(OLD, after)) == [why]


def test_a_new_resource_and_one_new_index_are_possible() -> None:
    after = {
        **changed("Orders", indexes={"placedBy": ["keys"], "desk": ["keys"]}),
        "Topic": {"type": "AWS::SNS::Topic", "properties": {}, "indexes": {}},
    }

    assert list(findings(OLD, after)) == []


def test_a_new_key_of_a_table_in_the_template_is_found() -> None:
    before = upgrades.of(template.translated())
    translated = copy.deepcopy(template.translated())
    translated["Resources"]["OrdersTable"]["Properties"]["KeySchema"][0]["AttributeName"] = "id"

    [(name, why)] = findings(before, upgrades.of(translated))

    assert name == "OrdersTable"
    assert why.startswith("KeySchema has changed")


def test_each_resource_that_is_retained_is_compared() -> None:
    """The template retains what must not be lost, and the account's setting for access logs."""
    setting = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
    retained = {
        resource["Type"]
        for resource in template.translated(Search="domain", Web="true")["Resources"].values()
        if resource.get("DeletionPolicy") == "Retain"
    }

    assert retained - upgrades.CONTAINS.keys() == setting
