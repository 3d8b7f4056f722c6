"""`make user` creates, resets, signs out, disables and deletes users, and generates passwords."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from common import aws
from common.connections import Connections
from common.sessions import EndedSessions, Session
from ops.stack import DeployedStack
from ops.user import UserPool, main
from project import functions
from project.fake_aws import items, tables
from tests.harness.devices import Devices, listening
from tests.harness.pool_users import PoolUsers

ANN_ID = "7d8ca528-4931-4254-9273-ea5ee853f271"
BEN_ID = "1f0e2d3c-4b5a-4968-8776-655443322110"
ANN = {"UserPoolId": "UserPool", "Username": "ann"}


class StackWithUserPool(DeployedStack):
    def resources(self, resource_type: str) -> dict[str, str]:
        assert resource_type == "AWS::Cognito::UserPool"
        return {"UserPool": "UserPool"}


@pytest.fixture
def cognito() -> Iterator[Stubber]:
    with Stubber(boto3.client("cognito-idp", region_name="us-east-1")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def pool(cognito: Stubber) -> UserPool:
    return UserPool(StackWithUserPool("storefront", "a test", lambda _: cognito.client))


def test_a_new_user_gets_a_permanent_password(cognito: Stubber, pool: UserPool) -> None:
    created = {**ANN, "MessageAction": "SUPPRESS", "UserAttributes": []}
    cognito.add_response("admin_create_user", {}, created)
    password = {**ANN, "Password": "Secret-1", "Permanent": True}
    cognito.add_response("admin_set_user_password", {}, password)

    done = pool.create("ann", "Secret-1")

    assert done == "created ann"


def test_a_user_can_be_created_in_a_group_with_a_temporary_password(
    cognito: Stubber, pool: UserPool
) -> None:
    cognito.add_response("admin_create_user", {})
    cognito.add_response("admin_add_user_to_group", {}, {**ANN, "GroupName": "staff"})
    password = {**ANN, "Password": "Secret-1", "Permanent": False}
    cognito.add_response("admin_set_user_password", {}, password)

    done = pool.create("ann", "Secret-1", temporary=True, group="staff")

    assert done == "created ann, in the group staff, with a temporary password"


def test_an_email_address_is_stored_as_verified(cognito: Stubber, pool: UserPool) -> None:
    attributes = [
        {"Name": "email", "Value": "ann@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    created = {**ANN, "MessageAction": "SUPPRESS", "UserAttributes": attributes}
    cognito.add_response("admin_create_user", {}, created)
    cognito.add_response("admin_set_user_password", {})

    pool.create("ann", "Secret-1", email="ann@example.com")


@pytest.mark.parametrize("minimum_length", [8, 99])
def test_a_generated_password_satisfies_the_policy_of_the_pool(
    cognito: Stubber, pool: UserPool, minimum_length: int
) -> None:
    template = functions.resource("UserPool")["Policies"]["PasswordPolicy"]
    policy = template | {"MinimumLength": minimum_length}
    for _ in range(2):
        cognito.add_response(
            "describe_user_pool", {"UserPool": {"Policies": {"PasswordPolicy": policy}}}
        )

    password, another = pool.generate_password(), pool.generate_password()

    assert len(password) >= minimum_length
    assert any(map(str.islower, password)) == policy["RequireLowercase"]
    assert any(map(str.isupper, password)) == policy["RequireUppercase"]
    assert any(map(str.isdigit, password)) == policy["RequireNumbers"]
    assert password != another


@dataclass(frozen=True)
class DeployedShop(DeployedStack):
    """A stack in moto, whose CloudFormation has no user pools."""

    pool: str = ""

    def resources(self, resource_type: str) -> dict[str, str]:
        return {
            "AWS::Cognito::UserPool": {"UserPool": self.pool},
            "AWS::Lambda::Function": {"UsersFunction": "users"},
        }[resource_type]


class Shop:
    """The users Ann and Ben, who are signed in and have a live connection."""

    def __init__(self, devices: Devices, url: str) -> None:
        self.devices = devices
        self.users = PoolUsers.create()
        self.users.add("ann", ANN_ID)
        self.users.add("ben", BEN_ID)
        self.ann, self.ben = self.users.sign_in("ann"), self.users.sign_in("ben")
        live = Connections("ConnectionsTable", aws.dynamodb())
        live.add(Session(ANN_ID, "ann", 0), "ann=")
        live.add(Session(BEN_ID, "ben", 0), "ben=")
        self.settings = functions.environment("users") | self.users.environment | {"LIVE_URL": url}
        self.stack = DeployedShop("shop", "a test", self.client, pool=self.users.pool)

    def client(self, service: str, **options: Any) -> Any:
        made = boto3.client(service, "us-east-1", **options)  # type: ignore[call-overload]
        if service == "lambda":  # whose functions moto would run
            answer = {"Environment": {"Variables": self.settings}}
            response = SimpleNamespace(status_code=200)
            made.meta.events.register("before-call.lambda", lambda **_: (response, answer))
        return made

    def user(self, name: str, *arguments: str) -> int:
        """Run the command. Returns its exit status."""
        return main([name, *arguments], lambda *_: self.stack)

    def is_enabled(self, name: str) -> bool:
        found = aws.cognito().admin_get_user(UserPoolId=self.users.pool, Username=name)
        return found["Enabled"]

    def only_ann_is_disconnected(self) -> bool:
        rows = [row["connectionID"]["S"] for row in items("ConnectionsTable")]
        return self.devices.closed == ["ann="] and rows == ["ben="]

    def only_ann_is_signed_out(self) -> bool:
        record = EndedSessions("IdempotencyTable", aws.dynamodb())
        return (
            not self.users.refreshes(self.ann)
            and self.users.refreshes(self.ben)
            and self.only_ann_is_disconnected()
            and record.contain(Session(ANN_ID, "ann", int(time.time()) - 5))
            and not record.contain(Session(BEN_ID, "ben", int(time.time()) - 5))
        )


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with tables("ConnectionsTable", "IdempotencyTable"), listening() as (devices, url):
        yield Shop(devices, url)


class TestExistingUser:
    """fault 57"""

    def test_a_new_password_ends_all_sessions(
        self, shop: Shop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert shop.user("ann") == 0

        printed = capsys.readouterr().out
        password = printed.rpartition("password: ")[2].strip()
        assert "reset the password of ann" in printed
        assert shop.only_ann_is_signed_out()
        assert shop.users.sign_in("ann", password)["AccessToken"]

    def test_a_sign_out_ends_all_sessions_and_keeps_the_password(self, shop: Shop) -> None:
        assert shop.user("ann", "--sign-out") == 0

        assert shop.only_ann_is_signed_out()
        assert shop.users.sign_in("ann")["AccessToken"]

    def test_a_disabled_user_has_no_sessions_until_enabled(self, shop: Shop) -> None:
        assert shop.user("ann", "--disable") == 0
        disabled = shop.is_enabled("ann")
        assert shop.user("ann", "--enable") == 0

        assert disabled is False
        assert shop.is_enabled("ann") is True
        assert shop.only_ann_is_signed_out()

    def test_the_sessions_of_a_deleted_user_end(self, shop: Shop) -> None:
        assert shop.user("ann", "--delete", "--yes") == 0

        with pytest.raises(aws.cognito().exceptions.UserNotFoundException):
            shop.is_enabled("ann")
        assert shop.only_ann_is_signed_out()

    def test_a_user_is_deleted_only_after_typing_the_name(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("ben\n"))
        refused = shop.user("ann", "--delete")
        present = shop.is_enabled("ann")
        monkeypatch.setattr("sys.stdin", io.StringIO("ann\n"))

        assert (refused, present) == (1, True)
        assert shop.user("ann", "--delete") == 0

    def test_a_connection_that_cannot_be_closed_is_a_failure_that_can_be_repeated(
        self, shop: Shop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shop.devices.failing = {"ann="}
        failed = shop.user("ann", "--delete", "--yes")
        reported = capsys.readouterr().err
        disabled = shop.is_enabled("ann")
        shop.devices.failing = set()

        assert failed == 1
        assert "1 live connections may still be open; try again" in reported
        assert disabled is False
        assert shop.user("ann", "--delete", "--yes") == 0
        assert shop.only_ann_is_signed_out()

    @pytest.mark.parametrize("action", ["--sign-out", "--disable", "--enable", "--delete"])
    def test_an_unknown_user_is_a_failure(
        self, shop: Shop, action: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        yes = ["--yes"] if action == "--delete" else []

        assert shop.user("nobody", action, *yes) == 1
        assert capsys.readouterr().err == "there is no user nobody\n"

    @pytest.mark.parametrize("arguments", [[], ["--sign-out"], ["--disable"]])
    def test_nothing_is_changed_in_a_stack_of_an_earlier_version(
        self, shop: Shop, capsys: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        del shop.settings["LIVE_URL"]

        assert shop.user("ann", *arguments) == 1
        assert "the stack is too old" in capsys.readouterr().err
        assert shop.is_enabled("ann")
        assert shop.users.sign_in("ann")["AccessToken"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--disable", "--delete"], "not allowed with argument"),
        (["--sign-out", "--temporary"], "--temporary sets a password, so not with --sign-out"),
        (["--enable", "--group", "staff"], "--group sets a password, so not with --enable"),
        (["--disable", "--yes"], "--yes is only for --delete"),
        (["--yes"], "--yes is only for --delete"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["ann", *arguments])

    assert exit_.value.code == 2
    assert words in capsys.readouterr().err
