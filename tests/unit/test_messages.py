"""Messages between users: sent once, listed, read, taken back, and nobody else's to see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.client import BaseClient

from common import aws
from common.messages import MAX_TEXT_LENGTH, Message, User
from project import functions
from project.fake_aws import items, tables
from tests.harness.api import ApiResponse, answer


@pytest.fixture(autouse=True)
def users(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The pool's users, ada, ben and cleo: the `sub` by the name."""
    with tables("MessagesTable", "ConversationsTable", "IdempotencyTable"):
        pool = aws.cognito().create_user_pool(
            PoolName="pool",
            AliasAttributes=["email"],
            UsernameConfiguration={"CaseSensitive": False},
        )["UserPool"]["Id"]
        monkeypatch.setenv("USER_POOL_ID", pool)
        yield {name: register(pool, name) for name in ("ada", "ben", "cleo")}


def register(pool: str, name: str) -> str:
    made = aws.cognito().admin_create_user(
        UserPoolId=pool,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": f"{name}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    [sub] = [a["Value"] for a in made["User"]["Attributes"] if a["Name"] == "sub"]
    return sub


@pytest.fixture
def ask(users: dict[str, str]) -> Any:
    """Ask as a user, with the event of a case."""

    def ask(name: str, case: str, key: str | None = None, **changes: Any) -> ApiResponse:
        event = functions.event("messages", case)
        event["requestContext"]["authorizer"]["claims"] |= {"sub": users[name], "username": name}
        if key is not None:
            event["headers"]["Idempotency-Key"] = key
        event.update(changes)
        return answer("messages", event)

    return ask


@pytest.fixture
def send(ask: Any) -> Any:
    """Send a message, and give the one that was made."""

    def send(sender: str, to: str, text: str) -> Any:
        answer = ask(sender, "send", body=json.dumps({"to": to, "text": text}))
        assert answer.status == 201, answer
        return answer.body

    return send


def query(**parameters: str) -> dict[str, Any]:
    return {"queryStringParameters": parameters}


def message(message_id: str) -> dict[str, Any]:
    return {"path": f"/messages/{message_id}", "pathParameters": {"messageID": message_id}}


def texts(answer: ApiResponse) -> list[str]:
    return [each["text"] for each in answer.body["messages"]]


def test_a_message_arrives_with_its_reader(ask: Any, send: Any) -> None:
    sent = send("ada", "ben", "Is the lamp still there? 💡")

    assert sent.keys() == {"messageID", "from", "to", "text", "sentAt"}
    assert (sent["from"], sent["to"]) == ("ada", "ben")
    read = ask("ben", "conversation", **query(**{"with": "ada"}))
    assert read == ApiResponse(200, {"messages": [sent], "next": None})
    listed = ask("ben", "conversations")
    assert listed.body["conversations"] == [{"with": "ada", "latest": sent, "unread": 1}]
    own = ask("ada", "conversations")
    assert own.body["conversations"] == [{"with": "ben", "latest": sent, "unread": 0}]


def test_a_conversation_is_read_in_order_the_newest_page_first(ask: Any, send: Any) -> None:
    for number in range(5):
        send(*(("ada", "ben"), ("ben", "ada"))[number % 2], f"n. {number}")

    pages = [ask("ada", "conversation", **query(**{"with": "Ben"}, limit="2"))]
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


def test_the_list_of_conversations_is_one_request(ask: Any, send: Any, requests: list[str]) -> None:
    for number in range(3):
        send("ben", "ada", f"n. {number}")
    requests.clear()

    ask("ada", "conversations")

    assert requests == ["Query"]


def test_what_is_read_is_not_unread_any_more(ask: Any, send: Any) -> None:
    send("ben", "ada", "one")
    send("ben", "ada", "two")

    marked = ask("ada", "mark_read")
    after = ask("ada", "conversations").body["conversations"]
    send("ben", "ada", "three")

    assert marked.status == 204
    assert [row["unread"] for row in after] == [0]
    assert [row["unread"] for row in ask("ada", "conversations").body["conversations"]] == [1]


@pytest.mark.parametrize(("partner", "status"), [("ben", 404), ("", 400), ("x" * 129, 400)])
def test_nothing_can_be_marked_where_nothing_was_written(
    ask: Any, partner: str, status: int
) -> None:
    assert ask("ada", "mark_read", **query(**{"with": partner})).status == status


def test_a_deleted_message_is_gone_for_both(ask: Any, send: Any) -> None:
    first = send("ada", "ben", "first")
    second = send("ada", "ben", "second")

    deleted = ask("ada", "delete", **message(second["messageID"].upper()))

    assert deleted == ApiResponse(204, None)
    for reader, partner, unread in (("ada", "ben", 0), ("ben", "ada", 1)):
        assert texts(ask(reader, "conversation", **query(**{"with": partner}))) == ["first"]
        [row] = ask(reader, "conversations").body["conversations"]
        assert row == {"with": partner, "latest": first, "unread": unread}


def test_a_read_message_that_is_deleted_leaves_the_unread_ones(ask: Any, send: Any) -> None:
    read = send("ada", "ben", "read")
    ask("ben", "mark_read", **query(**{"with": "ada"}))
    later = send("ada", "ben", "not read yet")

    ask("ada", "delete", **message(read["messageID"]))

    [row] = ask("ben", "conversations").body["conversations"]
    assert row == {"with": "ada", "latest": later, "unread": 1}


def test_the_last_message_takes_the_conversation_with_it(ask: Any, send: Any) -> None:
    only = send("ada", "ben", "only")

    ask("ada", "delete", **message(only["messageID"]))

    assert items("MessagesTable") == items("ConversationsTable") == []


@pytest.mark.parametrize("caller", ["ben", "cleo"])
def test_a_message_is_not_for_others_to_delete(ask: Any, send: Any, caller: str) -> None:
    """fault 42"""
    sent = send("ada", "ben", "mine")

    answer = ask(caller, "delete", **message(sent["messageID"]))

    assert answer == ApiResponse(404, {"message": "no such message", "details": []})
    assert len(items("MessagesTable")) == 1


def test_a_conversation_is_not_for_others_to_read(ask: Any, send: Any) -> None:
    """fault 42"""
    send("ada", "ben", "between us")

    assert ask("cleo", "conversation", **query(**{"with": "ada"})).body["messages"] == []
    assert ask("cleo", "conversations").body["conversations"] == []


def test_a_user_who_is_deleted_and_registers_again_finds_no_old_message(
    ask: Any, send: Any, users: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    send("ada", "ben", "between us")
    pool = aws.env("USER_POOL_ID")
    aws.cognito().admin_delete_user(UserPoolId=pool, Username="ben")
    users["ben"] = register(pool, "ben")

    assert ask("ben", "conversation", **query(**{"with": "ada"})).body["messages"] == []
    send("ben", "ada", "another ben")
    assert texts(ask("ada", "conversation", **query(**{"with": "ben"}))) == ["another ben"]


@pytest.mark.parametrize("message_id", ["x", "%00", "x" * 5000, "no-uuid"])
def test_what_is_no_message_is_not_found(ask: Any, message_id: str) -> None:
    assert ask("ada", "delete", **message(message_id)).status == 404


@pytest.mark.parametrize("to", ["nobody", "ben@example.com", "a b", " "])
def test_who_is_no_user_by_name_gets_no_message(ask: Any, to: str) -> None:
    answer = ask("ada", "send", body=json.dumps({"to": to, "text": "hello"}))

    assert answer == ApiResponse(404, {"message": "no such user", "details": []})


def test_a_user_goes_by_no_id(ask: Any, users: dict[str, str]) -> None:
    answer = ask("ada", "send", body=json.dumps({"to": users["ben"], "text": "hello"}))

    assert answer.status == 404


def test_a_user_who_is_disabled_gets_no_message(ask: Any) -> None:
    aws.cognito().admin_disable_user(UserPoolId=aws.env("USER_POOL_ID"), Username="ben")

    assert ask("ada", "send").status == 404


def test_nobody_writes_to_themselves(ask: Any) -> None:
    answer = ask("ada", "send", body=json.dumps({"to": "ada", "text": "hello"}))

    assert answer == ApiResponse(
        400, {"message": "the message is invalid", "details": ["to: yourself"]}
    )


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
def test_what_is_no_message_is_refused(ask: Any, body: str | None) -> None:
    answer = ask("ada", "send", body=body)

    assert answer.status == 400
    assert items("MessagesTable") == []


def test_the_longest_message_is_kept_whole(ask: Any, send: Any) -> None:
    text = "💡" * MAX_TEXT_LENGTH

    send("ada", "ben", text)

    assert texts(ask("ben", "conversation", **query(**{"with": "ada"}))) == [text]


def test_a_request_sent_twice_is_one_message_and_the_same_answer(ask: Any) -> None:
    """fault 33"""
    first, second = ask("ada", "send_once"), ask("ada", "send_once")

    assert first.status == second.status == 201
    assert first.body == second.body
    assert len(items("MessagesTable")) == 1


def test_a_request_sent_twice_at_once_is_one_message_and_the_same_answer(ask: Any) -> None:
    """fault 33"""
    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda _: ask("ada", "send_once"), range(4)))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["messageID"] for answer in answers}) == 1
    assert len(items("MessagesTable")) == 1


def test_a_key_stands_for_one_message(ask: Any) -> None:
    """fault 33"""
    ask("ada", "send_once")

    other = ask("ada", "send_once", body=json.dumps({"to": "ben", "text": "another"}))

    assert other.status == 422
    assert len(items("MessagesTable")) == 1


def test_another_users_key_is_another_key(ask: Any) -> None:
    """fault 33"""
    ask("ada", "send_once")
    ask("cleo", "send_once")

    assert len(items("MessagesTable")) == 2


def test_without_a_key_two_equal_messages_are_two(ask: Any) -> None:
    """fault 33"""
    ask("ada", "send")
    ask("ada", "send")

    assert len(items("MessagesTable")) == 2


@pytest.mark.parametrize("case", ["conversations", "conversation"])
@pytest.mark.parametrize("limit", ["0", "-1", "1000000000", "101", "x", "", "1.5", "٣"])
def test_a_wrong_limit_is_refused(ask: Any, case: str, limit: str) -> None:
    """fault 43"""
    partner = {"with": "ben"} if case == "conversation" else {}

    assert ask("ada", case, **query(**partner, limit=limit)).status == 400


def test_a_token_is_of_its_own_list_alone(ask: Any, send: Any) -> None:
    """fault 43"""
    for to in ("ben", "cleo"):
        send("ada", to, "one")
        send("ada", to, "two")
    token = ask("ada", "conversation", **query(**{"with": "ben"}, limit="1")).body["next"]
    changed = ("A" if token[0] != "A" else "B") + token[1:]

    for reader, asked in (
        ("ada", query(**{"with": "ben"}, next=changed)),
        ("ada", query(**{"with": "cleo"}, next=token)),
        ("ada", query(next=token)),
        ("cleo", query(**{"with": "ada"}, next=token)),
        ("ada", query(**{"with": "nobody"}, next=token)),
    ):
        assert ask(reader, "conversation", **asked).status == 400


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What to refuse transactions with, one by one, before any goes through."""
    waiting: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # where every client's calls pass

    def refuse(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "TransactWriteItems" and waiting:
            reasons = [{"Code": "None"}, {"Code": waiting.pop(0)}, {"Code": "None"}]
            error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
            raise client.exceptions.TransactionCanceledException(
                error | {"CancellationReasons": reasons}, operation
            )
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    return waiting


def test_two_who_write_at_once_wait_for_each_other(
    ask: Any, send: Any, conflicts: list[str]
) -> None:
    conflicts += ["TransactionConflict"] * 2

    send("ada", "ben", "hello")

    [row] = ask("ben", "conversations").body["conversations"]
    assert row["unread"] == len(items("MessagesTable")) == 1


def test_a_message_is_deleted_however_its_conversation_goes_on(
    ask: Any, send: Any, conflicts: list[str]
) -> None:
    sent = send("ada", "ben", "hello")
    conflicts += ["ConditionalCheckFailed", "TransactionConflict"]

    assert ask("ada", "delete", **message(sent["messageID"])).status == 204
    assert items("MessagesTable") == []


@pytest.fixture
def before_the_next_transaction(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Do something between a request's reads and its transaction, as another request does."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # where every client's calls pass

    def set_action(action: Callable[[], Any]) -> None:
        def act_first(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if operation == "TransactWriteItems":
                monkeypatch.setattr(BaseClient, "_make_api_call", call)
                action()
            return call(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", act_first)

    return set_action


def test_two_deletions_at_once_leave_nothing_of_either(
    ask: Any, send: Any, before_the_next_transaction: Any
) -> None:
    first, second = send("ada", "ben", "first"), send("ada", "ben", "second")
    ask("ben", "mark_read", **query(**{"with": "ada"}))
    before_the_next_transaction(lambda: ask("ada", "delete", **message(first["messageID"])))

    answer = ask("ada", "delete", **message(second["messageID"]))

    assert answer.status == 204
    assert items("MessagesTable") == items("ConversationsTable") == []


def test_a_message_sent_during_a_deletion_stays_the_latest(
    ask: Any, send: Any, before_the_next_transaction: Any
) -> None:
    first, sent = send("ada", "ben", "first"), []
    send("ada", "ben", "second")
    before_the_next_transaction(lambda: sent.append(send("ada", "ben", "third")))

    answer = ask("ada", "delete", **message(first["messageID"]))

    assert answer.status == 204
    [row] = ask("ben", "conversations").body["conversations"]
    assert row == {"with": "ada", "latest": sent[0], "unread": 2}


def test_a_conversation_read_during_a_deletion_stays_read(
    ask: Any, send: Any, before_the_next_transaction: Any
) -> None:
    first, second = send("ada", "ben", "first"), send("ada", "ben", "second")
    read = query(**{"with": "ada"})
    before_the_next_transaction(lambda: ask("ben", "mark_read", **read))

    answer = ask("ada", "delete", **message(first["messageID"]))

    assert answer.status == 204
    [row] = ask("ben", "conversations").body["conversations"]
    assert row == {"with": "ada", "latest": second, "unread": 0}


@pytest.mark.parametrize("why", [["TransactionConflict"] * 99, ["ItemCollectionSizeLimitExceeded"]])
def test_a_message_that_cannot_be_sent_is_no_201(
    ask: Any, conflicts: list[str], why: list[str]
) -> None:
    conflicts += why

    assert ask("ada", "send_once").status == 500
    assert items("MessagesTable") == []
    conflicts.clear()
    assert ask("ada", "send_once").status == 201


def test_ids_sort_as_the_messages_were_made() -> None:
    ada, ben = User("a", "ada"), User("b", "ben")

    made = [Message.new(ada, ben, "x").messageID for _ in range(1000)]

    # Behind the time, to a quarter of a microsecond, comes chance.
    times = [each[:18] for each in made]
    assert times == sorted(times)
    assert len(set(made)) == 1000
