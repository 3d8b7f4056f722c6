"""The gateway under test, and a fake of the services behind it: keys, a queue, a function."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from yarl import URL

from local.emulator_clients import Outputs, new_credentials
from local.gateway.app import ORIGINS_PATH, make_app
from local.gateway.definition import ApiDefinition
from local.gateway.intrinsics import StackResolver
from local.gateway.server import Server
from local.gateway.signed_requests import CALLER_PATH
from project import template
from tests.harness.iam import Iam

_ROLE = """<AssumeRoleResponse><AssumeRoleResult><Credentials>
<AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
STACK_ID = "0123456789abcdef"
_NO_WEB_CLIENT = Path(os.devnull)
_QUEUED = {"SendMessageResponse": {"SendMessageResult": {"MessageId": "1"}}}

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/UserPool"
CLIENT = "UserPoolClient"
CALLER = "3c8a4e5e-54a5-4f4d-9d0f-1f1f3b9f6a10"
_ALIAS = "arn:aws:lambda:us-east-1:123456789012:function:{}:live"


def stack(**parameters: str) -> StackResolver:
    """Return a stack of the template in which each physical id is the logical id, or an ARN."""
    translated = template.translated(**parameters)
    ids = {
        logical_id: _ALIAS.format(template.aliased(logical_id))
        if resource["Type"] == "AWS::Lambda::Alias"
        else logical_id
        for logical_id, resource in translated["Resources"].items()
    }
    return StackResolver("storefront", "us-east-1", "123456789012", ids, parameters, translated)


@cache
def scope() -> str:
    """Return the scope that the API requires in an access token."""
    for operation in ApiDefinition.of(stack()).operations:
        if operation.security is not None and operation.security[1]:
            return operation.security[1][0]
    raise LookupError("no operation requires an access token")


class Keys:
    """A key pair of a user pool, and tokens signed with it."""

    def __init__(self, kid: str = "key") -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(65537, 2048)

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwks(self) -> dict[str, Any]:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self.kid, "alg": "RS256", "use": "sig"}]}

    def token(self, **claims: Any) -> str:
        """Return an ID token like Cognito's, with changed claims; None removes a claim."""
        return self.signed(id_claims(**claims))

    def access_token(self, **claims: Any) -> str:
        """Return an access token like Cognito's, with changed claims; None removes a claim."""
        return self.signed(access_claims(**claims))

    def signed(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Return a token with these claims, and with changed fields of the header."""
        fields = {"kid": self.kid, **header}
        return jwt.encode(dict(claims), self.private, algorithm="RS256", headers=fields)


@cache
def pool_keys() -> Keys:
    """Return the keys of the stack's user pool. They are cached: generating them is slow."""
    return Keys()


def id_claims(**claims: Any) -> dict[str, Any]:
    """Return the claims of an ID token, with changes; None removes a claim."""
    usual = {
        "aud": CLIENT,
        "token_use": "id",
        "cognito:username": "ada",
        "email": "ada@example.com",
        "email_verified": True,
    }
    return _claims(usual, claims)


def access_claims(**claims: Any) -> dict[str, Any]:
    """Return the claims of an access token, with changes; None removes a claim."""
    usual = {"client_id": CLIENT, "token_use": "access", "scope": scope(), "username": "ada"}
    return _claims(usual, claims)


def _claims(usual: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    claims = {"sub": CALLER, "iss": ISSUER, "iat": now, "exp": now + 3600, **usual, **changes}
    return {name: value for name, value in claims.items() if value is not None}


class Backend:
    """A fake of the emulator that records queued messages and the events of invocations."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.forms: list[dict[str, str]] = []
        self.signatures: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.refusal: tuple[int, str, str] | None = None
        self.function_response: Any = {"statusCode": 200, "body": "{}"}
        self.fails = False
        self.authorizer_events: list[dict[str, Any]] = []
        self.authorizer_response: Any = None
        self.authorizer: Callable[[dict[str, Any]], Any] = lambda _: self.authorizer_response
        self.mail: list[dict[str, str]] = []
        self.deleted: list[str] = []
        self.origins: list[str] = []
        self.iam = Iam()
        app = web.Application(client_max_size=0)
        app.router.add_get("/UserPool/.well-known/jwks.json", self._jwks)
        app.router.add_post("/", self._sts)
        app.router.add_post(ORIGINS_PATH, self._allow)
        app.router.add_post(CALLER_PATH, self.iam.answer)
        app.router.add_post("/123456789012/OrdersQueue", self._sqs)
        app.router.add_post("/123456789012/Mail", self._mail)
        app.router.add_post("/2015-03-31/functions/{name}/invocations", self._lambda)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url(""))

    @property
    def outputs(self) -> Outputs:
        return {"Endpoint": self.url, **new_credentials()}

    @property
    def queued(self) -> list[dict[str, str]]:
        """The messages that the queue accepted."""
        return [form for form in self.forms if form["Action"] == "SendMessage"]

    async def _jwks(self, _: web.Request) -> web.Response:
        return web.json_response(self.keys.jwks())

    async def _allow(self, request: web.Request) -> web.Response:
        self.origins = await request.json()
        return web.json_response({})

    async def _sts(self, _: web.Request) -> web.Response:
        return web.Response(text=_ROLE, content_type="text/xml")

    async def _sqs(self, request: web.Request) -> web.Response:
        assert request.headers["Accept"] == "application/json"
        if self.refusal is not None:
            return refused(*self.refusal)
        form = one_value_each(await request.text())
        self.forms.append(form)
        self.signatures.append(request.headers["Authorization"])
        if form["Action"] != "SendMessage":
            message = f"The action {form['Action']} is not valid for this endpoint."
            return refused(400, "InvalidAction", message)
        return web.json_response(_QUEUED)

    async def _lambda(self, request: web.Request) -> web.Response:
        name, _, alias = request.match_info["name"].partition(":")
        assert alias in ("live", "")  # API Gateway invokes the alias; `sam local` has none
        if name == "AuthorizerFunction":
            return await self._authorizer(request)
        self.events.append({"function": name, **await request.json()})
        headers = {"X-Amz-Function-Error": "Unhandled"} if self.fails else {}
        return web.json_response(self.function_response, headers=headers)

    async def _authorizer(self, request: web.Request) -> web.Response:
        self.authorizer_events.append(await request.json())
        result = await asyncio.to_thread(self.authorizer, self.authorizer_events[-1])
        failed = isinstance(result, dict) and "errorMessage" in result
        headers = {"X-Amz-Function-Error": "Unhandled"} if failed else {}
        return web.json_response(result, headers=headers)

    async def _mail(self, request: web.Request) -> web.Response:
        if request.headers["X-Amz-Target"] == "AmazonSQS.DeleteMessage":
            self.deleted.append((await request.json())["ReceiptHandle"])
            return web.Response()
        messages, self.mail = self.mail, []
        return web.json_response({"Messages": messages})


class _GatewayServer(TestServer):
    async def _make_runner(self, **options: Any) -> Server:
        return Server(self.app, **options)


class Edge:
    """The gateway on its own port, with a client that is signed in."""

    def __init__(
        self,
        *,
        lambda_url: str | None = None,
        notifications_queue_url: str | None = None,
        web_folder: Path = _NO_WEB_CLIENT,
        is_watched: Callable[[], bool] = lambda: False,
        directory: Path | None = None,
        **parameters: str,
    ) -> None:
        self._more_outputs = {"Directory": str(directory)} if directory else {}
        self.keys = pool_keys()
        self.backend = Backend(self.keys)
        self._app = partial(
            make_app,
            stack=stack(**parameters),
            lambda_url=lambda_url,
            notifications_queue_url=notifications_queue_url,
            secret=self.backend.iam.secret,
            stack_id=STACK_ID,
            web_folder=web_folder,
            is_watched=is_watched,
        )

    async def __aenter__(self) -> Edge:
        await self.backend.server.start_server()
        self.server = _GatewayServer(self._app(outputs=self.backend.outputs | self._more_outputs))
        await self.server.start_server()
        self._http = aiohttp.ClientSession(skip_auto_headers=["Content-Type"])
        self._authorization = self.keys.token()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self.server.close()
        await self.backend.server.close()

    async def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send a request with its path unchanged; None removes a header."""
        sent = {
            "Authorization": self._authorization,
            "Content-Type": "application/json",
            **(headers or {}),
        }
        async with self._http.request(
            method,
            self.url(path),
            data=body.encode() if isinstance(body, str) else body,
            headers={name: value for name, value in sent.items() if value is not None},
        ) as response:
            return Reply(response.status, dict(response.headers), await response.text())

    def url(self, path: str) -> URL:
        """Return the address of a path, unchanged."""
        return URL(str(self.server.make_url("")).rstrip("/") + path, encoded=True)

    async def send(self, request: bytes) -> Reply:
        """Send bytes that need not be HTTP. Returns all that comes until the gateway closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            writer.write(request)
            await writer.drain()
            head, _, text = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return Reply(int(status.split()[1]), headers, text.decode())

    async def hang_up(self, request: bytes) -> None:
        """Send bytes, and close the connection."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(request)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


class Reply:
    """A response of the gateway."""

    def __init__(self, status: int, headers: dict[str, str], text: str) -> None:
        self.status = status
        self.headers = headers
        self.text = text

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def refused(status: int, code: str, message: str) -> web.Response:
    """Return the response of SQS to a query API request that accepts JSON."""
    error = {"Code": code, "Message": message, "Type": "Sender" if status < 500 else "Receiver"}
    return web.json_response({"Error": error, "RequestId": "1"}, status=status)


def one_value_each(form: str) -> dict[str, str]:
    """Return the fields of a form. Each of them must occur only once."""
    fields = parse_qs(form, keep_blank_values=True, strict_parsing=True, errors="strict")
    return {name: value for name, [value] in fields.items()}
