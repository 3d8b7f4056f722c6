"""The `users` function ends the sessions of a user: after a new password, and by signing out.

fault 57
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from common import aws
from common.connections import LEASE_SECONDS, connections
from common.sessions import KEPT_SECONDS, Session, ended_sessions
from project import functions, template
from project.fake_aws import all_tables, items
from tests.harness.devices import Devices, listening
from tests.harness.pool_users import PASSWORD, PoolUsers

ADA = "7d8ca528-4931-4254-9273-ea5ee853f271"  # the caller of events/users
BEN = "1f0e2d3c-4b5a-4968-8776-655443322110"
NEW_PASSWORD = "Another-Horse-8-Battery"
LONG_AGO = 600


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses so far. They take no time, except for `time.monotonic`."""
    made: list[float] = []
    start = time.monotonic()
    monkeypatch.setattr(time, "sleep", made.append)
    monkeypatch.setattr(time, "monotonic", lambda: start + sum(made))
    return made


@pytest.fixture(autouse=True)
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[PoolUsers]:
    """The user pool, in which Ada and Ben are users."""
    for name, value in functions.environment("users").items():
        monkeypatch.setenv(name, value)
    with all_tables():
        users = PoolUsers.create()
        users.add("ada", ADA)
        users.add("ben", BEN)
        for name, value in users.environment.items():
            monkeypatch.setenv(name, value)
        yield users


@pytest.fixture(autouse=True)
def devices(pool: PoolUsers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Devices]:
    with listening() as (stub, url):
        monkeypatch.setenv("LIVE_URL", url)
        yield stub


def connect(user_id: str, *connection_ids: str, age: int = LONG_AGO, began: int = 0) -> None:
    """Add open connections of a session that began at this time."""
    for connection_id in connection_ids:
        connections().add(Session(user_id, "name", began), connection_id)
        [row] = [each for each in items("ConnectionsTable") if connection_id in str(each)]
        for name in ("connectedAt", "expiration"):
            row[name] = {"N": str(int(row[name]["N"]) - age)}
        aws.dynamodb().put_item(TableName="ConnectionsTable", Item=row)


def rows() -> list[str]:
    return [row["connectionID"]["S"] for row in items("ConnectionsTable")]


def ask(case: str, token: str = "", **changed: Any) -> tuple[int, Any]:
    """Send the event of a case, with this token and changed body fields."""
    event = functions.event("users", case)
    for headers in (event["headers"], event["multiValueHeaders"]):
        if token:
            headers["Authorization"] = [token] if headers is event["multiValueHeaders"] else token
    if changed:
        event["body"] = json.dumps(json.loads(event["body"]) | changed)
    response = functions.function("users").handler(event, functions.context("users"))
    return response["statusCode"], json.loads(response["body"])


def sign_out(**claims: str) -> tuple[int, Any]:
    """Sign Ada out with a token that has these claims."""
    event = functions.event("users", "sign_out")
    event["requestContext"]["authorizer"]["claims"] |= claims
    response = functions.function("users").handler(event, functions.context("users"))
    return response["statusCode"], json.loads(response["body"])


def temporary_password(pool: PoolUsers) -> str:
    """Give Ada a temporary password. Returns the session of the challenge to change it."""
    user: Any = {"UserPoolId": pool.pool, "Username": "ada"}
    aws.cognito().admin_set_user_password(**user, Password=PASSWORD, Permanent=False)
    _, challenge = ask("sign_in", username="ada", password=PASSWORD)
    return str(challenge["session"])


def change(case: str, pool: PoolUsers, tokens: Any) -> tuple[int, Any]:
    """Do one of the things that end all sessions of Ada."""
    match case:
        case "new_password":
            session = temporary_password(pool)
            return ask("new_password", session=session, newPassword=NEW_PASSWORD)
        case "reset_password":
            return ask("reset_password", newPassword=NEW_PASSWORD)
        case _:
            return ask(case, tokens["AccessToken"])


@pytest.mark.parametrize(
    ("case", "body"),
    [
        ("sign_out", {"signedOut": True}),
        ("reset_password", {"reset": True}),
        ("change_password", {"changed": True}),
        ("new_password", {}),
    ],
)
def test_all_sessions_of_the_user_end_and_those_of_others_do_not(
    pool: PoolUsers, case: str, body: dict[str, Any]
) -> None:
    ada, ben = pool.sign_in("ada"), pool.sign_in("ben")

    status, actual_body = change(case, pool, ada)

    assert status == 200
    assert body.items() <= actual_body.items()
    assert not pool.refreshes(ada)
    assert pool.refreshes(ben)
    now = int(time.time())
    assert ended_sessions().contain(Session(ADA, "ada", now - 5))
    assert not ended_sessions().contain(Session(BEN, "ben", now - 5))


@pytest.mark.slow
@pytest.mark.parametrize("case", ["sign_out", "reset_password", "change_password", "new_password"])
def test_the_connections_of_the_user_are_closed_and_those_of_others_are_not(
    pool: PoolUsers, devices: Devices, case: str
) -> None:
    connect(ADA, "phone=", "laptop=")
    connect(BEN, "other=")

    change(case, pool, pool.sign_in("ada"))

    assert sorted(devices.closed) == ["laptop=", "phone="]
    assert rows() == ["other="]


@pytest.mark.parametrize("case", ["reset_password", "change_password", "new_password"])
def test_the_new_password_is_valid_after_all_sessions_have_ended(
    pool: PoolUsers, case: str
) -> None:
    change(case, pool, pool.sign_in("ada"))

    assert pool.sign_in("ada", NEW_PASSWORD)["AccessToken"]


def test_the_tokens_for_a_new_password_are_of_a_session_that_began_after_the_end(
    pool: PoolUsers,
) -> None:
    _, tokens = change("new_password", pool, None)

    assert pool.refreshes({"RefreshToken": tokens["refreshToken"]})


def test_it_takes_until_the_end_of_the_second_so_that_a_new_session_is_later(
    pauses: list[float],
) -> None:
    """The tokens of a sign-in tell only the second."""
    before = time.time()

    sign_out()

    assert time.time() + sum(pauses) >= int(before) + 1


def test_the_record_is_kept_as_long_as_a_token_and_then_a_connection_can_be_valid() -> None:
    minutes = template.raw()["Parameters"]["AccessTokenMinutes"]["MaxValue"]
    connection_seconds = 2 * 3600  # WebSocket API quotas

    assert minutes * 60 + connection_seconds <= KEPT_SECONDS
    sign_out()
    [record] = items("IdempotencyTable")
    assert int(record["expiration"]["N"]) >= time.time() + KEPT_SECONDS - 60


def test_a_connection_whose_lease_has_ended_is_closed_too(devices: Devices) -> None:
    connect(ADA, "silent=", age=LEASE_SECONDS + 1)

    sign_out()

    assert devices.closed == ["silent="]


def test_a_connection_that_is_closed_already_is_not_a_failure(devices: Devices) -> None:
    connect(ADA, "gone=", "phone=")
    devices.gone = {"gone="}

    assert sign_out()[0] == 200
    assert devices.closed == ["phone="]
    assert rows() == []


def test_a_connection_whose_handshake_is_still_running_is_closed_after_it(
    devices: Devices, pauses: list[float]
) -> None:
    """API Gateway responds with GoneException until the handshake is complete."""
    connect(ADA, "opening=", age=0)
    devices.gone = {"opening="}

    def complete(_: str) -> None:
        if len(pauses) == 3:
            devices.gone.clear()

    devices.on_close = complete

    assert sign_out()[0] == 200
    assert devices.closed == ["opening="]


def test_a_handshake_that_never_completes_does_not_block_the_sign_out(devices: Devices) -> None:
    connect(ADA, "opening=", age=0)
    devices.gone = {"opening="}

    assert sign_out()[0] == 200
    assert rows() == []


def test_the_record_is_written_before_the_connections_are_read(requests: list[str]) -> None:
    """In this order, a connection that is being opened is found here, or refused by `live`."""
    sign_out()

    assert requests == ["GetItem", "AdminUserGlobalSignOut", "PutItem", "Query"]


class TestFailures:
    def test_a_connection_that_cannot_be_closed_is_reported_and_the_others_are_closed(
        self, devices: Devices
    ) -> None:
        connect(ADA, "failing=", "phone=")
        devices.failing = {"failing="}

        status, body = sign_out()

        assert status == 503
        assert body["message"] == "some sessions may not have ended; try again"
        assert devices.closed == ["phone="]
        assert rows() == ["failing="]

    def test_a_repeated_sign_out_closes_what_is_left(self, devices: Devices) -> None:
        connect(ADA, "failing=")
        devices.failing = {"failing="}
        sign_out()
        devices.failing = set()

        assert sign_out() == (200, {"signedOut": True})
        assert devices.closed == ["failing="]
        assert rows() == []

    def test_a_sign_out_that_failed_before_its_record_is_repeated_as_a_whole(
        self, pool: PoolUsers, devices: Devices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tokens = pool.sign_in("ada")
        connect(ADA, "phone=")
        monkeypatch.setenv("USER_POOL_ID", "us-east-1_gone")
        functions.forget_clients()
        failed, _ = sign_out()
        monkeypatch.setenv("USER_POOL_ID", pool.pool)
        functions.forget_clients()

        assert failed == 503
        assert sign_out()[0] == 200
        assert not pool.refreshes(tokens)
        assert devices.closed == ["phone="]

    @pytest.mark.parametrize("case", ["reset_password", "change_password", "new_password"])
    def test_a_password_that_was_changed_stays_changed_and_the_client_learns_what_to_do(
        self, pool: PoolUsers, devices: Devices, case: str
    ) -> None:
        tokens = pool.sign_in("ada")
        connect(ADA, "failing=")
        devices.failing = {"failing="}

        status, body = change(case, pool, tokens)

        assert status == 503
        assert "sign in with the new password, then sign out" in body["message"]
        assert pool.sign_in("ada", NEW_PASSWORD)["AccessToken"]
        assert not pool.refreshes(tokens)

    def test_a_sign_out_of_the_new_session_finishes_what_a_new_password_began(
        self, pool: PoolUsers, devices: Devices
    ) -> None:
        connect(ADA, "failing=")
        devices.failing = {"failing="}
        change("reset_password", pool, None)
        devices.failing = set()

        assert sign_out(auth_time=str(int(time.time()) + 1))[0] == 200
        assert devices.closed == ["failing="]

    def test_many_sign_outs_at_the_same_time_all_succeed(self) -> None:
        connect(ADA, "phone=", "laptop=")

        with ThreadPoolExecutor(4) as clients:
            statuses = list(clients.map(lambda _: sign_out()[0], range(4)))

        assert statuses == [200] * 4
        assert rows() == []


def test_the_token_of_an_ended_session_has_no_power_over_later_ones(
    pool: PoolUsers,
) -> None:
    ended_at = ended_sessions().record(ADA)
    tokens = pool.sign_in("ada")

    assert sign_out()[0] == 200
    assert pool.refreshes(tokens)
    assert ended_sessions().ended_at(ADA) == ended_at


def test_the_token_of_an_ended_session_closes_no_later_connection(devices: Devices) -> None:
    ended_at = ended_sessions().record(ADA)
    connect(ADA, "old=", began=ended_at)
    connect(ADA, "new=", began=ended_at + 1)

    assert sign_out()[0] == 200
    assert devices.closed == ["old="]


def test_sign_out_requires_a_token() -> None:
    event = functions.event("users", "sign_out")
    del event["requestContext"]["authorizer"]

    response = functions.function("users").handler(event, functions.context("users"))

    assert response["statusCode"] == 401
