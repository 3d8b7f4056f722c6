"""Users on the local stack, through the gateway: all routes, challenges and refusals."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.api_user import ApiResponse, ApiUser, request
from local.emulator_clients import Outputs, client
from local.stack_probe import wait_for
from ops.stack import DeployedStack
from ops.user import UserPool

pytestmark = pytest.mark.xdist_group("stack")

PASSWORD = "Correct-Horse-7-Battery"
NEW_PASSWORD = "Another-Horse-8-Battery"


@dataclass(frozen=True)
class Visitor:
    """Somebody without an account, with a unique name."""

    outputs: Outputs
    name: str = field(default_factory=lambda: f"visitor-{uuid.uuid4()}")

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> ApiResponse:
        """Send a request to `/users…`, with the token if there is one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return request(method, f"{self.outputs['GatewayUrl']}/users{path}", body, headers)

    def register(self) -> ApiResponse:
        body = {"username": self.name, "email": self.email, "password": PASSWORD}
        return self.ask("POST", "", body)

    def code(self) -> str:
        """Return the code that was mailed last, from the notifications page."""
        url = self.outputs["GatewayUrl"] + "/_local/notifications.json"

        def emails() -> list[str]:
            listed = request("GET", url).body["notifications"]
            return [each["text"] for each in listed if self.email in each["subject"]]

        email = wait_for(f"an email with a code for {self.email}", emails)[0]
        code = re.search(r"\d{6}", email)
        assert code is not None, f"no code in the email: {email}"
        return code[0]

    def confirm(self) -> ApiResponse:
        return self.ask("POST", "/confirm", {"username": self.name, "code": self.code()})

    def sign_in(self, password: str = PASSWORD, name: str | None = None) -> ApiResponse:
        body = {"username": name or self.name, "password": password}
        return self.ask("POST", "/login", body)


@pytest.fixture
def visitor(outputs: Outputs) -> Visitor:
    return Visitor(outputs)


@pytest.fixture
def pool(outputs: Outputs) -> UserPool:
    """The user pool, with an administrator's permissions."""
    return UserPool(
        DeployedStack(outputs["Stack"], "", lambda service: client(service, outputs["Endpoint"]))
    )


@pytest.fixture
def user(visitor: Visitor, pool: UserPool, made_users: list[str]) -> Visitor:
    """A user with a confirmed email address, for which no email was sent."""
    made_users.append(visitor.name)
    pool.create(visitor.name, PASSWORD, email=visitor.email)
    return visitor


@pytest.fixture
def made_by_admin(outputs: Outputs, pool: UserPool, made_users: list[str]) -> Visitor:
    """A user with a temporary password."""
    visitor = Visitor(outputs)
    made_users.append(visitor.name)
    pool.create(visitor.name, PASSWORD, temporary=True, group="staff")
    return visitor


def totp(secret: str, after: int = 0) -> str:
    """Return the code that an authenticator app shows after so many seconds (RFC 6238).

    Cognito accepts a code once. It also accepts the next one, which is shown after 30 seconds.
    """
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int((time.time() + after) // 30)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def claims_of(user: Visitor, token: str) -> Any:
    """Return the response of GET /users/me."""
    response = user.ask("GET", "/me", token=token)
    assert response.status == 200, response
    return response.body


@pytest.mark.local_only("reads emails")
def test_a_visitor_registers_confirms_and_signs_in(visitor: Visitor) -> None:
    registered = visitor.register()
    unconfirmed = visitor.sign_in()
    confirmed = visitor.confirm()
    signed_in = visitor.sign_in()

    assert registered.status == 201
    assert registered.body["username"] == visitor.name
    assert (unconfirmed.status, unconfirmed.body["details"]) == (403, ["user: unconfirmed"])
    assert confirmed.status == 200
    assert signed_in.status == 200
    assert signed_in.body.keys() == {
        *("idToken", "accessToken", "refreshToken", "expiresIn", "tokenType")
    }
    assert claims_of(visitor, signed_in.body["accessToken"]) == {
        "sub": registered.body["sub"],
        "username": visitor.name,
        "groups": [],
        "email": visitor.email,
        "emailVerified": True,
        "mfa": False,
    }


@pytest.mark.local_only("reads emails")
def test_a_user_can_register_with_an_email_address_only(visitor: Visitor) -> None:
    body = {"email": visitor.email, "password": PASSWORD}

    registered = visitor.ask("POST", "", body)
    repeated = visitor.ask("POST", "", body)
    confirmation = {"username": visitor.email, "code": visitor.code()}
    confirmed = visitor.ask("POST", "/confirm", confirmation)

    assert (registered.status, repeated.status, confirmed.status) == (201, 409, 200)
    assert visitor.sign_in(name=visitor.email).status == 200


def test_an_existing_name_is_409(user: Visitor) -> None:
    """fault 45"""
    assert user.register().status == 409


def test_a_weak_password_is_refused(visitor: Visitor) -> None:
    """fault 44"""
    response = visitor.ask("POST", "", {"username": visitor.name, "password": "weak"})

    assert response.status == 400
    assert response.body["details"][0].startswith("password: ")


@pytest.mark.local_only("sends an email to an address that does not exist")
def test_resend_code_does_not_reveal_whether_the_user_exists(visitor: Visitor) -> None:
    """fault 44"""
    visitor.register()

    unconfirmed = visitor.ask("POST", "/resend-code", {"username": visitor.name})
    unknown = visitor.ask("POST", "/resend-code", {"username": "nobody"})

    assert unconfirmed == unknown
    assert unconfirmed.status == 202


@pytest.mark.local_only("sends an email to an address that does not exist")
def test_a_wrong_code_does_not_reveal_whether_the_user_exists(visitor: Visitor) -> None:
    """fault 44"""
    visitor.register()

    wrong = visitor.ask("POST", "/confirm", {"username": visitor.name, "code": "000000"})
    unknown = visitor.ask("POST", "/confirm", {"username": "nobody", "code": "000000"})

    assert wrong == unknown
    assert wrong.status == 400


def test_an_unknown_name_gets_the_same_response_as_a_wrong_password(user: Visitor) -> None:
    """fault 44"""
    start = time.monotonic()
    wrong = user.sign_in(NEW_PASSWORD)
    between = time.monotonic()
    unknown = user.sign_in(NEW_PASSWORD, name="nobody")
    end = time.monotonic()

    assert wrong == unknown
    assert wrong.status == 401
    assert abs((end - between) - (between - start)) < 0.3


def test_a_disabled_user_cannot_sign_in(user: Visitor, outputs: Outputs) -> None:
    """fault 44"""
    client("cognito-idp", outputs["Endpoint"]).admin_disable_user(
        UserPoolId=outputs["UserPoolId"], Username=user.name
    )

    response = user.sign_in()

    assert (response.status, response.body["details"]) == (403, ["user: disabled"])


def test_a_temporary_password_is_changed_at_the_first_sign_in(made_by_admin: Visitor) -> None:
    """fault 44"""
    challenge = made_by_admin.sign_in().body
    weak = made_by_admin.ask("POST", "/challenge", {**challenge, "newPassword": "weak"})
    changed = made_by_admin.ask("POST", "/challenge", {**challenge, "newPassword": NEW_PASSWORD})
    replayed = made_by_admin.ask("POST", "/challenge", {**challenge, "newPassword": PASSWORD})

    assert challenge["challenge"] == "NEW_PASSWORD_REQUIRED"
    assert weak.status == 400
    assert changed.status == 200
    assert replayed.status == 401
    assert made_by_admin.sign_in(NEW_PASSWORD).status == 200
    assert claims_of(made_by_admin, changed.body["accessToken"])["groups"] == ["staff"]


def test_only_staff_read_orders_of_other_users(
    made_by_admin: Visitor, api_user: ApiUser, other: ApiUser
) -> None:
    """fault 42"""
    placed = api_user.request("POST", "/orders", {"item": "stapler"}).body["orderID"]
    wait_for("the order", lambda: api_user.request("GET", f"/orders/{placed}").status == 200)
    challenge = made_by_admin.sign_in().body
    staff = made_by_admin.ask("POST", "/challenge", {**challenge, "newPassword": NEW_PASSWORD})

    token = {"Authorization": staff.body["accessToken"]}
    read = request("GET", f"{made_by_admin.outputs['GatewayUrl']}/orders/{placed}", None, token)

    assert read.status == 200
    assert read.body["placedBy"] == api_user.sub
    assert other.request("GET", f"/orders/{placed}").status == 404


def test_sign_in_requires_a_code_after_an_authenticator_is_set_up(user: Visitor) -> None:
    token = user.sign_in().body["accessToken"]
    secret = user.ask("POST", "/mfa", token=token).body["secret"]
    wrong = user.ask("PUT", "/mfa", {"code": "000000"}, token=token)
    turned_on = user.ask("PUT", "/mfa", {"code": totp(secret)}, token=token)

    challenge = user.sign_in().body
    mistyped = user.ask("POST", "/challenge", {**challenge, "code": "000000"})
    used = user.ask("POST", "/challenge", {**challenge, "code": totp(secret)})
    response = user.ask("POST", "/challenge", {**challenge, "code": totp(secret, after=30)})
    replayed = user.ask("POST", "/challenge", {**challenge, "code": totp(secret, after=30)})

    assert (wrong.status, turned_on.status) == (400, 200)
    assert challenge["challenge"] == "SOFTWARE_TOKEN_MFA"
    assert (mistyped.status, used.status) == (400, 400)
    assert (response.status, replayed.status) == (200, 401)
    assert claims_of(user, response.body["accessToken"])["mfa"] is True


def test_a_refresh_token_is_valid_until_the_user_signs_out(user: Visitor) -> None:
    tokens = user.sign_in().body
    refresh = {"refreshToken": tokens["refreshToken"]}

    refreshed = user.ask("POST", "/refresh", refresh)
    signed_out = user.ask("POST", "/logout", token=tokens["accessToken"])
    revoked = user.ask("POST", "/refresh", refresh)
    after_sign_out = user.ask("GET", "/me", token=tokens["accessToken"])

    assert refreshed.status == 200
    assert refreshed.body["refreshToken"] == tokens["refreshToken"]
    assert (signed_out.status, revoked.status, after_sign_out.status) == (200, 401, 401)


@pytest.mark.local_only("reads emails")
def test_a_forgotten_password_is_reset_with_a_code(user: Visitor) -> None:
    """fault 44"""
    known = user.ask("POST", "/forgot-password", {"username": user.name})
    unknown = user.ask("POST", "/forgot-password", {"username": "nobody"})
    reset = {"username": user.name, "code": user.code(), "newPassword": NEW_PASSWORD}
    wrong = user.ask("POST", "/reset-password", {**reset, "code": "000000"})
    weak = user.ask("POST", "/reset-password", {**reset, "newPassword": "weak"})
    done = user.ask("POST", "/reset-password", reset)

    assert known == unknown
    assert (known.status, wrong.status, weak.status, done.status) == (202, 400, 400, 200)
    assert user.sign_in(NEW_PASSWORD).status == 200
    assert user.sign_in(PASSWORD).status == 401


@pytest.mark.parametrize("kind", ["idToken", "refreshToken", None])
def test_reading_ones_profile_requires_an_access_token(user: Visitor, kind: str | None) -> None:
    """fault 11"""
    tokens = user.sign_in().body

    response = user.ask("GET", "/me", token=tokens[kind] if kind else "")

    assert response.status == 401
    assert response.body.keys() == {"message", "details"}
