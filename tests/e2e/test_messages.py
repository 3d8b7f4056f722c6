"""Messages through the API of the local stack, with IAM enforced."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from common.quotas import MESSAGES
from local.api_user import ApiResponse, ApiUser
from local.emulator_clients import Outputs, client
from tests.conftest import SignIn
from tests.harness.idempotency import post
from tests.harness.quotas import refused, used_up

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture
def names() -> dict[str, str]:
    """Unique usernames, by the short names that the tests use."""
    return {name: f"{name}-{uuid.uuid4()}" for name in ("Ada", "ben", "cleo")}


@pytest.fixture
def users(sign_in: SignIn, names: dict[str, str]) -> dict[str, ApiUser]:
    return {name: sign_in(full) for name, full in names.items()}


def test_two_users_write_to_each_other(users: dict[str, ApiUser], names: dict[str, str]) -> None:
    ada, ben = users["Ada"], users["ben"]

    first = ada.request("POST", "/messages", {"to": names["ben"], "text": "hello"}).body
    second = ben.request("POST", "/messages", {"to": names["Ada"], "text": "well met"}).body
    read = ada.request("GET", f"/messages?with={names['ben']}").body["messages"]
    marked = ada.request("PUT", f"/messages?with={names['ben']}")
    deleted = ben.request("DELETE", f"/messages/{second['messageID']}")

    assert read == [first, second]
    assert (marked.status, deleted.status) == (204, 204)
    [row] = ada.request("GET", "/messages").body["conversations"]
    assert row == {"with": names["ben"], "withID": ben.sub, "latest": first, "unread": 0}


def test_a_conversation_is_read_and_answered_by_id(users: dict[str, ApiUser]) -> None:
    ada, ben = users["Ada"], users["ben"]

    sent = ada.request("POST", "/messages", {"toID": ben.sub, "text": "hello"})
    read = ben.request("GET", f"/messages?withID={ada.sub}")
    marked = ben.request("PUT", f"/messages?withID={ada.sub}")

    assert (sent.status, sent.body["fromID"], sent.body["toID"]) == (201, ada.sub, ben.sub)
    assert read.body["messages"] == [sent.body]
    assert marked.status == 204


def test_a_new_user_of_an_old_name_inherits_no_conversation(
    users: dict[str, ApiUser], names: dict[str, str], sign_in: SignIn, outputs: Outputs
) -> None:
    """fault 59"""
    old, ben, name = users["Ada"], users["ben"], names["Ada"]
    old.request("POST", "/messages", {"to": names["ben"], "text": "from the old one"})
    ben.request("POST", "/messages", {"to": name, "text": "for the old one"})
    cognito = client("cognito-idp", outputs)
    cognito.admin_delete_user(UserPoolId=outputs["UserPoolId"], Username=name)
    new = sign_in(name)

    inherited = new.request("GET", "/messages").body["conversations"]
    reply = ben.request("POST", "/messages", {"toID": old.sub, "text": "are you there?"})
    sent = new.request("POST", "/messages", {"to": names["ben"], "text": "from the new one"}).body

    assert (new.sub != old.sub, inherited, reply.status) == (True, [], 404)
    rows = ben.request("GET", "/messages").body["conversations"]
    assert [(row["withID"], row["unread"]) for row in rows] == [(new.sub, 1), (old.sub, 1)]
    assert ben.request("GET", f"/messages?with={name}").body["messages"] == [sent]
    kept = ben.request("GET", f"/messages?withID={old.sub}").body["messages"]
    assert [each["text"] for each in kept] == ["from the old one", "for the old one"]


def test_pages_of_a_conversation_reach_its_first_message(
    users: dict[str, ApiUser], names: dict[str, str]
) -> None:
    ada = users["Ada"]
    for number in range(5):
        ada.request("POST", "/messages", {"to": names["ben"], "text": f"n. {number}"})

    with_ben = f"/messages?limit=2&with={names['ben']}"
    pages = [ada.request("GET", with_ben).body]
    while following := pages[-1]["next"]:
        pages.append(ada.request("GET", f"{with_ben}&next={following}").body)

    texts = [[message["text"] for message in page["messages"]] for page in pages]
    assert texts == [["n. 3", "n. 4"], ["n. 1", "n. 2"], ["n. 0"]]


def test_other_users_cannot_read_or_delete_a_message(
    users: dict[str, ApiUser], names: dict[str, str]
) -> None:
    """fault 42"""
    sent = users["Ada"].request("POST", "/messages", {"to": names["ben"], "text": "x"}).body
    cleo = users["cleo"]

    assert cleo.request("GET", "/messages").body["conversations"] == []
    assert cleo.request("GET", f"/messages?with={names['Ada']}").body["messages"] == []
    for other in (cleo, users["ben"]):
        assert other.request("DELETE", f"/messages/{sent['messageID']}").status == 404


def test_a_message_to_an_unknown_user_is_refused(users: dict[str, ApiUser]) -> None:
    response = users["Ada"].request("POST", "/messages", {"to": "nobody-at-all", "text": "x"})

    assert response == ApiResponse(404, {"message": "no such user", "details": []})


def test_concurrent_retries_create_one_message(
    users: dict[str, ApiUser], names: dict[str, str]
) -> None:
    """fault 33"""
    ada, key = users["Ada"], str(uuid.uuid4())
    message = {"to": names["ben"], "text": "once"}

    with ThreadPoolExecutor(4) as clients:
        responses = list(clients.map(lambda _: post(ada, "/messages", message, key), range(4)))
    other = post(ada, "/messages", {**message, "text": "twice"}, key)

    assert {response.status for response in responses} == {201}
    assert len({response.body["messageID"] for response in responses}) == 1
    assert other.status == 422
    [row] = users["ben"].request("GET", "/messages").body["conversations"]
    assert row["unread"] == 1


def test_concurrent_messages_are_all_stored_and_counted(
    users: dict[str, ApiUser], names: dict[str, str]
) -> None:
    pairs = [("Ada", "ben"), ("ben", "Ada")] * 10

    def send(pair: tuple[str, str]) -> Any:
        sender, to = pair
        return users[sender].request("POST", "/messages", {"to": names[to], "text": "x"})

    with ThreadPoolExecutor(8) as clients:
        assert {response.status for response in clients.map(send, pairs)} == {201}

    for name in ("Ada", "ben"):
        [row] = users[name].request("GET", "/messages").body["conversations"]
        assert row["unread"] == 10


@pytest.mark.parametrize("path", ["/messages", "/messages?withID=x"])
@pytest.mark.parametrize("page", ["limit=0", "limit=-1", "limit=1000000000", "next=x"])
def test_an_invalid_limit_or_page_token_is_refused(api_user: ApiUser, path: str, page: str) -> None:
    """fault 43"""
    joined = f"{path}{'&' if '?' in path else '?'}{page}"

    assert api_user.request("GET", joined).status == 400


@pytest.mark.parametrize("typed", ["zoe\u0308-{}", "\uff5ao\u00eb-{}"])
def test_a_user_receives_messages_under_every_form_of_the_name(
    sign_in: SignIn, users: dict[str, ApiUser], typed: str
) -> None:
    """fault 59"""
    unique = uuid.uuid4()
    sign_in(f"zo\u00eb-{unique}")

    sent = users["Ada"].request("POST", "/messages", {"to": typed.format(unique), "text": "hello"})

    assert (sent.status, sent.body["to"]) == (201, f"zo\u00eb-{unique}")


def test_a_user_who_sends_many_messages_has_to_wait_and_others_have_not(
    outputs: Outputs, sign_in: SignIn
) -> None:
    """fault 73"""
    name = f"ben-{uuid.uuid4()}"
    ada, ben = sign_in(f"ada-{uuid.uuid4()}"), sign_in(name)
    message = {"to": name, "text": "hello"}

    with used_up(outputs, MESSAGES, ada.sub):
        assert 1 <= refused(ada, "/messages", message) <= MESSAGES.seconds
        assert ben.request("POST", "/messages", {"toID": ada.sub, "text": "hello"}).status == 201
    assert ada.request("POST", "/messages", message).status == 201
