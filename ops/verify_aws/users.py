"""Users: which tokens the API accepts, and whether errors reveal that a user exists."""

from __future__ import annotations

import uuid
from typing import Any

from ops.verify_aws.probe import probe
from ops.verify_aws.target import ACCEPTED_KIND, Reply, Target, TokenKind

ACCEPTED, REFUSED = "200", "401"


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
