"""The `live` function: single-use tickets, stored and removed connections, pings."""

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
STAGE = "w1x2y3z4a5/v1"  # the WebSocket API and stage of events/live
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
    """Return a new ticket for Ada."""
    response = handle(functions.event("live", "invite"))
    assert response["statusCode"] == 201
    found: list[str] = parse_qs(urlsplit(json.loads(response["body"])["url"]).query)["ticket"]
    return found[0]


def connect(ticket: str, connection_id: str = "XfGLwd1koAMCJtQ=", **context: str) -> int:
    """Open a connection. Returns the status of the handshake."""
    event = functions.event("live", "connect")
    event["queryStringParameters"] = {"ticket": ticket}
    event["requestContext"] |= {"connectionId": connection_id, **context}
    status: int = handle(event)["statusCode"]
    return status


def connection_ids(user_id: str = ADA) -> list[str]:
    return [each.connectionID for each in connections().of_user(user_id)]


def test_a_caller_gets_an_address_that_is_valid_for_30_seconds() -> None:
    response = handle(functions.event("live", "invite"))

    body = json.loads(response["body"])
    assert response["statusCode"] == 201
    assert body.keys() == {"url", "expiresIn"}
    assert body["url"].startswith(f"{ADDRESS}?ticket=")
    assert body["expiresIn"] == 30


def test_the_address_contains_no_token_and_the_table_no_ticket() -> None:
    event = functions.event("live", "invite")
    address = json.loads(handle(event)["body"])["url"]
    [secret] = parse_qs(urlsplit(address).query)["ticket"]

    assert event["headers"]["Authorization"].removeprefix("Bearer ") not in address
    assert len(secret) >= 43  # 256 bits
    [row] = items("IdempotencyTable")
    assert secret not in str(row)


def test_a_ticket_opens_a_connection() -> None:
    assert connect(ticket()) == 200
    assert connection_ids() == ["XfGLwd1koAMCJtQ="]


def test_a_user_may_have_several_connections() -> None:
    for device in ("phone=", "laptop="):
        assert connect(ticket(), device) == 200

    assert sorted(connection_ids()) == ["laptop=", "phone="]


def test_a_ticket_is_valid_once() -> None:
    """fault 47"""
    once = ticket()

    assert connect(once, "first=") == 200
    assert connect(once, "second=") == 401
    assert connection_ids() == ["first="]


def test_concurrent_uses_of_a_ticket_open_one_connection() -> None:
    """fault 47"""
    once = ticket()

    with ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda n: connect(once, f"n{n}="), range(8)))

    assert sorted(statuses) == [200] + [401] * 7
    assert len(connection_ids()) == 1


def test_an_expired_ticket_is_refused_even_before_it_is_deleted() -> None:
    """fault 47"""
    expired_ticket = ticket()
    [row] = items("IdempotencyTable")
    expired = {**row, "expiration": {"N": str(int(time.time()))}}
    aws.dynamodb().put_item(TableName="IdempotencyTable", Item=expired)

    assert connect(expired_ticket) == 401
    assert connection_ids() == []


@pytest.mark.parametrize("elsewhere", [{"stage": "v2"}, {"apiId": "b1b2c3d4e5"}])
def test_a_ticket_is_valid_in_its_own_stage_only(elsewhere: dict[str, str]) -> None:
    """fault 47"""
    here = ticket()

    assert connect(here, **elsewhere) == 401
    assert connect(here) == 200


@pytest.mark.parametrize("wrong", ["", "x", "' OR 1=1", "x" * 8000, "live#x", "💡"])
def test_an_unknown_ticket_is_refused(wrong: str) -> None:
    """fault 47"""
    assert connect(wrong) == 401


def test_a_connection_without_a_ticket_is_refused() -> None:
    assert handle(functions.event("live", "connect_without_ticket")) == {"statusCode": 401}
    assert connection_ids() == []


def test_a_closed_connection_is_removed() -> None:
    connect(ticket())

    assert handle(functions.event("live", "disconnect")) == {"statusCode": 200}
    assert connection_ids() == []


def test_closing_an_unknown_connection_is_not_an_error() -> None:
    assert handle(functions.event("live", "disconnect")) == {"statusCode": 200}


def test_a_connection_row_expires_after_the_longest_possible_connection() -> None:
    before = time.time()
    connect(ticket())

    [row] = items("ConnectionsTable")
    left = int(row["expiration"]["N"]) - before
    assert LIFETIME_SECONDS - 1 <= left <= LIFETIME_SECONDS + 1
    assert functions.resource("ConnectionsTable")["TimeToLiveSpecification"] == {
        "AttributeName": "expiration",
        "Enabled": True,
    }


def test_an_expired_connection_is_ignored_even_before_it_is_deleted() -> None:
    connect(ticket())
    [row] = items("ConnectionsTable")
    expired = {**row, "expiration": {"N": str(int(time.time()))}}
    aws.dynamodb().put_item(TableName="ConnectionsTable", Item=expired)

    assert connection_ids() == []


@pytest.mark.parametrize("frame", ["ping", '"ping"', '{"type": "ping"}', '{"action": "ping"}'])
def test_a_ping_receives_a_pong(frame: str) -> None:
    event = functions.event("live", "ping") | {"body": frame}

    assert handle(event) == {"statusCode": 200, "body": '{"type": "pong"}'}


@pytest.mark.parametrize("frame", ["", "pong", "{", "[]", "null", '{"type": ["ping"]}', "[" * 9**5])
def test_any_other_frame_receives_an_error(frame: str) -> None:
    response = handle(functions.event("live", "ping") | {"body": frame})

    assert json.loads(response["body"]).keys() == {"message", "details"}


def test_tickets_are_not_logged(log: Log) -> None:
    secret = ticket()
    connect(secret)
    connect(secret)

    assert log.lines() != []
    assert secret not in log.text.getvalue()
