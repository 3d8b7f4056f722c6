"""A signed-in user of a stack, and what they ask of its API."""

from __future__ import annotations

import json
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Self
from urllib.parse import urlsplit

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
    def sign_in(cls, outputs: Outputs, username: str, cognito: Any = None) -> Self:
        """Sign the user in, who is made first if there is no such user."""
        cognito = cognito or client("cognito-idp", outputs["Endpoint"])
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

    def request(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask with the access token. A body that is no `bytes` is sent as JSON."""
        sent = {"Authorization": self.access_token, **(headers or {})}
        return request(method, self.api + path, body, sent)


def request(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None
) -> Answer:
    """Ask, as nobody unless the headers say otherwise."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    status, content, _ = send(method, url, data, sent)
    return Answer(status, json.loads(content) if content else None)


def upload(form: dict[str, Any], picture: bytes) -> int:
    """Post a picture by a presigned form, as a browser does, and answer S3's status."""
    boundary = uuid.uuid4().hex
    parts = {f'name="{name}"': value.encode() for name, value in form["fields"].items()}
    parts['name="file"; filename="picture"'] = picture  # last: S3 ignores what comes behind it
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + value + b"\r\n"
        for name, value in parts.items()
    )
    sent = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return send("POST", form["url"], body + f"--{boundary}--\r\n".encode(), sent)[0]


def download(url: str) -> tuple[int, bytes, Message]:
    """Status, content and headers of what is at a presigned address."""
    return send("GET", url, None, {})


def send(
    method: str, url: str, data: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes, Message]:
    """Send just these headers, follow no redirect, and answer status, content and headers."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.netloc, timeout=30)
    try:
        # Who refuses a large body may answer and close before all of it was sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, parts._replace(scheme="", netloc="").geturl(), data, headers)
        with connection.getresponse() as response:
            return response.status, response.read(), response.headers
    finally:
        connection.close()
