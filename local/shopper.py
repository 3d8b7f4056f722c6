"""A signed-in user of a local stack, and what they ask of its API."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from local.account import Outputs, client


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the parsed JSON, None for an empty one."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Shopper:
    """`sub` is the user's id; the tokens are Cognito's, for an hour."""

    api: str
    sub: str
    access_token: str
    id_token: str

    @classmethod
    def sign_in(cls, outputs: Outputs, username: str) -> Self:
        """Sign the user in, who is made first if there is no such user."""
        cognito = client("cognito-idp", outputs["Endpoint"])
        user = {"UserPoolId": outputs["UserPoolId"], "Username": username}
        password = f"Aa1{secrets.token_urlsafe(24)}"
        # One who is there already is from an earlier run, with a password that nobody knows.
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(**user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**user, Password=password, Permanent=True)
        tokens = cognito.initiate_auth(
            ClientId=outputs["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )["AuthenticationResult"]
        attributes = cognito.admin_get_user(**user)["UserAttributes"]
        [sub] = [each["Value"] for each in attributes if each["Name"] == "sub"]
        return cls(outputs["GatewayUrl"], sub, tokens["AccessToken"], tokens["IdToken"])

    def request(self, method: str, path: str, body: object = None) -> Answer:
        """Ask with the access token. A body that is no `bytes` is sent as JSON."""
        return request(method, self.api + path, body, {"Authorization": self.access_token})


def request(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None
) -> Answer:
    """Ask, as nobody unless the headers say otherwise."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    asked = urllib.request.Request(  # noqa: S310  (our own http URL)
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as response:  # noqa: S310
            status, content = response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            status, content = error.code, error.read()
    return Answer(status, json.loads(content) if content else None)
