"""The schemas in docs/events: valid, complete, and compatible with those of the last release."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from common.order_states import State
from project.contract import events
from project.contract.breaking import accepted
from project.contract.breaking_events import committed, findings, released
from project.contract.expansion import Document
from project.template import ROOT
from tests.template.markdown import code, table

SCHEMAS = committed()

ACCEPTED = SCHEMAS["order.accepted"]["examples"][0]

type Change = Callable[[dict[str, Any], dict[str, Any]], object]
"""Changes the fields of an event, and those of the order in it."""

BREAKING: list[tuple[str, Change]] = [
    (
        "the event/eventID can be null now",
        lambda e, _: e["eventID"].update(type=["string", "null"]),
    ),
    ("the event/schemaVersion can be 2 now", lambda e, _: e["schemaVersion"].update(const=2)),
    ("the event has no eventID any more", lambda e, _: e.pop("eventID")),
    ("the event/data has no placedBy any more", lambda _, o: o.pop("placedBy")),
    ("the event/data/version can be string now", lambda _, o: o["version"].update(type="string")),
    (
        "the event/data/history/items/by can be machine now",
        lambda _, o: o["history"]["items"]["properties"]["by"]["enum"].append("machine"),
    ),
]

ADDITIVE: list[Change] = [
    lambda e, _: e.update(sentAt={"type": "string"}),
    lambda _, o: o.update(carrier={"type": "string"}),
    lambda _, o: o["history"]["items"]["properties"].update(carrier={"type": "string"}),
    lambda _, o: o["version"].update(description="other words"),
]


def changed(change: Change) -> dict[str, Document]:
    schema = copy.deepcopy(SCHEMAS["order.accepted"])
    change(schema["properties"], schema["properties"]["data"]["properties"])
    return dict(SCHEMAS) | {"order.accepted": schema}


def test_every_state_has_a_schema_and_nothing_else_has() -> None:
    files = {path.name for path in events.FOLDER.iterdir()} - {"README.md"}

    assert files == {events.file_name(f"order.{state}") for state in State}


@pytest.mark.parametrize("event", SCHEMAS)
def test_a_schema_is_valid_and_stands_alone(event: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[event])

    [example] = SCHEMAS[event]["examples"]
    assert Draft202012Validator(SCHEMAS[event]).is_valid(example)
    assert events.problems(example) == []
    assert example["type"] == event


@pytest.mark.parametrize(
    ("problem", "wrong"),
    [
        ("the body: Additional properties are not allowed", {"colour": "blue"}),
        ("schemaVersion: not as const 1 says", {"schemaVersion": 2}),
        ("data: not as type", {"data": "an order"}),
    ],
)
def test_an_event_that_is_not_of_its_schema_is_found(problem: str, wrong: Document) -> None:
    [found] = events.problems(ACCEPTED | wrong)

    assert found.startswith(problem)


def test_subscribers_accept_events_with_fields_of_later_releases() -> None:
    newer = ACCEPTED | {"colour": "blue", "data": ACCEPTED["data"] | {"carrier": "bike"}}

    assert Draft202012Validator(SCHEMAS["order.accepted"]).is_valid(newer)


@pytest.mark.parametrize(("expected", "change"), BREAKING, ids=[each[0] for each in BREAKING])
def test_a_breaking_change_is_found(expected: str, change: Change) -> None:
    assert [*findings(SCHEMAS, changed(change), ())] == [f"order.accepted: {expected}"]


@pytest.mark.parametrize("change", ADDITIVE)
def test_a_field_more_breaks_nobody(change: Change) -> None:
    assert [*findings(SCHEMAS, changed(change), ())] == []


def test_an_event_that_is_gone_is_found() -> None:
    after = {name: each for name, each in SCHEMAS.items() if name != "order.packed"}

    assert [*findings(SCHEMAS, after, ())] == ["order.packed: the event is gone"]


def test_a_breaking_change_is_accepted_if_it_is_announced_and_raises_the_version() -> None:
    raised = changed(lambda e, o: (e["schemaVersion"].update(const=2), o.pop("placedBy")))
    announced = accepted("## [Unreleased]\n\n- **Breaking:** `order.accepted` has no `placedBy`.\n")

    assert [*findings(SCHEMAS, raised, announced)] == []
    assert [*findings(SCHEMAS, raised, ())] != []
    assert [*findings(SCHEMAS, changed(lambda _, o: o.pop("placedBy")), announced)] != []


def test_the_events_do_not_break_subscribers_of_the_last_release() -> None:
    announced = accepted((ROOT / "CHANGELOG.md").read_text())

    assert "order.placed" in released()
    assert [*findings(released(), SCHEMAS, announced)] == []


def test_the_page_for_subscribers_has_every_event_and_its_meaning() -> None:
    page = {
        code(first)[0]: meaning
        for first, meaning, *_ in table(events.FOLDER / "README.md", "Events")
    }

    assert page == {name: schema["description"] for name, schema in SCHEMAS.items()}


def test_the_example_on_the_page_is_of_its_schema() -> None:
    page = (events.FOLDER / "README.md").read_text()

    [example] = [json.loads(part.partition("```")[0]) for part in page.split("```json\n")[1:2]]
    assert events.problems(example["detail"]) == []
    assert example["detail-type"] == example["detail"]["type"]
    assert example["source"] in page.partition("```json")[0]
