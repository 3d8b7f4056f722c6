"""The `groups` function: every user reads all groups; only the owner changes a group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from common import aws
from project import functions
from project.fake_aws import items, tables
from tests.harness.api import ApiResponse, answer
from tests.harness.idempotency import GONE, lost_answers

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/groups
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"


@pytest.fixture(autouse=True)
def _tables() -> Iterator[None]:
    with tables("GroupsTable", "IdempotencyTable"):
        yield


def ask(case: str, group_id: str | None = None, caller: str = ADA, **changes: Any) -> ApiResponse:
    """Send the event of this case, with changed fields."""
    event = functions.event("groups", case)
    event["requestContext"]["authorizer"]["claims"]["sub"] = caller
    if group_id is not None:
        event |= {"path": f"/groups/{group_id}", "pathParameters": {"groupID": group_id}}
    event.update(changes)
    return answer("groups", event)


def group(**fields: Any) -> dict[str, Any]:
    return {"body": json.dumps(fields)}


def query(**parameters: str) -> dict[str, Any]:
    return {"queryStringParameters": parameters}


def test_every_user_can_read_a_new_group() -> None:
    made = ask("make")

    assert made.status == 201
    assert made.body.keys() == {"groupID", "name", "description", "owner", "ownerID", "createdAt"}
    assert (made.body["name"], made.body["owner"], made.body["ownerID"]) == ("Lamps", "ada", ADA)
    for reader in (ADA, BEN):
        assert ask("show", made.body["groupID"], reader) == ApiResponse(200, made.body)
        assert ask("list", caller=reader).body == {"groups": [made.body], "next": None}


def test_groups_are_listed_newest_first_page_by_page() -> None:
    for number in range(5):
        ask("make", **group(name=f"n. {number}"))

    pages = [ask("list", **query(limit="2")).body]
    while following := pages[-1]["next"]:
        pages.append(ask("list", **query(limit="2", next=following)).body)

    names = [[each["name"] for each in page["groups"]] for page in pages]
    made = [item["createdAt"]["S"] for item in items("GroupsTable")]
    assert [len(page) for page in names] == [2, 2, 1]
    listed = [each["createdAt"] for page in pages for each in page["groups"]]
    assert listed == sorted(made, reverse=True)
    assert sorted(name for page in names for name in page) == [f"n. {n}" for n in range(5)]


def test_an_owner_renames_a_group() -> None:
    group_id = ask("make").body["groupID"]

    renamed = ask("rename", group_id.upper())

    assert renamed.status == 200
    assert (renamed.body["name"], renamed.body["description"]) == ("Old lamps", "")
    assert ask("show", group_id).body == renamed.body


def test_an_owner_deletes_a_group() -> None:
    group_id = ask("make").body["groupID"]

    assert ask("delete", group_id) == ApiResponse(204, None)
    assert ask("show", group_id).status == ask("delete", group_id).status == 404


@pytest.mark.parametrize("case", ["rename", "delete"])
def test_other_users_cannot_change_a_group(case: str) -> None:
    """fault 42"""
    made = ask("make").body

    response = ask(case, made["groupID"], BEN)

    assert response == ApiResponse(404, {"message": "no such group of yours", "details": []})
    assert ask("show", made["groupID"]).body == made


@pytest.mark.parametrize("case", ["show", "rename", "delete"])
@pytest.mark.parametrize(
    "group_id", ["x", "%00", "x" * 5000, "5d0f4c1e-8a52-4b2e-9a70-0c1d2e3f4a5b"]
)
def test_an_unknown_group_id_is_404(case: str, group_id: str) -> None:
    assert ask(case, group_id).status == 404


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "[]",
        "{}",
        '{"name": ""}',
        '{"name": " "}',
        '{"name": 7}',
        '{"name": "\\ud800"}',
        '{"name": "x", "owner": "ben"}',
        json.dumps({"name": "x" * 101}),
        json.dumps({"name": "x", "description": "x" * 1001}),
    ],
)
@pytest.mark.parametrize("case", ["make", "rename"])
def test_an_invalid_group_is_refused(case: str, body: str | None) -> None:
    assert ask(case, body=body).status == 400
    assert items("GroupsTable") == []


def test_concurrent_retries_create_one_group_and_get_the_same_response() -> None:
    """fault 33"""
    with ThreadPoolExecutor(4) as clients:
        responses = list(clients.map(lambda _: ask("make_once"), range(4)))

    assert {response.status for response in responses} == {201}
    assert len({response.body["groupID"] for response in responses}) == 1
    assert len(items("GroupsTable")) == 1


def test_a_group_is_created_once_if_the_answer_to_its_creation_is_lost() -> None:
    """fault 120"""
    with lost_answers("PutItem", of="GroupsTable"):
        assert ask("make_once").status == 500

    assert ask("make_once").status == 201
    assert len(items("GroupsTable")) == 1


def test_an_idempotency_key_with_another_body_is_refused() -> None:
    """fault 33"""
    ask("make_once")

    assert ask("make_once", **group(name="another")).status == 422
    assert len(items("GroupsTable")) == 1


def test_without_an_idempotency_key_equal_requests_create_two_groups() -> None:
    """fault 33"""
    ask("make")
    ask("make")

    assert len(items("GroupsTable")) == 2


class TestQuota:
    """fault 73"""

    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GROUPS_PER_DAY", "2")

    def test_a_user_creates_a_limited_number_of_groups(self) -> None:
        made = [ask("make").status for _ in range(3)]

        assert made == [201, 201, 429]
        assert len(items("GroupsTable")) == 2
        assert ask("make", caller=BEN).status == 201

    def test_a_repeated_request_is_not_counted_again(self) -> None:
        repeated = [ask("make_once").status for _ in range(4)]

        assert repeated == [201] * 4
        assert ask("make").status == 201

    def test_a_refused_request_can_be_repeated_later_with_its_key(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask("make")
        ask("make")
        refused = ask("make_once")
        monkeypatch.setenv("GROUPS_PER_DAY", "3")

        assert refused.status == 429
        assert ask("make_once").status == 201

    def test_a_group_is_created_if_it_cannot_be_counted(self) -> None:
        """fault 74"""
        aws.dynamodb().delete_table(TableName="IdempotencyTable")

        assert ask("make").status == 201


@pytest.mark.parametrize("limit", ["0", "-1", "1000000000", "101", "x"])
def test_an_invalid_limit_is_refused(limit: str) -> None:
    """fault 43"""
    assert ask("list", **query(limit=limit)).status == 400


def test_a_repeated_request_gets_the_group_as_it_is_now() -> None:
    """fault 33"""
    made = ask("make_once").body
    renamed = ask("rename", made["groupID"]).body

    repeated = ask("make_once")

    assert (repeated.status, repeated.body) == (201, renamed)


def test_a_group_that_was_deleted_is_not_offered_again() -> None:
    """fault 33"""
    made = ask("make_once").body
    ask("delete", made["groupID"])

    repeated = ask("make_once")

    assert repeated == GONE
    assert items("GroupsTable") == []
