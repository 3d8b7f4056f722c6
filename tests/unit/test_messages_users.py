"""Users of the `messages` function: found by name or by ID, and never mistaken for one another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import aws
from common.messages import conversation_of
from project.fake_aws import items
from tests.harness.api import ApiResponse
from tests.harness.messaging import Messaging, message, messaging, query, texts

NO_SUCH_USER = ApiResponse(404, {"message": "no such user", "details": []})


@pytest.fixture
def users() -> Iterator[Messaging]:
    """The users of the pool, ada, ben and cleo."""
    with messaging() as made:
        yield made


def write(users: Messaging, sender: str, **fields: str) -> ApiResponse:
    return users.ask(sender, "send", body=json.dumps({"text": "hello", **fields}))


def read(users: Messaging, reader: str, **partner: str) -> ApiResponse:
    return users.ask(reader, "conversation", **query(**partner))


def listed(users: Messaging, name: str) -> list[dict[str, Any]]:
    """Return with whom the user's conversations are, their latest texts, and unread counts."""
    return [
        {"withID": row["withID"], "text": row["latest"]["text"], "unread": row["unread"]}
        for row in users.ask(name, "conversations").body["conversations"]
    ]


@pytest.mark.parametrize("to", ["nobody", "ben@example.com", "a b", " "])
def test_a_message_to_an_unknown_name_is_refused(users: Messaging, to: str) -> None:
    assert write(users, "ada", to=to) == NO_SUCH_USER


def test_a_message_to_an_id_reaches_its_user(users: Messaging) -> None:
    sent = write(users, "ada", toID=users.subs["ben"])

    assert (sent.status, sent.body["to"], sent.body["toID"]) == (201, "ben", users.subs["ben"])
    assert texts(read(users, "ben", withID=users.subs["ada"])) == ["hello"]


@pytest.mark.parametrize(
    "user_id",
    [
        "1f0e2d3c-4b5a-4968-8776-655443322110",
        "ben",
        'x" or sub ^= "',
        "AROAEXAMPLE:a-session",
    ],
)
def test_a_message_to_an_unknown_id_is_refused(users: Messaging, user_id: str) -> None:
    assert write(users, "ada", toID=user_id) == NO_SUCH_USER


def test_a_name_that_looks_like_the_id_of_another_user_is_a_name(users: Messaging) -> None:
    """fault 59"""
    impostor = users.subs["ben"]
    users.register(impostor)

    by_name, by_id = write(users, "ada", to=impostor), write(users, "ada", toID=impostor)

    assert by_name.body["toID"] == users.subs[impostor]
    assert by_id.body["toID"] == users.subs["ben"]
    assert read(users, "ada", **{"with": impostor}).body["messages"] == [by_name.body]
    assert read(users, "ada", withID=impostor).body["messages"] == [by_id.body]


def test_an_id_is_not_accepted_as_a_name(users: Messaging) -> None:
    assert write(users, "ada", to=users.subs["ben"]) == NO_SUCH_USER


def test_a_message_to_a_disabled_user_is_refused(users: Messaging) -> None:
    users.disable("ben")

    assert write(users, "ada", to="ben") == NO_SUCH_USER
    assert write(users, "ada", toID=users.subs["ben"]) == NO_SUCH_USER


def test_a_message_to_oneself_is_refused(users: Messaging) -> None:
    refusal = ApiResponse(400, {"message": "the message is invalid", "details": ["to: yourself"]})

    assert write(users, "ada", to="ada") == refusal
    assert write(users, "ada", toID=users.subs["ada"]) == refusal


@pytest.mark.parametrize("to", [{}, {"to": "ben", "toID": "x"}, {"toID": ""}, {"toID": "x" * 256}])
def test_a_message_has_exactly_one_valid_recipient(users: Messaging, to: dict[str, str]) -> None:
    assert write(users, "ada", **to).status == 400


@pytest.mark.parametrize("case", ["conversation", "mark_read"])
@pytest.mark.parametrize(
    "partner",
    [
        {"with": ""},
        {"with": "x" * 129},
        {"withID": ""},
        {"withID": "x" * 256},
        {"with": "ben", "withID": "x"},
    ],
)
def test_a_conversation_is_with_exactly_one_valid_user(
    users: Messaging, case: str, partner: dict[str, str]
) -> None:
    assert users.ask("ada", case, **query(**partner)).status == 400


def test_a_conversation_to_mark_as_read_must_be_given(users: Messaging) -> None:
    assert users.ask("ada", "mark_read", **query()).status == 400


@pytest.mark.parametrize("case", ["conversation", "mark_read"])
def test_a_conversation_with_an_unknown_name_is_not_found(users: Messaging, case: str) -> None:
    assert users.ask("ada", case, **query(**{"with": "nobody"})) == NO_SUCH_USER


def test_an_unknown_id_has_no_conversation(users: Messaging) -> None:
    assert read(users, "ada", withID="1f0e2d3c-4b5a-4968-8776-655443322110") == NO_SUCH_USER


def test_a_conversation_without_messages_says_whom_it_is_with(users: Messaging) -> None:
    empty = ApiResponse(
        200, {"with": "ben", "withID": users.subs["ben"], "messages": [], "next": None}
    )

    assert read(users, "ada", **{"with": "ben"}) == empty
    assert read(users, "ada", withID=users.subs["ben"]) == empty


def test_reading_and_marking_by_id_needs_no_user_pool(
    users: Messaging, requests: list[str]
) -> None:
    users.send("ben", "ada", "hello")
    requests.clear()

    read(users, "ada", withID=users.subs["ben"])
    users.ask("ada", "mark_read", **query(withID=users.subs["ben"]))

    assert requests == ["Query", "UpdateItem"]
    assert [row["unread"] for row in listed(users, "ada")] == [0]


def test_a_deleted_users_messages_stay_readable_by_id(users: Messaging) -> None:
    """fault 59"""
    users.send("ben", "ada", "between us")

    users.delete("ben")

    [row] = users.ask("ada", "conversations").body["conversations"]
    found = read(users, "ada", withID=row["withID"])
    assert (found.body["with"], texts(found)) == ("ben", ["between us"])
    assert read(users, "ada", **{"with": "ben"}) == NO_SUCH_USER
    assert write(users, "ada", toID=row["withID"]) == NO_SUCH_USER


def test_a_new_user_of_an_old_name_has_a_conversation_of_their_own(users: Messaging) -> None:
    """fault 59"""
    users.send("ben", "ada", "for old Ada")
    users.send("ada", "ben", "from old Ada")
    old, ben = users.subs["ada"], users.subs["ben"]
    users.delete("ada")
    new = users.register("ada")

    seen_before = listed(users, "ada"), texts(read(users, "ada", withID=ben))
    users.send("ada", "ben", "from new Ada")
    refused = write(users, "ben", toID=old)

    assert seen_before == ([], [])
    assert refused == NO_SUCH_USER
    assert texts(read(users, "ada", **{"with": "ben"})) == ["from new Ada"]
    assert listed(users, "ben") == [
        {"withID": new, "text": "from new Ada", "unread": 1},
        {"withID": old, "text": "from old Ada", "unread": 1},
    ]
    assert texts(read(users, "ben", **{"with": "ada"})) == ["from new Ada"]
    assert texts(read(users, "ben", withID=old)) == ["for old Ada", "from old Ada"]


def test_reading_one_conversation_leaves_that_of_the_same_name_unread(users: Messaging) -> None:
    """fault 59"""
    users.send("ada", "ben", "from old Ada")
    old = users.subs["ada"]
    users.delete("ada")
    new = users.register("ada")
    users.send("ada", "ben", "from new Ada")

    users.ask("ben", "mark_read", **query(**{"with": "ada"}))

    unread = {row["withID"]: row["unread"] for row in listed(users, "ben")}
    assert unread == {new: 0, old: 1}


def test_deleting_a_message_leaves_the_conversation_of_the_same_name(users: Messaging) -> None:
    """fault 59"""
    users.send("ada", "ben", "from old Ada")
    old = users.subs["ada"]
    users.delete("ada")
    users.register("ada")
    sent = users.send("ada", "ben", "from new Ada")

    users.ask("ada", "delete", **message(sent["messageID"]))

    assert listed(users, "ben") == [{"withID": old, "text": "from old Ada", "unread": 1}]


def test_a_page_token_shows_nothing_of_the_earlier_user_of_the_name(users: Messaging) -> None:
    """fault 59, fault 61"""
    for text in ("one", "two"):
        users.send("ada", "ben", text)
    token = users.ask("ben", "conversation", **query(**{"with": "ada"}, limit="1")).body["next"]
    users.delete("ada")
    users.register("ada")

    response = users.ask("ben", "conversation", **query(**{"with": "ada"}, next=token))

    assert (response.status, response.body["messages"]) == (200, [])


ids = st.text("ab#%23", min_size=1, max_size=6)


@given(st.tuples(ids, ids), st.tuples(ids, ids))
def test_two_pairs_of_users_never_share_a_conversation(
    pair: tuple[str, str], other: tuple[str, str]
) -> None:
    is_same_pair = sorted(pair) == sorted(other)

    assert (conversation_of(*pair) == conversation_of(*other)) == is_same_pair


def store_rows_as_version_0_1() -> None:
    """Store all rows under the partner's name, as version 0.1 did."""
    for row in items("ConversationsTable"):
        key = {"userID": row["userID"], "partner": row["partner"]}
        aws.dynamodb().delete_item(TableName="ConversationsTable", Key=key)
        named = row | {"partner": {"S": row["name"]["S"].lower()}}
        aws.dynamodb().put_item(TableName="ConversationsTable", Item=named)


def test_a_row_of_version_0_1_is_moved_when_it_is_listed(users: Messaging) -> None:
    users.send("ben", "ada", "before")
    ben = users.subs["ben"]
    store_rows_as_version_0_1()

    first, second = listed(users, "ada"), listed(users, "ada")

    assert first == second == [{"withID": ben, "text": "before", "unread": 1}]
    keys = {row["partner"]["S"] for row in items("ConversationsTable")}
    assert keys == {ben, "ada"}  # Ben has not listed his conversations yet


def test_a_row_of_version_0_1_is_added_to_that_of_newer_messages(users: Messaging) -> None:
    users.send("ben", "ada", "before")
    store_rows_as_version_0_1()
    users.send("ben", "ada", "after")

    first, second = listed(users, "ada"), listed(users, "ada")

    assert first == second == [{"withID": users.subs["ben"], "text": "after", "unread": 2}]


def test_a_row_of_version_0_1_stays_read(users: Messaging) -> None:
    users.send("ben", "ada", "before")
    store_rows_as_version_0_1()
    users.send("ben", "ada", "after")
    users.ask("ada", "mark_read", **query(withID=users.subs["ben"]))

    assert [row["unread"] for row in listed(users, "ada")] == [0]


def test_a_list_that_is_late_does_not_count_a_moved_row_again(users: Messaging) -> None:
    """The index of the list is eventually consistent: it shows a row that was moved already."""
    users.send("ben", "ada", "before")
    store_rows_as_version_0_1()
    [late] = [row for row in items("ConversationsTable") if row["partner"]["S"] == "ben"]
    listed(users, "ada")
    events = aws.dynamodb().meta.events
    events.register("after-call.dynamodb.Query", lambda parsed, **_: parsed.update(Items=[late]))

    assert listed(users, "ada") == [{"withID": users.subs["ben"], "text": "before", "unread": 1}]


def test_a_message_is_deleted_from_rows_of_version_0_1(users: Messaging) -> None:
    only = users.send("ada", "ben", "only")
    store_rows_as_version_0_1()

    users.ask("ada", "delete", **message(only["messageID"]))

    assert items("ConversationsTable") == items("MessagesTable") == []
