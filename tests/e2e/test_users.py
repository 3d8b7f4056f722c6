"""Users on the local stack, through the gateway: all routes, challenges and refusals."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import struct
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from common.quotas import CODES, SIGN_INS, Quota
from local.api_user import ApiResponse, ApiUser, request
from local.emulator_clients import Outputs, client
from local.gateway.app import make_app
from local.gateway.intrinsics import StackResolver
from local.stack_probe import wait_for
from ops.user import UserPool
from project import template
from tests.harness.quotas import used_up

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

    def live(self, tokens: Any) -> int:
        """Return the status of the answer to a request for a ticket."""
        token = {"Authorization": tokens["idToken"]}
        return request("POST", f"{self.outputs['GatewayUrl']}/live", None, token).status

    def register(self, email: str = "") -> ApiResponse:
        body = {"username": self.name, "email": email or self.email, "password": PASSWORD}
        return self.ask("POST", "", body)

    def code(self, after: int = 0) -> str:
        """Return the code that was mailed last, once there are more than `after`."""
        url = self.outputs["GatewayUrl"] + "/_local/notifications.json"

        def emails() -> list[str] | None:
            listed = request("GET", url).body["notifications"]
            found = [each["text"] for each in listed if self.email in each["subject"]]
            return found if len(found) > after else None

        email = wait_for(f"email {after + 1} with a code for {self.email}", emails)[0]
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
    assert claims_of(visitor, signed_in.body["idToken"]) == {
        "sub": registered.body["sub"],
        "username": visitor.name,
        "groups": [],
        "email": visitor.email,
        "emailVerified": True,
    }


@pytest.mark.local_only("reads emails")
def test_a_user_can_register_with_an_email_address_only(visitor: Visitor) -> None:
    """fault 56"""
    registered = visitor.ask("POST", "", {"email": visitor.email, "password": PASSWORD})
    confirmation = {"username": registered.body["username"], "code": visitor.code()}
    by_address = visitor.ask("POST", "/confirm", {**confirmation, "username": visitor.email})
    confirmed = visitor.ask("POST", "/confirm", confirmation)

    assert (registered.status, by_address.status, confirmed.status) == (201, 400, 200)
    assert visitor.sign_in(name=visitor.email).status == 200


@pytest.mark.local_only("reads emails")
def test_a_stranger_who_registers_an_address_keeps_its_owner_from_nothing(
    visitor: Visitor, outputs: Outputs
) -> None:
    """fault 56"""
    stranger = Visitor(outputs)
    stranger.register(email=visitor.email)
    body = {"email": visitor.email, "password": NEW_PASSWORD}

    owner = visitor.ask("POST", "", body)
    confirmation = {"username": owner.body["username"], "code": visitor.code(after=1)}
    confirmed = visitor.ask("POST", "/confirm", confirmation)
    signed_in = visitor.sign_in(NEW_PASSWORD, name=visitor.email)

    assert (owner.status, confirmed.status, signed_in.status) == (201, 200, 200)
    assert claims_of(visitor, signed_in.body["idToken"])["sub"] == owner.body["sub"]
    assert visitor.sign_in(PASSWORD, name=visitor.email).status == 401


@pytest.mark.local_only("reads emails")
def test_the_first_to_confirm_an_address_has_it(visitor: Visitor, outputs: Outputs) -> None:
    """fault 56"""
    second = Visitor(outputs)
    visitor.register()
    code = visitor.code()
    registered = second.register(email=visitor.email)
    later = visitor.code(after=1)

    visitor.ask("POST", "/confirm", {"username": visitor.name, "code": code})
    refused = second.ask("POST", "/confirm", {"username": second.name, "code": later})

    assert registered.status == 201
    assert (refused.status, refused.body["details"]) == (409, ["email: taken"])
    assert visitor.sign_in(name=visitor.email).status == 200


@pytest.mark.local_only("sends emails to an address that does not exist")
def test_a_registration_does_not_reveal_whether_the_address_is_in_use(
    user: Visitor, outputs: Outputs
) -> None:
    """fault 56"""
    used, unused = Visitor(outputs), Visitor(outputs)

    answers = used.register(email=user.email), unused.register()

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body.keys() == answers[1].body.keys()


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
@pytest.mark.parametrize("code", ["000000", "»lýu²¥'", "🧤"])
def test_a_wrong_code_does_not_reveal_whether_the_user_exists(visitor: Visitor, code: str) -> None:
    """fault 44"""
    visitor.register()

    wrong = visitor.ask("POST", "/confirm", {"username": visitor.name, "code": code})
    unknown = visitor.ask("POST", "/confirm", {"username": "nobody", "code": code})

    assert wrong == unknown
    assert wrong.status == 400


def test_an_unknown_name_gets_the_same_response_as_a_wrong_password(user: Visitor) -> None:
    """fault 44"""

    def timed(name: str | None = None) -> tuple[ApiResponse, float]:
        start = time.monotonic()
        return user.sign_in(NEW_PASSWORD, name=name), time.monotonic() - start

    tried = [(timed(), timed("nobody")) for _ in range(3)]  # a busy machine is slow now and then

    assert all(wrong == unknown and wrong.status == 401 for (wrong, _), (unknown, _) in tried)
    quickest = [min(seconds for _, seconds in each) for each in zip(*tried, strict=True)]
    assert abs(quickest[0] - quickest[1]) < 0.3


def test_a_disabled_user_cannot_sign_in(user: Visitor, outputs: Outputs) -> None:
    """fault 44"""
    client("cognito-idp", outputs).admin_disable_user(
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
    assert claims_of(made_by_admin, changed.body["idToken"])["groups"] == ["staff"]


def test_only_staff_read_orders_of_other_users(
    made_by_admin: Visitor, api_user: ApiUser, other: ApiUser
) -> None:
    """fault 42"""
    placed = api_user.request("POST", "/orders", {"item": "stapler"}).body["orderID"]
    wait_for("the order", lambda: api_user.request("GET", f"/orders/{placed}").status == 200)
    challenge = made_by_admin.sign_in().body
    staff = made_by_admin.ask("POST", "/challenge", {**challenge, "newPassword": NEW_PASSWORD})

    token = {"Authorization": staff.body["idToken"]}
    read = request("GET", f"{made_by_admin.outputs['GatewayUrl']}/orders/{placed}", None, token)

    assert read.status == 200
    assert read.body["placedBy"] == api_user.sub
    assert other.request("GET", f"/orders/{placed}").status == 404


def test_sign_in_requires_a_code_after_an_authenticator_is_set_up(user: Visitor) -> None:
    token = user.sign_in().body["accessToken"]
    before = user.ask("GET", "/mfa", token=token)
    secret = user.ask("POST", "/mfa", token=token).body["secret"]
    wrong = user.ask("PUT", "/mfa", {"code": "000000"}, token=token)
    code = totp(secret)
    turned_on = user.ask("PUT", "/mfa", {"code": code}, token=token)

    challenge = user.sign_in().body
    mistyped = user.ask("POST", "/challenge", {**challenge, "code": "000000"})
    used = user.ask("POST", "/challenge", {**challenge, "code": code})
    later = totp(secret, after=30)
    response = user.ask("POST", "/challenge", {**challenge, "code": later})
    replayed = user.ask("POST", "/challenge", {**challenge, "code": later})
    after = user.ask("GET", "/mfa", token=response.body["accessToken"])

    assert (wrong.status, turned_on.status) == (400, 200)
    assert challenge["challenge"] == "SOFTWARE_TOKEN_MFA"
    assert (mistyped.status, used.status) == (400, 400)
    assert (response.status, replayed.status) == (200, 401)
    assert (before.body, after.body) == ({"mfa": False}, {"mfa": True})


def test_a_challenge_is_answered_only_for_the_user_who_started_it(
    made_by_admin: Visitor, outputs: Outputs, pool: UserPool, made_users: list[str]
) -> None:
    """fault 58"""
    mallory = Visitor(outputs)
    made_users.append(mallory.name)
    pool.create(mallory.name, PASSWORD, temporary=True)
    started = mallory.sign_in().body
    answer = {**started, "newPassword": NEW_PASSWORD}

    for_another = mallory.ask("POST", "/challenge", {**answer, "username": made_by_admin.name})
    own = mallory.ask("POST", "/challenge", answer)

    assert (for_another.status, own.status) == (401, 200)
    assert made_by_admin.sign_in().body["challenge"] == "NEW_PASSWORD_REQUIRED"


def test_after_five_wrong_codes_no_session_accepts_the_right_one(user: Visitor) -> None:
    """fault 58"""
    token = user.sign_in().body["accessToken"]
    secret = user.ask("POST", "/mfa", token=token).body["secret"]
    user.ask("PUT", "/mfa", {"code": totp(secret)}, token=token)

    # Cognito itself refuses sign-ins for a second after the fifth wrong code.
    *sessions, last = [user.sign_in().body for _ in range(6)]

    wrong = [user.ask("POST", "/challenge", {**each, "code": "000000"}) for each in sessions]
    right = user.ask("POST", "/challenge", {**last, "code": totp(secret, after=30)})

    assert [answer.status for answer in wrong] == [400] * 5
    assert right.status == 429


def test_replacing_an_authenticator_requires_the_password(user: Visitor) -> None:
    """fault 58"""
    token = user.sign_in().body["accessToken"]
    first = user.ask("POST", "/mfa", token=token).body["secret"]
    user.ask("PUT", "/mfa", {"code": totp(first)}, token=token)

    without = user.ask("POST", "/mfa", token=token)
    wrong = user.ask("POST", "/mfa", {"password": NEW_PASSWORD}, token=token)
    second = user.ask("POST", "/mfa", {"password": PASSWORD}, token=token)
    replaced = user.ask("PUT", "/mfa", {"code": totp(second.body["secret"], after=30)}, token=token)

    assert (without.status, without.body["details"][0].split(":")[0]) == (400, "password")
    assert (wrong.status, wrong.body["details"]) == (400, ["password: wrong"])
    assert (second.status, replaced.status) == (200, 200)
    assert second.body["secret"] != first


def test_a_refresh_token_is_valid_until_the_user_signs_out(user: Visitor) -> None:
    tokens = user.sign_in().body
    refresh = {"refreshToken": tokens["refreshToken"]}

    refreshed = user.ask("POST", "/refresh", refresh)
    newest = {"refreshToken": refreshed.body["refreshToken"]}
    again = user.ask("POST", "/refresh", newest)
    signed_out = user.ask("POST", "/logout", token=tokens["accessToken"])
    revoked = user.ask("POST", "/refresh", newest)
    account = user.ask("GET", "/mfa", token=tokens["accessToken"])
    profile = user.ask("GET", "/me", token=tokens["idToken"])

    assert (refreshed.status, again.status) == (200, 200)
    assert (signed_out.status, revoked.status, account.status) == (200, 401, 401)
    assert profile.status == 200  # the gateway verifies the token without asking Cognito


def test_one_session_ends_and_the_others_go_on(user: Visitor) -> None:
    first, second = (user.sign_in().body["refreshToken"] for _ in range(2))

    ended = user.ask("POST", "/revoke", {"refreshToken": first})

    refused = user.ask("POST", "/refresh", {"refreshToken": first})
    other = user.ask("POST", "/refresh", {"refreshToken": second})
    assert (ended.status, refused.status, other.status) == (204, 401, 200)


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


@pytest.mark.local_only("reads emails")
def test_a_new_address_replaces_the_old_one_when_it_is_confirmed(
    user: Visitor, outputs: Outputs
) -> None:
    """fault 125"""
    new, tokens = Visitor(outputs), user.sign_in().body
    token = tokens["accessToken"]
    change = {"email": new.email, "password": PASSWORD}

    wrong = user.ask("PUT", "/email", {**change, "password": NEW_PASSWORD}, token)
    same = user.ask("PUT", "/email", {**change, "email": user.email}, token)
    early = user.ask("POST", "/email/confirm", {"code": "000000"}, token)
    sent = [user.ask("PUT", "/email", change, token).status for _ in range(2)]
    before = [user.sign_in(name=each.email).status for each in (user, new)]
    code = new.code(after=1)
    mistyped = user.ask("POST", "/email/confirm", {"code": "wrong!"}, token)
    confirmed = user.ask("POST", "/email/confirm", {"code": code}, token)
    after = [user.sign_in(name=each.email).status for each in (user, new)]
    refreshed = user.ask("POST", "/refresh", {"refreshToken": tokens["refreshToken"]}).body

    assert (wrong.status, wrong.body["details"]) == (400, ["password: wrong"])
    assert (same.status, same.body["details"]) == (400, ["email: unchanged"])
    assert (early.status, mistyped.status, sent) == (400, 400, [202, 202])
    assert (before, confirmed.status, after) == ([200, 401], 200, [401, 200])
    assert claims_of(user, tokens["idToken"])["email"] == user.email
    assert claims_of(user, refreshed["idToken"])["email"] == new.email
    assert claims_of(user, refreshed["idToken"])["emailVerified"] is True


@pytest.mark.local_only("reads emails")
def test_only_who_gets_the_code_learns_that_an_address_is_taken(
    user: Visitor, made_by_admin: Visitor, outputs: Outputs
) -> None:
    """faults 125 and 126. The user has had no address."""
    challenge = made_by_admin.sign_in().body
    answer = {**challenge, "newPassword": NEW_PASSWORD}
    token = made_by_admin.ask("POST", "/challenge", answer).body["accessToken"]
    emails = user.email, Visitor(outputs).email

    taken, free = (
        made_by_admin.ask("PUT", "/email", {"email": each, "password": NEW_PASSWORD}, token)
        for each in emails
    )
    made_by_admin.ask("PUT", "/email", {"email": user.email, "password": NEW_PASSWORD}, token)
    refused = made_by_admin.ask("POST", "/email/confirm", {"code": user.code(after=1)}, token)

    assert taken == free
    assert taken.status == 202
    assert (refused.status, refused.body["details"]) == (409, ["email: taken"])
    assert user.sign_in(name=user.email).status == 200


def refresh(user: Visitor, tokens: Any) -> int:
    """Return the status of the answer to the tokens' refresh token."""
    body = {"refreshToken": tokens["refreshToken"]}
    return user.ask("POST", "/refresh", body).status


@pytest.mark.parametrize("event", ["new password", "sign-out", "disabling", "deletion"])
def test_an_administrator_ends_all_sessions_of_a_user(
    user: Visitor, api_user: ApiUser, pool: UserPool, event: str
) -> None:
    """fault 57"""
    tokens = user.sign_in().body
    end = {
        "new password": lambda: pool.create(user.name, NEW_PASSWORD),
        "sign-out": lambda: pool.sign_out(user.name),
        "disabling": lambda: pool.disable(user.name),
        "deletion": lambda: pool.delete(user.name),
    }

    before = refresh(user, tokens)
    end[event]()

    assert before == 200
    assert refresh(user, tokens) in (401, 403)  # 403 for a disabled user
    assert user.ask("GET", "/mfa", token=tokens["accessToken"]).status in (401, 403)
    assert api_user.request("GET", "/users/me").status == 200


@pytest.mark.local_only("reads emails")
def test_no_earlier_token_refreshes_after_a_password_reset(user: Visitor) -> None:
    """fault 57"""
    tokens = user.sign_in().body
    user.ask("POST", "/forgot-password", {"username": user.name})
    reset = {"username": user.email, "code": user.code(), "newPassword": NEW_PASSWORD}

    done = user.ask("POST", "/reset-password", reset)
    later = user.sign_in(NEW_PASSWORD).body

    assert done.status == 200
    assert refresh(user, tokens) == 401
    assert refresh(user, later) == 200
    assert user.live(tokens) == 401
    assert user.live(later) == 201


def test_a_user_changes_the_password_and_signs_in_again(user: Visitor) -> None:
    """fault 57"""
    tokens = user.sign_in().body
    change = {"password": PASSWORD, "newPassword": NEW_PASSWORD}
    token = tokens["accessToken"]

    wrong = user.ask("PUT", "/password", {**change, "password": NEW_PASSWORD}, token)
    weak = user.ask("PUT", "/password", {**change, "newPassword": "weak"}, token)
    changed = user.ask("PUT", "/password", change, token)
    later = user.sign_in(NEW_PASSWORD).body

    assert (wrong.status, wrong.body["details"]) == (400, ["password: wrong"])
    assert weak.status == 400
    assert weak.body["details"][0].startswith("newPassword: ")
    assert (changed.status, changed.body) == (200, {"changed": True})
    assert user.sign_in(PASSWORD).status == 401
    assert (refresh(user, tokens), refresh(user, later)) == (401, 200)
    assert (user.live(tokens), user.live(later)) == (401, 201)


def test_a_temporary_password_is_replaced_and_no_earlier_token_refreshes(
    user: Visitor, outputs: Outputs
) -> None:
    """fault 57. An administrator has set the temporary password with the AWS CLI."""
    tokens = user.sign_in().body
    client("cognito-idp", outputs).admin_set_user_password(
        UserPoolId=outputs["UserPoolId"], Username=user.name, Password=PASSWORD, Permanent=False
    )
    locked = user.live(tokens)

    challenge = user.sign_in().body
    later = user.ask("POST", "/challenge", {**challenge, "newPassword": NEW_PASSWORD}).body

    assert locked == 401
    assert (refresh(user, tokens), refresh(user, later)) == (401, 200)
    assert (user.live(tokens), user.live(later)) == (401, 201)


@pytest.mark.parametrize(
    ("kind", "profile", "account"),
    [
        ("idToken", 200, 401),
        ("accessToken", 401, 200),
        ("refreshToken", 401, 401),
        (None, 401, 401),
    ],
)
def test_the_profile_takes_the_id_token_and_the_account_the_access_token(
    user: Visitor, kind: str | None, profile: int, account: int
) -> None:
    """fault 11"""
    tokens = user.sign_in().body

    responses = [
        user.ask("GET", path, token=tokens[kind] if kind else "") for path in ("/me", "/mfa")
    ]

    assert [response.status for response in responses] == [profile, account]


@pytest.mark.local_only("runs a gateway for the stack")
@pytest.mark.asyncio
async def test_with_scopes_every_route_takes_the_access_token(
    user: Visitor, outputs: Outputs
) -> None:
    """fault 11"""
    tokens = user.sign_in().body
    deployed = StackResolver.deployed(
        outputs["Stack"], outputs["Region"], client("cloudformation", outputs)
    )
    parameters = {**deployed.parameters, "ApiAuthorizer": "CognitoScopes"}
    with_scopes = replace(
        deployed,
        parameters=parameters,
        template=template.translated(deployed.region, **parameters),
    )

    async with TestServer(make_app(stack=with_scopes, outputs=outputs)) as gateway:
        address = str(gateway.make_url("")).rstrip("/")
        caller = replace(user, outputs={**outputs, "GatewayUrl": address})
        profiles, accounts = [
            [
                await asyncio.to_thread(caller.ask, "GET", path, token=tokens[kind])
                for kind in ("idToken", "accessToken", "refreshToken")
            ]
            for path in ("/me", "/mfa")
        ]

    assert [response.status for response in profiles] == [401, 200, 401]
    assert [response.status for response in accounts] == [401, 200, 401]
    assert profiles[1].body["username"] == user.name
    assert profiles[1].body["email"] is None  # an access token does not contain it


@pytest.mark.local_only("knows the address of the tests")
@pytest.mark.parametrize(
    ("quota", "path", "more"),
    [
        (SIGN_INS, "/login", {"password": PASSWORD}),
        (SIGN_INS, "/confirm", {"code": "123456"}),
        (SIGN_INS, "/reset-password", {"code": "123456", "newPassword": NEW_PASSWORD}),
        (CODES, "", {"password": PASSWORD}),
        (CODES, "/resend-code", {}),
        (CODES, "/forgot-password", {}),
    ],
)
def test_an_address_that_tries_many_users_has_to_wait(
    user: Visitor, outputs: Outputs, quota: Quota, path: str, more: dict[str, str]
) -> None:
    """fault 73: whether the user exists or not."""
    with used_up(outputs, quota, "127.0.0.1"):
        answers = [
            user.ask("POST", path, {"username": name, **more}) for name in (user.name, "nobody")
        ]

    assert [each.status for each in answers] == [429, 429]
    assert answers[0] == answers[1]
    assert user.sign_in().status == 200
