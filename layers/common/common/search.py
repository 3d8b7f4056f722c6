"""The search index: one alias of OpenSearch, and requests to it, signed as AWS wants them.

A document is `{type, key, visibleTo, owner, at, data}`: what kind of thing it is (`TYPES`), the
same with its ID (`order:…`), the `sub`s of those who may find it or EVERYBODY, the `sub` of who
alone may find it by `data.place` and be shown that, when it was made, and what the API shows of
it. The text fields of `data` are found under `text`, or with the place under `ownText`.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.session import get_session

from common import aws
from common.api.errors import Unavailable

if TYPE_CHECKING:
    from botocore.credentials import Credentials

TYPES = ("order", "image", "group", "message")
EVERYBODY = "everybody"

_SECONDS = (1, 8)  # to connect, and for an answer

# botocore's clients ask for it, its session alone does not: without it a body waits up to 40 ms
# for the acknowledgement of its head.
_AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]

# OpenSearch's own answers to a request that it could read. Whatever else comes, a refused
# signature too, says nothing of the request, and may be over later.
_ANSWERS = {200, 201, 400, 404, 409}


@dataclass(frozen=True, slots=True)
class Answer:
    """What OpenSearch answered: 200, 201, 400, 404 or 409, and its JSON, fractions as `Decimal`."""

    status: int
    body: Any


class OpenSearch:
    """One OpenSearch endpoint. botocore signs and sends, which is in the runtime already."""

    def __init__(self, url: str, credentials: Credentials, region: str) -> None:
        self._url = url
        self._signer = SigV4Auth(credentials, "es", region)
        self._http = URLLib3Session(timeout=_SECONDS, socket_options=_AT_ONCE)  # type: ignore[arg-type]  # takes a pair too

    def request(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send JSON, or the lines of a `_bulk`. Raises Unavailable."""
        request = AWSRequest(
            method, self._url + path, {"Content-Type": "application/json"}, data=body
        )
        self._signer.add_auth(request)
        try:
            response = self._http.send(request.prepare())
            answer = response.content
        except BotoCoreError as error:
            raise Unavailable("search does not answer") from error
        if response.status_code not in _ANSWERS:
            raise Unavailable(f"search answers {response.status_code}")
        try:
            return Answer(response.status_code, json.loads(answer, parse_float=Decimal))
        except ValueError as error:
            raise Unavailable("something else than search answers") from error


@cache
def opensearch() -> OpenSearch:
    """The deployed endpoint."""
    session = get_session()
    credentials = session.get_credentials()
    assert credentials is not None, "a function has a role"  # noqa: S101
    return OpenSearch(aws.env("SEARCH_URL"), credentials, session.get_config_variable("region"))


def index() -> str:
    """The alias that is searched and written; the index behind it has a name of its own."""
    return aws.env("SEARCH_INDEX")
