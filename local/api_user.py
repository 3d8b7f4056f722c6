"""A client of a stack's API that is signed in as one user."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Self
from urllib.parse import urlsplit

from urllib3.filepost import encode_multipart_formdata

from local.emulator_clients import Outputs, client


class Fields(dict[str, Any]):
    """The fields of a JSON response. The KeyError for a missing field shows the response."""

    def __init__(self, status: int, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._status = status

    def __missing__(self, name: str) -> Any:
        raise KeyError(f"{name} is not in the response {self._status} {dict(self)}")


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """Status and parsed JSON of a response. `body` is None if the response has no body."""

    status: int
    body: Any

    def __post_init__(self) -> None:
        if isinstance(self.body, dict):
            object.__setattr__(self, "body", Fields(self.status, self.body))


@dataclass(frozen=True, slots=True)
class ApiUser:
    """A signed-in user. `sub` is the user's id. The tokens are valid for one hour."""

    api: str
    sub: str
    access_token: str
    id_token: str

    @classmethod
    def sign_in(cls, outputs: Outputs, username: str, cognito: Any = None, group: str = "") -> Self:
        """Sign in. Creates the user, as a member of the group, if it does not exist."""
        cognito = cognito or client("cognito-idp", outputs)
        user = {"UserPoolId": outputs["UserPoolId"], "Username": username}
        password = f"Aa1{secrets.token_urlsafe(24)}"
        # An earlier run may have created the user, with a password that is now unknown.
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(**user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**user, Password=password, Permanent=True)
        if group:
            cognito.admin_add_user_to_group(**user, GroupName=group)
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
    ) -> ApiResponse:
        """Send a request with the ID token. A body that is not `bytes` is sent as JSON."""
        sent = {"Authorization": self.id_token, **(headers or {})}
        return request(method, self.api + path, body, sent)


def request(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None
) -> ApiResponse:
    """Send a request. It has a token only if the headers contain one."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    status, content, _ = send(method, url, data, sent)
    return ApiResponse(status, json.loads(content) if content else None)


def upload(form: dict[str, Any], picture: bytes) -> int:
    """Upload a picture with a presigned form, as a browser does. Returns S3's status."""
    # The file comes last: S3 ignores the fields after it.
    fields = {**form["fields"], "file": ("picture", picture)}
    body, content_type = encode_multipart_formdata(fields)
    return send("POST", form["url"], body, {"Content-Type": content_type})[0]


def download(url: str) -> tuple[int, bytes, Message]:
    """Return status, content and headers of a presigned URL."""
    return send("GET", url, None, {})


def send(
    method: str, url: str, data: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes, Message]:
    """Send exactly these headers. Redirects are not followed.

    Returns status, content and headers.
    """
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.netloc, timeout=30)
    try:
        # A server that rejects a large body may respond and close before all of it is sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, parts._replace(scheme="", netloc="").geturl(), data, headers)
        with connection.getresponse() as response:
            return response.status, response.read(), response.headers
    finally:
        connection.close()
