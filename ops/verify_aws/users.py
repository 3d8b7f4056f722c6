"""Users: which tokens open the API, and what a refused sign-in gives away."""

from __future__ import annotations

import uuid
from typing import Any

from ops.verify_aws.probe import probe
from ops.verify_aws.target import API_TAKES, Reply, Target, TokenKind

TAKEN, REFUSED = "200", "401"
KINDS: tuple[TokenKind, ...] = ("access", "id")


def _by_token(target: Target, kind: TokenKind, prefix: str = "") -> str:
    headers: dict[str, str | None] = {"Authorization": prefix + target.token(target.user, kind)}
    return str(target.ask("GET", "/orders", None, headers).status)


@probe("the API, given an access token", expected=TAKEN if API_TAKES == "access" else REFUSED)
def access_token(target: Target) -> str:
    return _by_token(target, "access")


@probe("the API, given an ID token", expected=TAKEN if API_TAKES == "id" else REFUSED)
def id_token(target: Target) -> str:
    return _by_token(target, "id")


@probe("the API, given a token behind `Bearer `", expected=TAKEN)
def bearer(target: Target) -> str:
    return _by_token(target, API_TAKES, "Bearer ")


@probe("a function knows the caller by the token's `sub`", expected="the caller")
def knows_the_caller(target: Target) -> str:
    sub = target.ask("GET", "/users/me").body.get("sub")
    return "the caller" if sub == target.user.sub else f"{sub}"


def _as_visitor(target: Target, path: str, body: dict[str, Any]) -> Reply:
    return target.ask("POST", f"/users{path}", body, {"Authorization": None})


def _compared(target: Target, path: str, body: dict[str, Any]) -> str:
    """What a known name and an unknown one are told."""
    known = target.ask("GET", "/users/me").body["username"]
    told = [
        _as_visitor(target, path, {"username": name, **body})
        for name in (known, f"nobody-{uuid.uuid4()}")
    ]
    first, second = [f"{reply.status} {reply.content.decode()}" for reply in told]
    return f"{told[0].status}, the same answer" if first == second else f"{first}; {second}"


@probe("a wrong password and an unknown name", expected="401, the same answer")
def sign_in(target: Target) -> str:
    return _compared(target, "/login", {"password": "Wrong-Horse-7-Battery"})


@probe("a forgotten password of a known and an unknown name", expected="202, the same answer")
def forgot_password(target: Target) -> str:
    # The known user has no address, so nothing is mailed.
    return _compared(target, "/forgot-password", {})


@probe("a code asked for again by a known and an unknown name", expected="202, the same answer")
def resend_code(target: Target) -> str:
    return _compared(target, "/resend-code", {})


@probe("a wrong code for a known and an unknown name", expected="400, the same answer")
def wrong_code(target: Target) -> str:
    return _compared(target, "/confirm", {"code": "000000"})
