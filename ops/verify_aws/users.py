"""Users: which tokens the API accepts, and whether errors reveal that a user exists."""

from __future__ import annotations

import uuid
from typing import Any

from ops.verify_aws.probe import NotApplicable, probe
from ops.verify_aws.target import ACCEPTED_KIND, Reply, Target, TokenKind

ACCEPTED, REFUSED = "200", "401"
_PASSWORD = "Correct-Horse-7-Battery"  # noqa: S105  # of no user, unless a probe fails


def _by_token(target: Target, path: str, kind: TokenKind, prefix: str = "") -> str:
    headers: dict[str, str | None] = {"Authorization": prefix + target.token(target.user, kind)}
    return str(target.ask("GET", path, None, headers).status)


@probe("a request with an ID token", expected=ACCEPTED)
def id_token(target: Target) -> str:
    return _by_token(target, "/orders", "id")


@probe("a request with an access token", expected=REFUSED)
def access_token(target: Target) -> str:
    return _by_token(target, "/orders", "access")


@probe("a request with a token after `Bearer `", expected=ACCEPTED)
def bearer(target: Target) -> str:
    return _by_token(target, "/orders", ACCEPTED_KIND, "Bearer ")


@probe("a request with a token after `bearer `", expected=ACCEPTED)
def bearer_in_lower_case(target: Target) -> str:
    return _by_token(target, "/orders", ACCEPTED_KIND, "bearer ")


@probe("an account route with an access token", expected=ACCEPTED)
def account_by_access_token(target: Target) -> str:
    return _by_token(target, "/users/mfa", "access")


@probe("an account route with an ID token", expected=REFUSED)
def account_by_id_token(target: Target) -> str:
    return _by_token(target, "/users/mfa", "id")


@probe("functions receive the token's `sub` as the caller", expected="the caller")
def knows_the_caller(target: Target) -> str:
    sub = target.ask("GET", "/users/me").body.get("sub")
    return "the caller" if sub == target.user.sub else f"{sub}"


def _as_visitor(target: Target, path: str, body: dict[str, Any]) -> Reply:
    return target.ask("POST", f"/users{path}", body, {"Authorization": None})


def _compared(target: Target, path: str, body: dict[str, Any]) -> str:
    """Compare the responses for an existing and for an unknown username."""
    known = target.ask("GET", "/users/me").body["username"]
    replies = [
        _as_visitor(target, path, {"username": name, **body})
        for name in (known, f"nobody-{uuid.uuid4()}")
    ]
    first, second = [f"{reply.status} {reply.content.decode()}" for reply in replies]
    return f"{replies[0].status}, the same response" if first == second else f"{first}; {second}"


@probe("a sign-in with a wrong password or an unknown name", expected="401, the same response")
def sign_in(target: Target) -> str:
    return _compared(target, "/login", {"password": "Wrong-Horse-7-Battery"})


@probe("forgot-password for a known and an unknown name", expected="202, the same response")
def forgot_password(target: Target) -> str:
    # The known user has no email address, so no email is sent.
    return _compared(target, "/forgot-password", {})


@probe("resend-code for a known and an unknown name", expected="202, the same response")
def resend_code(target: Target) -> str:
    return _compared(target, "/resend-code", {})


@probe("a wrong code for a known and an unknown name", expected="400, the same response")
def wrong_code(target: Target) -> str:
    return _compared(target, "/confirm", {"code": "000000"})


@probe(
    "registering a name that looks like an existing one",
    expected="409 username: too similar to an existing name",
)
def look_alike(target: Target) -> str:
    name = _named_like(target, "i", "\u0131")
    reply = _as_visitor(target, "", {"username": name, "password": _PASSWORD})
    return f"{reply.status} {' '.join(reply.body['details'])}"


@probe(
    "registering a name of two writing systems at Cognito directly",
    expected="PreSignUp failed with error username: must be in one writing system.",
)
def mixed_name(target: Target) -> str:
    cognito = target.stack.client("cognito-idp")
    name = _named_like(target, "e", "\u0435")
    try:
        cognito.sign_up(
            ClientId=target.outputs["UserPoolClientId"], Username=name, Password=_PASSWORD
        )
    except cognito.exceptions.UserLambdaValidationException as error:
        return str(error.response["Error"]["Message"])
    return "registered"


def _named_like(target: Target, letter: str, like: str) -> str:
    """Return the known user's name with a letter replaced by one that looks like it."""
    if target.stack.parameters["SelfSignUp"] != "true":
        raise NotApplicable("SelfSignUp is false")
    name = str(target.ask("GET", "/users/me").body["username"]).replace(letter, like)
    target.delete_user_at_exit(name)  # if it is not refused
    return name
