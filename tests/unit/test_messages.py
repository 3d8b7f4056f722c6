"""The `messages` function: users send, list, read and delete messages; others see nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.client import BaseClient

from common.messages import MAX_TEXT_LENGTH, Message, User
from project.fake_aws import items
from tests.harness.api import ApiResponse
from tests.harness.idempotency import GONE, lost_answers
from tests.harness.messaging import Messaging, message, messaging, query, texts


@pytest.fixture(autouse=True)
def users() -> Iterator[Messaging]:
    """The users of the pool, ada, ben and cleo."""
    with messaging() as made:
        yield made


@pytest.fixture
def ask(users: Messaging) -> Any:
    """Send the event of a case as this user."""
    return users.ask


@pytest.fixture
def send(users: Messaging) -> Any:
    """Send a message. Returns the new message."""
    return users.send


def test_a_message_is_in_the_conversations_of_both_users(
    users: Messaging, ask: Any, send: Any
) -> None:
    ada, ben = users.subs["ada"], users.subs["ben"]

    sent = send("ada", "ben", "Is the lamp still there? 💡")

    assert sent.keys() == {"messageID", "from", "fromID", "to", "toID", "text", "sentAt"}
    assert (sent["from"], sent["fromID"], sent["to"], sent["toID"]) == ("ada", ada, "ben", ben)
    read = ask("ben", "conversation", **query(**{"with": "ada"}))
    with_ada = {"with": "ada", "withID": ada}
    assert read == ApiResponse(200, {**with_ada, "messages": [sent], "next": None})
    listed = ask("ben", "conversations")
    assert listed.body["conversations"] == [{**with_ada, "latest": sent, "unread": 1}]
    own = ask("ada", "conversations")
    with_ben = {"with": "ben", "withID": ben}
    assert own.body["conversations"] == [{**with_ben, "latest": sent, "unread": 0}]


def test_pages_of_a_conversation_are_newest_first_and_chronological_inside(
    ask: Any, send: Any
) -> None:
    for number in range(5):
        send(*(("ada", "ben"), ("ben", "ada"))[number % 2], f"n. {number}")

    pages = [ask("ada", "conversation", **query(**{"with": "ben"}, limit="2"))]
    while following := pages[-1].body["next"]:
        more = query(**{"with": "ben"}, limit="2", next=following)
        pages.append(ask("ada", "conversation", **more))

    assert [texts(page) for page in pages] == [["n. 3", "n. 4"], ["n. 1", "n. 2"], ["n. 0"]]


def test_conversations_are_listed_by_their_latest_message(ask: Any, send: Any) -> None:
    send("ada", "ben", "first")
    send("cleo", "ada", "second")
    send("ben", "ada", "third")

    first = ask("ada", "conversations", **query(limit="1")).body
    second = ask("ada", "conversations", **query(limit="1", next=first["next"])).body

    assert [row["with"] for row in first["conversations"]] == ["ben"]
    assert [row["with"] for row in second["conversations"]] == ["cleo"]


def test_listing_conversations_costs_one_request(ask: Any, send: Any, requests: list[str]) -> None:
    for number in range(3):
        send("ben", "ada", f"n. {number}")
    requests.clear()

    ask("ada", "conversations")

    assert requests == ["Query"]


def test_marking_a_conversation_as_read_resets_the_unread_count(ask: Any, send: Any) -> None:
    send("ben", "ada", "one")
    send("ben", "ada", "two")

    marked = ask("ada", "mark_read")
    after = ask("ada", "conversations").body["conversations"]
    send("ben", "ada", "three")

    assert marked.status == 204
    assert [row["unread"] for row in after] == [0]
    assert [row["unread"] for row in ask("ada", "conversations").body["conversations"]] == [1]


def test_marking_an_unknown_conversation_as_read_is_refused(ask: Any) -> None:
    response = ask("ada", "mark_read", **query(**{"with": "ben"}))

    assert response == ApiResponse(404, {"message": "no such conversation", "details": []})


def test_a_deleted_message_disappears_for_both_users(ask: Any, send: Any) -> None:
    first = send("ada", "ben", "first")
    second = send("ada", "ben", "second")

    deleted = ask("ada", "delete", **message(second["messageID"].upper()))

    assert deleted == ApiResponse(204, None)
    for reader, partner, unread in (("ada", "ben", 0), ("ben", "ada", 1)):
        assert texts(ask(reader, "conversation", **query(**{"with": partner}))) == ["first"]
        [row] = ask(reader, "conversations").body["conversations"]
        assert (row["with"], row["latest"], row["unread"]) == (partner, first, unread)


def test_deleting_a_read_message_keeps_the_unread_count(ask: Any, send: Any) -> None:
    read = send("ada", "ben", "read")
    ask("ben", "mark_read", **query(**{"with": "ada"}))
    later = send("ada", "ben", "not read yet")

    ask("ada", "delete", **message(read["messageID"]))

    [row] = ask("ben", "conversations").body["conversations"]
    assert (row["latest"], row["unread"]) == (later, 1)


def test_deleting_the_last_message_deletes_the_conversation(ask: Any, send: Any) -> None:
    only = send("ada", "ben", "only")

    ask("ada", "delete", **message(only["messageID"]))

    assert items("MessagesTable") == items("ConversationsTable") == []


@pytest.mark.parametrize("caller", ["ben", "cleo"])
def test_only_the_sender_can_delete_a_message(ask: Any, send: Any, caller: str) -> None:
    """fault 42"""
    sent = send("ada", "ben", "mine")

    response = ask(caller, "delete", **message(sent["messageID"]))

    assert response == ApiResponse(404, {"message": "no such message", "details": []})
    assert len(items("MessagesTable")) == 1


def test_other_users_cannot_read_a_conversation(ask: Any, send: Any) -> None:
    """fault 42"""
    send("ada", "ben", "between us")

    assert ask("cleo", "conversation", **query(**{"with": "ada"})).body["messages"] == []
    assert ask("cleo", "conversations").body["conversations"] == []


@pytest.mark.parametrize("message_id", ["x", "%00", "x" * 5000, "no-uuid"])
def test_deleting_an_unknown_message_is_404(ask: Any, message_id: str) -> None:
    assert ask("ada", "delete", **message(message_id)).status == 404


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{no json",
        "[]",
        '"text"',
        "[" * 100_000,
        '{"to": "ben"}',
        '{"text": "hello"}',
        '{"to": "ben", "text": 7}',
        '{"to": "", "text": "hello"}',
        '{"to": "ben", "text": " \\n"}',
        '{"to": "ben", "text": "\\ud800"}',
        '{"to": "ben", "text": "hello", "from": "cleo"}',
        json.dumps({"to": "ben", "text": "x" * (MAX_TEXT_LENGTH + 1)}),
        json.dumps({"to": "x" * 129, "text": "hello"}),
    ],
)
def test_an_invalid_message_is_refused(ask: Any, body: str | None) -> None:
    response = ask("ada", "send", body=body)

    assert response.status == 400
    assert items("MessagesTable") == []


def test_the_longest_message_is_not_truncated(ask: Any, send: Any) -> None:
    text = "💡" * MAX_TEXT_LENGTH

    send("ada", "ben", text)

    assert texts(ask("ben", "conversation", **query(**{"with": "ada"}))) == [text]


def test_a_retried_request_creates_one_message_and_gets_the_same_response(ask: Any) -> None:
    """fault 33"""
    first, second = ask("ada", "send_once"), ask("ada", "send_once")

    assert first.status == second.status == 201
    assert first.body == second.body
    assert len(items("MessagesTable")) == 1


def test_concurrent_retries_create_one_message_and_get_the_same_response(ask: Any) -> None:
    """fault 33"""
    with ThreadPoolExecutor(4) as clients:
        responses = list(clients.map(lambda _: ask("ada", "send_once"), range(4)))

    assert {response.status for response in responses} == {201}
    assert len({response.body["messageID"] for response in responses}) == 1
    assert len(items("MessagesTable")) == 1


def test_an_idempotency_key_with_another_body_is_refused(ask: Any) -> None:
    """fault 33"""
    ask("ada", "send_once")

    other = ask("ada", "send_once", body=json.dumps({"to": "ben", "text": "another"}))

    assert other.status == 422
    assert len(items("MessagesTable")) == 1


def test_equal_idempotency_keys_of_two_users_are_independent(ask: Any) -> None:
    """fault 33"""
    ask("ada", "send_once")
    ask("cleo", "send_once")

    assert len(items("MessagesTable")) == 2


def test_without_an_idempotency_key_equal_requests_create_two_messages(ask: Any) -> None:
    """fault 33"""
    ask("ada", "send")
    ask("ada", "send")

    assert len(items("MessagesTable")) == 2


@pytest.mark.parametrize("case", ["conversations", "conversation"])
@pytest.mark.parametrize("limit", ["0", "-1", "1000000000", "101", "x", "", "1.5", "٣"])
def test_an_invalid_limit_is_refused(ask: Any, case: str, limit: str) -> None:
    """fault 43"""
    partner = {"with": "ben"} if case == "conversation" else {}

    assert ask("ada", case, **query(**partner, limit=limit)).status == 400


def test_a_message_that_was_deleted_is_not_offered_again(ask: Any) -> None:
    """fault 33"""
    sent = ask("ada", "send_once").body
    ask("ada", "delete", **message(sent["messageID"]))

    repeated = ask("ada", "send_once")

    assert repeated == GONE
    assert items("MessagesTable") == []


def test_the_record_of_a_request_has_no_text_of_a_message(ask: Any) -> None:
    """fault 33"""
    sent = ask("ada", "send_once").body

    assert sent["text"] not in str(items("IdempotencyTable"))


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Reasons to cancel the next transactions with, one by one."""
    reasons: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls of all clients

    def refuse(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems" and reasons:
            codes = [{"Code": "None"}, {"Code": reasons.pop(0)}, {"Code": "None"}]
            error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
            raise client.exceptions.TransactionCanceledException(
                error | {"CancellationReasons": codes}, operation
            )
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    return reasons


def test_a_send_that_conflicts_with_another_one_is_retried(
    ask: Any, send: Any, conflicts: list[str]
) -> None:
    conflicts += ["TransactionConflict"] * 2

    send("ada", "ben", "hello")

    [row] = ask("ben", "conversations").body["conversations"]
    assert row["unread"] == len(items("MessagesTable")) == 1


def test_a_deletion_that_conflicts_with_other_requests_is_retried(
    ask: Any, send: Any, conflicts: list[str]
) -> None:
    sent = send("ada", "ben", "hello")
    conflicts += ["ConditionalCheckFailed", "TransactionConflict"]

    assert ask("ada", "delete", **message(sent["messageID"])).status == 204
    assert items("MessagesTable") == []


@pytest.fixture
def before_the_next_transaction(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Do something between a request's reads and its transaction, as a concurrent request does."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # all calls of all clients

    def set_action(action: Callable[[], Any]) -> None:
        def act_first(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if operation == "TransactWriteItems":
                monkeypatch.setattr(BaseClient, "_make_api_call", call)
                action()
            return call(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", act_first)

    return set_action


def test_concurrent_deletions_of_the_last_messages_delete_the_conversation(
    ask: Any, send: Any, before_the_next_transaction: Any
) -> None:
    first, second = send("ada", "ben", "first"), send("ada", "ben", "second")
    ask("ben", "mark_read", **query(**{"with": "ada"}))
    before_the_next_transaction(lambda: ask("ada", "delete", **message(first["messageID"])))

    response = ask("ada", "delete", **message(second["messageID"]))

    assert response.status == 204
    assert items("MessagesTable") == items("ConversationsTable") == []


def test_a_message_sent_during_a_deletion_stays_the_latest(
    ask: Any, send: Any, before_the_next_transaction: Any
) -> None:
    first, sent = send("ada", "ben", "first"), []
    send("ada", "ben", "second")
    before_the_next_transaction(lambda: sent.append(send("ada", "ben", "third")))

    response = ask("ada", "delete", **message(first["messageID"]))

    assert response.status == 204
    [row] = ask("ben", "conversations").body["conversations"]
    assert (row["latest"], row["unread"]) == (sent[0], 2)


def test_a_conversation_read_during_a_deletion_stays_read(
    ask: Any, send: Any, before_the_next_transaction: Any
) -> None:
    first, second = send("ada", "ben", "first"), send("ada", "ben", "second")
    read = query(**{"with": "ada"})
    before_the_next_transaction(lambda: ask("ben", "mark_read", **read))

    response = ask("ada", "delete", **message(first["messageID"]))

    assert response.status == 204
    [row] = ask("ben", "conversations").body["conversations"]
    assert (row["latest"], row["unread"]) == (second, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "reasons", [["TransactionConflict"] * 99, ["ItemCollectionSizeLimitExceeded"]]
)
def test_a_message_that_cannot_be_stored_is_500_and_can_be_retried(
    ask: Any, conflicts: list[str], reasons: list[str]
) -> None:
    conflicts += reasons

    assert ask("ada", "send_once").status == 500
    assert items("MessagesTable") == []
    conflicts.clear()
    assert ask("ada", "send_once").status == 201


def test_a_message_is_created_once_if_the_answer_to_its_creation_is_lost(ask: Any) -> None:
    """fault 120"""
    with lost_answers("TransactWriteItems", of="MessagesTable"):
        assert ask("ada", "send_once").status == 500

    repeated = ask("ada", "send_once")

    [stored] = items("MessagesTable")
    assert (repeated.status, repeated.body["messageID"]) == (201, stored["messageID"]["S"])


def test_message_ids_sort_by_time_of_creation() -> None:
    ada, ben = User("a", "ada"), User("b", "ben")

    made = [Message.new(ada, ben, "x").messageID for _ in range(1000)]

    # The first 18 characters are the time, in units of 0.25 µs. Random digits follow.
    times = [each[:18] for each in made]
    assert times == sorted(times)
    assert len(set(made)) == 1000


@pytest.mark.parametrize("to", ["zoe\u0308", "zo\u00eb", "ｚoë"])
def test_a_recipient_is_found_by_every_form_of_the_name(
    ask: Any, users: Messaging, to: str
) -> None:
    """fault 59"""
    users.register("zo\u00eb")

    response = ask("ada", "send", body=json.dumps({"to": to, "text": "hello"}))

    assert (response.status, response.body["to"]) == (201, "zo\u00eb")


def test_a_recipient_whose_name_an_administrator_made_is_found_as_typed(
    ask: Any, users: Messaging
) -> None:
    users.register("ｂen")

    response = ask("ada", "send", body=json.dumps({"to": "ｂen", "text": "hello"}))

    assert (response.status, response.body["to"]) == (201, "ｂen")


def test_a_user_sends_a_limited_number_of_messages(
    ask: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fault 73"""
    monkeypatch.setenv("MESSAGES_PER_HOUR", "2")
    send("ada", "ben", "one")
    send("ada", "cleo", "two")

    assert ask("ada", "send").status == 429
    assert len(items("MessagesTable")) == 2
    send("ben", "ada", "three")


def test_messages_to_nobody_are_limited_before_they_reach_cognito(
    ask: Any, monkeypatch: pytest.MonkeyPatch, requests: list[str]
) -> None:
    """fault 73"""
    monkeypatch.setenv("MESSAGES_PER_HOUR", "2")
    nobody = {"body": json.dumps({"to": "nobody", "text": "hello"})}

    statuses = [ask("ada", "send", **nobody).status for _ in range(4)]

    assert statuses == [404, 404, 429, 429]
    assert requests.count("AdminGetUser") == 2
