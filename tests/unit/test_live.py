"""live: tickets that let in once, and connections noted and forgotten."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from common import aws
from common.connections import LIFETIME_SECONDS, connections
from project import functions
from project.fake_aws import items, tables
from tests.harness.observability import Log

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/live
STAGE = "w1x2y3z4a5/v1"  # where the connections of events/live come in
ADDRESS = "wss://w1x2y3z4a5.execute-api.us-east-1.amazonaws.com/v1"


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LIVE_STAGE", STAGE)
    monkeypatch.setenv("LIVE_URL", ADDRESS)
    with tables("ConnectionsTable", "IdempotencyTable"):
        yield


def handle(event: dict[str, Any]) -> Any:
    return functions.function("live").handler(event, functions.context("live"))


def ticket() -> str:
    """A new ticket of Ada's."""
    answer = handle(functions.event("live", "invite"))
    assert answer["statusCode"] == 201
    found: list[str] = parse_qs(urlsplit(json.loads(answer["body"])["url"]).query)["ticket"]
    return found[0]


def connect(ticket: str, connection_id: str = "XfGLwd1koAMCJtQ=", **context: str) -> int:
    """The status of a handshake."""
    event = functions.event("live", "connect")
    event["queryStringParameters"] = {"ticket": ticket}
    event["requestContext"] |= {"connectionId": connection_id, **context}
    status: int = handle(event)["statusCode"]
    return status


def listening(user_id: str = ADA) -> list[str]:
    return [each.connectionID for each in connections().of_user(user_id)]


def test_a_caller_gets_an_address_for_half_a_minute() -> None:
    answer = handle(functions.event("live", "invite"))

    body = json.loads(answer["body"])
    assert answer["statusCode"] == 201
    assert body.keys() == {"url", "expiresIn"}
    assert body["url"].startswith(f"{ADDRESS}?ticket=")
    assert body["expiresIn"] == 30


def test_an_address_holds_no_token_and_the_table_no_ticket() -> None:
    event = functions.event("live", "invite")
    address = json.loads(handle(event)["body"])["url"]
    [secret] = parse_qs(urlsplit(address).query)["ticket"]

    assert event["headers"]["Authorization"].removeprefix("Bearer ") not in address
    assert len(secret) >= 43  # 256 bits
    [row] = items("IdempotencyTable")
    assert secret not in str(row)


def test_who_has_a_ticket_connects() -> None:
    assert connect(ticket()) == 200
    assert listening() == ["XfGLwd1koAMCJtQ="]


def test_a_user_may_have_several_connections() -> None:
    for device in ("phone=", "laptop="):
        assert connect(ticket(), device) == 200

    assert sorted(listening()) == ["laptop=", "phone="]


def test_a_ticket_lets_in_once() -> None:
    """fault 47"""
    once = ticket()

    assert connect(once, "first=") == 200
    assert connect(once, "second=") == 401
    assert listening() == ["first="]


def test_a_ticket_used_by_many_at_once_lets_in_one() -> None:
    """fault 47"""
    once = ticket()

    with ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda n: connect(once, f"n{n}="), range(8)))

    assert sorted(statuses) == [200] + [401] * 7
    assert len(listening()) == 1


def test_an_expired_ticket_is_refused_while_it_still_stands() -> None:
    """fault 47"""
    late = ticket()
    [row] = items("IdempotencyTable")
    expired = {**row, "expiration": {"N": str(int(time.time()))}}
    aws.dynamodb().put_item(TableName="IdempotencyTable", Item=expired)

    assert connect(late) == 401
    assert listening() == []


@pytest.mark.parametrize("elsewhere", [{"stage": "v2"}, {"apiId": "b1b2c3d4e5"}])
def test_a_ticket_of_another_stage_is_refused(elsewhere: dict[str, str]) -> None:
    """fault 47"""
    here = ticket()

    assert connect(here, **elsewhere) == 401
    assert connect(here) == 200


@pytest.mark.parametrize("wrong", ["", "x", "' OR 1=1", "x" * 8000, "live#x", "💡"])
def test_what_is_no_ticket_is_refused(wrong: str) -> None:
    """fault 47"""
    assert connect(wrong) == 401


def test_who_has_no_ticket_is_refused() -> None:
    assert handle(functions.event("live", "connect_without_ticket")) == {"statusCode": 401}
    assert listening() == []


def test_a_connection_is_forgotten_when_it_ends() -> None:
    connect(ticket())

    assert handle(functions.event("live", "disconnect")) == {"statusCode": 200}
    assert listening() == []


def test_the_end_of_an_unknown_connection_is_no_error() -> None:
    assert handle(functions.event("live", "disconnect")) == {"statusCode": 200}


def test_a_connection_expires_with_the_longest_that_it_may_last() -> None:
    before = time.time()
    connect(ticket())

    [row] = items("ConnectionsTable")
    left = int(row["expiration"]["N"]) - before
    assert LIFETIME_SECONDS - 1 <= left <= LIFETIME_SECONDS + 1
    assert functions.resource("ConnectionsTable")["TimeToLiveSpecification"] == {
        "AttributeName": "expiration",
        "Enabled": True,
    }


def test_an_expired_connection_does_not_listen_while_it_still_stands() -> None:
    connect(ticket())
    [row] = items("ConnectionsTable")
    expired = {**row, "expiration": {"N": str(int(time.time()))}}
    aws.dynamodb().put_item(TableName="ConnectionsTable", Item=expired)

    assert listening() == []


@pytest.mark.parametrize("said", ["ping", '"ping"', '{"type": "ping"}', '{"action": "ping"}'])
def test_a_ping_is_answered(said: str) -> None:
    event = functions.event("live", "ping") | {"body": said}

    assert handle(event) == {"statusCode": 200, "body": '{"type": "pong"}'}


@pytest.mark.parametrize("said", ["", "pong", "{", "[]", "null", '{"type": ["ping"]}', "[" * 9**5])
def test_anything_else_is_answered_by_what_is_wrong(said: str) -> None:
    answer = handle(functions.event("live", "ping") | {"body": said})

    assert json.loads(answer["body"]).keys() == {"message", "details"}


def test_no_ticket_is_logged(log: Log) -> None:
    secret = ticket()
    connect(secret)
    connect(secret)

    assert log.lines() != []
    assert secret not in log.text.getvalue()
