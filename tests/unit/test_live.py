"""The `live` function: single-use tickets, connections and their leases, ended sessions, pings."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from common import aws
from common.connections import LEASE_SECONDS, connections
from common.sessions import Session, ended_sessions
from project import functions
from project.fake_aws import items, tables
from tests.harness.devices import Devices, listening
from tests.harness.observability import Log
from tests.harness.pool_users import PoolUsers

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/live
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
STAGE = "w1x2y3z4a5/v1"  # the WebSocket API and stage of events/live
ADDRESS = "wss://w1x2y3z4a5.execute-api.us-east-1.amazonaws.com/v1"


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[Devices]:
    monkeypatch.setenv("LIVE_STAGE", STAGE)
    monkeypatch.setenv("LIVE_ADDRESS", ADDRESS)
    with tables("ConnectionsTable", "IdempotencyTable"), listening() as (stub, url):
        # Only requests to connections go to the stub; tickets are for the address.
        monkeypatch.setenv("LIVE_URL", url)
        yield stub


@pytest.fixture(autouse=True)
def pool(devices: Devices, monkeypatch: pytest.MonkeyPatch) -> PoolUsers:
    """The user pool, in which Ada is a user."""
    users = PoolUsers.create()
    users.add("ada", ADA)
    for name, value in users.environment.items():
        monkeypatch.setenv(name, value)
    return users


def handle(event: dict[str, Any]) -> Any:
    return functions.function("live").handler(event, functions.context("live"))


def invite(**claims: Any) -> dict[str, Any]:
    """Ada requests a ticket. Returns the response."""
    event = functions.event("live", "invite")
    event["requestContext"]["authorizer"]["claims"] |= claims
    response: dict[str, Any] = handle(event)
    return response


def ticket(**claims: Any) -> str:
    """Return a new ticket for Ada."""
    response = invite(**claims)
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


def ping(connection_id: str = "XfGLwd1koAMCJtQ=", age: float = 600, body: str = "ping") -> Any:
    """Send a frame over a connection that is this many seconds old."""
    event = functions.event("live", "ping") | {"body": body}
    connected_at = int((time.time() - age) * 1000)
    event["requestContext"] |= {"connectionId": connection_id, "connectedAt": connected_at}
    return handle(event)


def age_connection(seconds: int) -> None:
    """Let time pass for the only connection."""
    [row] = items("ConnectionsTable")
    for name in ("connectedAt", "expiration"):
        row[name] = {"N": str(int(row[name]["N"]) - seconds)}
    aws.dynamodb().put_item(TableName="ConnectionsTable", Item=row)


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
    assert secret not in str(items("IdempotencyTable"))


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
    [row] = [row for row in items("IdempotencyTable") if row["id"]["S"].startswith("live#")]
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


def test_a_connection_is_leased() -> None:
    before = time.time()
    connect(ticket())

    [row] = items("ConnectionsTable")
    left = int(row["expiration"]["N"]) - before
    assert LEASE_SECONDS - 1 <= left <= LEASE_SECONDS + 1
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
    connect(ticket())

    assert ping(body=frame) == {"statusCode": 200, "body": '{"type": "pong"}'}


@pytest.mark.parametrize("frame", ["", "pong", "{", "[]", "null", '{"type": ["ping"]}', "[" * 9**5])
def test_any_other_frame_receives_an_error(frame: str) -> None:
    connect(ticket())

    assert json.loads(ping(body=frame)["body"]).keys() == {"message", "details"}


class TestLimit:
    """fault 73"""

    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LIVE_CONNECTIONS", "2")

    def test_a_user_has_a_limited_number_of_connections(self, pool: PoolUsers) -> None:
        pool.add("ben", BEN)
        for device in ("phone=", "laptop="):
            connect(ticket(), device)

        assert invite()["statusCode"] == 429
        assert invite(**{"sub": BEN, "cognito:username": "ben"})["statusCode"] == 201

    def test_the_caller_can_try_again_when_the_first_lease_ends(self) -> None:
        connect(ticket(), "phone=")
        age_connection(600)
        connect(ticket(), "laptop=")

        [wait] = invite()["multiValueHeaders"]["Retry-After"]

        assert LEASE_SECONDS - 602 <= int(wait) <= LEASE_SECONDS - 600

    def test_a_connection_whose_lease_has_ended_does_not_count(self) -> None:
        connect(ticket(), "phone=")
        age_connection(LEASE_SECONDS + 1)
        connect(ticket(), "laptop=")

        assert invite()["statusCode"] == 201

    def test_a_closed_connection_does_not_count(self) -> None:
        for device in ("phone=", "laptop="):
            connect(ticket(), device)
        connections().remove("phone=")

        assert invite()["statusCode"] == 201

    def test_tickets_that_were_collected_earlier_open_no_more_connections(self) -> None:
        """The newest connection is refused, so nobody can close the others."""
        collected = [ticket() for _ in range(5)]

        statuses = [connect(each, f"n{n}=") for n, each in enumerate(collected)]

        assert statuses == [200, 200, 429, 429, 429]
        assert sorted(connection_ids()) == ["n0=", "n1="]

    def test_concurrent_connections_do_not_exceed_the_limit(self) -> None:
        collected = [ticket() for _ in range(8)]

        with ThreadPoolExecutor(8) as clients:
            statuses = list(clients.map(lambda n: connect(collected[n], f"n{n}="), range(8)))

        assert set(statuses) <= {200, 429}
        assert statuses.count(200) == len(connection_ids()) <= 2

    def test_requests_for_connections_are_limited_before_they_reach_cognito(
        self, monkeypatch: pytest.MonkeyPatch, requests: list[str]
    ) -> None:
        monkeypatch.setenv("LIVE_CONNECTIONS_PER_HOUR", "2")

        statuses = [invite()["statusCode"] for _ in range(4)]

        assert statuses == [201, 201, 429, 429]
        assert requests.count("AdminGetUser") == 2


class TestEndedSessions:
    """fault 57"""

    def test_a_token_of_an_ended_session_gets_no_ticket(self) -> None:
        ended_sessions().record(ADA)

        response = invite()

        assert response["statusCode"] == 401
        assert json.loads(response["body"])["message"] == "sign in again"

    def test_a_token_of_a_later_session_gets_a_ticket(self) -> None:
        ended_at = ended_sessions().record(ADA)

        assert invite(auth_time=str(ended_at + 1))["statusCode"] == 201

    def test_a_session_that_began_in_the_second_of_the_end_has_ended(self) -> None:
        ended_at = ended_sessions().record(ADA)

        assert invite(auth_time=str(ended_at))["statusCode"] == 401

    def test_the_sessions_of_other_users_have_not_ended(self, pool: PoolUsers) -> None:
        pool.add("ben", BEN)
        ended_sessions().record(BEN)

        assert invite()["statusCode"] == 201

    @pytest.mark.parametrize("operation", ["admin_disable_user", "admin_delete_user"])
    def test_a_user_who_was_disabled_or_deleted_at_cognito_gets_no_ticket(
        self, pool: PoolUsers, operation: str
    ) -> None:
        getattr(aws.cognito(), operation)(UserPoolId=pool.pool, Username="ada")

        assert invite()["statusCode"] == 401

    def test_a_user_whose_password_an_administrator_invalidated_gets_no_ticket(
        self, pool: PoolUsers
    ) -> None:
        aws.cognito().admin_set_user_password(
            UserPoolId=pool.pool, Username="ada", Password="Temporary-Pass-1", Permanent=False
        )

        assert invite()["statusCode"] == 401

    def test_the_token_of_a_deleted_user_is_not_one_of_a_new_user_of_the_same_name(
        self, pool: PoolUsers
    ) -> None:
        aws.cognito().admin_delete_user(UserPoolId=pool.pool, Username="ada")
        pool.add("ada", BEN)

        assert invite()["statusCode"] == 401
        assert invite(sub=BEN)["statusCode"] == 201

    def test_a_user_of_another_issuer_needs_no_user_in_the_pool(self) -> None:
        event = functions.event("live", "invite")
        event["requestContext"]["authorizer"] = {"sub": "auth0|ada", "username": "ada"}

        assert handle(event)["statusCode"] == 201

    def test_a_ticket_opens_no_connection_after_the_session_has_ended(self) -> None:
        issued = ticket()
        ended_sessions().record(ADA)

        assert connect(issued) == 401
        assert items("ConnectionsTable") == []

    def test_a_connection_is_stored_before_it_is_known_whether_the_session_has_ended(
        self, requests: list[str]
    ) -> None:
        """In this order, a sign-out at the same time finds the connection or refuses it."""
        issued = ticket()
        requests.clear()

        connect(issued)

        assert requests == ["DeleteItem", "PutItem", "Query", "GetItem"]

    def test_the_next_frame_closes_a_connection_whose_session_has_ended(
        self, devices: Devices
    ) -> None:
        connect(ticket())
        age_connection(120)
        ended_sessions().record(ADA)

        assert ping() == {"statusCode": 401}
        assert devices.closed == ["XfGLwd1koAMCJtQ="]
        assert items("ConnectionsTable") == []

    @pytest.mark.parametrize("body", ["ping", "anything else"])
    @pytest.mark.parametrize("operation", ["admin_disable_user", "admin_delete_user"])
    def test_the_next_frame_closes_the_connection_of_a_user_disabled_or_deleted_at_cognito(
        self, pool: PoolUsers, devices: Devices, operation: str, body: str
    ) -> None:
        connect(ticket())
        age_connection(120)
        getattr(aws.cognito(), operation)(UserPoolId=pool.pool, Username="ada")

        assert ping(body=body) == {"statusCode": 401}
        assert devices.closed == ["XfGLwd1koAMCJtQ="]

    def test_a_frame_closes_a_connection_that_was_removed(self, devices: Devices) -> None:
        connect(ticket())
        connections().remove("XfGLwd1koAMCJtQ=")

        assert ping() == {"statusCode": 401}
        assert devices.closed == ["XfGLwd1koAMCJtQ="]

    def test_a_new_connection_may_be_missing_in_the_index(self, devices: Devices) -> None:
        assert ping(age=1)["statusCode"] == 200
        assert devices.closed == []

    def test_a_frame_renews_the_lease(self) -> None:
        connect(ticket())
        age_connection(LEASE_SECONDS - 5)

        ping()

        [row] = items("ConnectionsTable")
        assert int(row["expiration"]["N"]) > time.time() + LEASE_SECONDS - 5

    def test_a_frame_after_the_lease_closes_the_connection(self, devices: Devices) -> None:
        connect(ticket())
        age_connection(LEASE_SECONDS + 1)

        assert ping() == {"statusCode": 401}
        assert devices.closed == ["XfGLwd1koAMCJtQ="]

    def test_a_flood_of_frames_is_not_a_flood_of_requests_to_cognito(
        self, requests: list[str]
    ) -> None:
        connect(ticket())
        age_connection(120)
        requests.clear()

        for _ in range(10):
            ping()

        assert requests.count("AdminGetUser") == 1

    def test_renewing_does_not_bring_back_a_connection_that_was_removed_meanwhile(self) -> None:
        connection = connections().add(Session(ADA, "ada", 0), "removed=")
        connections().remove_all([connection])

        assert not connections().renew(connection)
        assert items("ConnectionsTable") == []

    def test_a_connection_that_cannot_be_checked_stays_but_its_lease_is_not_renewed(
        self, monkeypatch: pytest.MonkeyPatch, devices: Devices
    ) -> None:
        """Cognito throttles, for example. Without a lease it receives no events."""
        connect(ticket())
        age_connection(120)
        [before] = items("ConnectionsTable")
        monkeypatch.setenv("USER_POOL_ID", "us-east-1_gone")

        with pytest.raises(ClientError):
            ping()

        assert items("ConnectionsTable") == [before]
        assert devices.closed == []


def test_tickets_are_not_logged(log: Log) -> None:
    secret = ticket()
    connect(secret)
    connect(secret)

    assert log.lines() != []
    assert secret not in log.text.getvalue()
