"""Sessions of the web client: the refresh token is in a cookie, which no script can read.

Decision 0150 has the reasons, and docs/session.md the threats. The web client's host passes these
requests on to the API, because browsers keep a cookie only for pages of the site that sets it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sessions
from aws_lambda_powertools.event_handler import Response, content_types
from request_bodies import COOKIE_TOKEN

from common.api import routes
from common.api.errors import ApiError, Forbidden, Unauthenticated, Unavailable
from common.observability import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

COOKIE = "__Host-session"
"""Browsers accept this prefix only from the host itself, over TLS or from the own machine."""

HEADER = "X-Session"
"""Pages of other origins would need the API's permission to send it, which it does not give."""

IDLE_SECONDS = 7 * 24 * 3600
"""How long a browser keeps the cookie after its last use."""


def _check_page(event: BaseProxyEvent) -> None:
    """Raises Forbidden unless a script of a page on the host of the cookie sends the request.

    Scripts cannot set `Sec-Fetch-Site`. It also tells pages on other ports and subdomains apart,
    which `SameSite` does not.
    """
    headers = event.headers
    if headers.get("Sec-Fetch-Site") != "same-origin" or headers.get(HEADER) != "1":
        raise Forbidden("only the pages of the web client may use this route")


def begin(event: BaseProxyEvent, refresh_token: str) -> Response[str]:
    """New tokens, and the cookie. The session of the cookie that it replaces ends."""
    _check_page(event)
    response = _refreshed(refresh_token)
    replaced = _cookie_of(event)
    if replaced not in (None, refresh_token):
        try:
            sessions.revoke(replaced)
        except ApiError:  # the user of the new session must not be refused because of the old one
            logger.warning("replaced session not ended")
    return response


def resume(event: BaseProxyEvent) -> Response[str]:
    """New tokens for the cookie, which is replaced. Raises Unauthenticated, which removes it."""
    _check_page(event)
    try:
        refresh_token = _cookie_of(event)
        if refresh_token is None:
            raise Unauthenticated("no session")
        return _refreshed(refresh_token)
    except Unauthenticated as error:
        error.headers = WITHOUT_COOKIE
        raise


def end(event: BaseProxyEvent) -> None:
    """End the session of the cookie. Raises Unavailable, which removes the cookie all the same."""
    _check_page(event)
    refresh_token = _cookie_of(event)
    try:
        if refresh_token:
            sessions.revoke(refresh_token)
    except Unavailable as error:
        error.headers = WITHOUT_COOKIE
        raise


def _refreshed(refresh_token: str) -> Response[str]:
    tokens: dict[str, Any] = sessions.refresh(refresh_token)
    headers = _headers(tokens.pop("refreshToken"), IDLE_SECONDS)
    return Response(200, content_types.APPLICATION_JSON, routes.to_json(tokens), headers)


def _cookie_of(event: BaseProxyEvent) -> str | None:
    """The refresh token in the cookie, or None if there is none that can be a token."""
    for each in (event.headers.get("Cookie") or "").split(";"):
        name, _, value = each.strip().partition("=")
        if name == COOKIE:
            return value if re.fullmatch(COOKIE_TOKEN, value) else None
    return None


def _headers(value: str, seconds: int) -> dict[str, str]:
    cookie = f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict"
    return {"Set-Cookie": cookie, "Cache-Control": "no-store"}


WITHOUT_COOKIE = _headers("", 0)
"""The headers of a response that removes the cookie."""
