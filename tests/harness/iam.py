"""Requests signed by botocore, and a fake of the emulator's part in verifying them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.gateway import policies

EVERYTHING = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}


@dataclass(frozen=True)
class Principal:
    """An access key, whose it is, and what its owner may do."""

    access_key: str = "AKIAEXAMPLE"
    secret: str = "secret/of+the=key"
    token: str | None = None
    has_expired: bool = False
    statements: tuple[Mapping[str, Any], ...] = (EVERYTHING,)
    identity: Mapping[str, str | None] = field(
        default_factory=lambda: {
            "user": "AIDAEXAMPLE",
            "userArn": "arn:aws:iam::123456789012:user/robots/importer",
        }
    )


class Iam:
    """Answers the gateway about the principals that it knows."""

    secret = "only the gateway has this"

    def __init__(self) -> None:
        self.principals = {"AKIAEXAMPLE": Principal()}

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers["X-Local-Secret"] != self.secret:
            return web.Response(status=403)
        asked: dict[str, str] = await request.json()
        principal = self.principals.get(asked["accessKeyId"])
        refusal = _refusal(principal, asked)
        if principal is None or refusal is not None:
            return web.json_response({"refusal": refusal})
        return web.json_response({"identity": dict(principal.identity)})


def signature(secret: str, date: str, region: str, service: str, text: str) -> str:
    """Return the SigV4 signature of a text."""
    key = f"AWS4{secret}".encode()
    for word in (date, region, service, "aws4_request", text):
        key = hmac.digest(key, word.encode(), "sha256")
    return key.hex()


def signed(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    principal: Principal | None = None,
    service: str = "execute-api",
    region: str = "us-east-1",
    age: timedelta = timedelta(),
    presigned: bool = False,
) -> AWSRequest:
    """Return a request signed by botocore, in a header or in the query."""
    principal = principal or Principal()
    request = AWSRequest(method, url, data=body, headers=dict(headers or {}))
    credentials = Credentials(principal.access_key, principal.secret, principal.token)
    made_by = _InQuery if presigned else _InHeader
    signer = made_by(credentials, service, region)
    signer.signed_at = datetime.now(UTC) - age
    signer.add_auth(request)
    return request


class _InHeader(SigV4Auth):
    """Signs with another time than the present."""

    signed_at: datetime

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self.signed_at.strftime("%Y%m%dT%H%M%SZ")
        super()._modify_request_before_signing(request)  # type: ignore[misc]  # has no type


class _InQuery(_InHeader, SigV4QueryAuth):
    """The same, in a presigned URL."""


def _refusal(principal: Principal | None, asked: Mapping[str, str]) -> str | None:
    if principal is None or (principal.token or "") != asked["sessionToken"]:
        return "UnknownKey"
    if principal.has_expired:
        return "ExpiredToken"
    text = asked["stringToSign"]
    expected = signature(principal.secret, asked["date"], "us-east-1", "execute-api", text)
    if expected != asked["signature"]:
        return "InvalidSignature"
    document = {"Statement": list(principal.statements)}
    allowed = policies.decision(document, asked["methodArn"]) is policies.Decision.ALLOW
    return None if allowed else "AccessDenied"
