"""Signed requests to the emulator, where all AWS services have the same address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from yarl import URL

from local.emulator_clients import Outputs, client

TIMEOUT = 29
"""The limit in seconds for an integration (API Gateway quotas, "Integration timeout")."""

_DOCUMENT_TIMEOUT = 5  # seconds

SECRET_HEADER = "X-Local-Secret"  # noqa: S105 - the name of a header
"""Proves to the emulator that the gateway of its stack asks, for what only the gateway may."""

_RENEW_BEFORE = timedelta(minutes=5)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ServiceResponse:
    """The response of a service."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Services:
    """The services of one region. The caller closes `http`.

    `outputs` are those of the stack, and `secret` is what its emulator knows the gateway by.
    """

    def __init__(
        self, outputs: Outputs, region: str, http: aiohttp.ClientSession, secret: str = ""
    ) -> None:
        self._outputs = outputs
        self._endpoint = outputs["Endpoint"].rstrip("/")
        self._root = Credentials(outputs["AccessKeyId"], outputs["SecretAccessKey"])
        self._region = region
        self._http = http
        self._secret = secret
        self._sessions: dict[str, tuple[Credentials, datetime]] = {}
        self._assuming = asyncio.Lock()

    async def post(
        self,
        service: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        role: str | None = None,
    ) -> ServiceResponse:
        """Send a POST request as the role or as root. `path` is encoded and may have a query.

        Raises aiohttp.ClientError, TimeoutError, or botocore's errors if the role cannot be
        assumed.
        """
        url = self._endpoint + path
        signed = AWSRequest("POST", url, data=body, headers=dict(headers))
        credentials = await self._as(role) if role else self._root
        SigV4Auth(credentials, service, self._region).add_auth(signed)
        async with self._http.post(
            URL(url, encoded=True),
            data=body,
            headers=dict(signed.headers.items()),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        ) as response:
            return ServiceResponse(response.status, response.headers, await response.read())

    async def ask(self, path: str, question: Any) -> Any:
        """Return the emulator's answer to a question that only the gateway may ask.

        Raises OSError if it does not answer.
        """
        try:
            async with self._http.post(
                self.url(path),
                json=question,
                headers={SECRET_HEADER: self._secret},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            ) as response:
                response.raise_for_status()
                return await response.json()
        except (aiohttp.ClientError, ValueError) as error:
            raise OSError(f"cannot ask {path}") from error

    def url(self, path: str) -> str:
        """Return the address of a public document."""
        return self._endpoint + path

    async def get_json(self, path: str) -> Any:
        """Return a document of the emulator. Raises OSError if it cannot be read."""
        try:
            timeout = aiohttp.ClientTimeout(total=_DOCUMENT_TIMEOUT)
            secret = {SECRET_HEADER: self._secret}
            async with self._http.get(self.url(path), headers=secret, timeout=timeout) as response:
                response.raise_for_status()
                return await response.json(content_type=None)
        except (aiohttp.ClientError, ValueError) as error:
            raise OSError(f"cannot read {path}") from error

    async def _as(self, role: str) -> Credentials:
        async with self._assuming:
            credentials, expiry = self._sessions.get(role, (self._root, _LONG_AGO))
            if datetime.now(UTC) + _RENEW_BEFORE > expiry:
                credentials, expiry = await asyncio.to_thread(self._assume, role)
                self._sessions[role] = credentials, expiry
        return credentials

    def _assume(self, role: str) -> tuple[Credentials, datetime]:
        config = Config(connect_timeout=2, read_timeout=TIMEOUT, retries={"total_max_attempts": 1})
        sts = client("sts", self._outputs, region_name=self._region, config=config)
        given = sts.assume_role(RoleArn=role, RoleSessionName="BackplaneAssumeRoleSession")[
            "Credentials"
        ]
        keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return keys, given["Expiration"]
