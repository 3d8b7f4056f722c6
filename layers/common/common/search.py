"""The search index in OpenSearch: the shape of its documents, and signed requests to it.

A document is `{type, key, visibleTo, owner, at, data}`:

- `type` is one of TYPES, and `key` is the type and the ID, for example `order:…`.
- `visibleTo` lists the `sub`s of the users who can find it, or EVERYBODY.
- `owner` is the `sub` of the only user who can see OWNER_FIELDS and find the document by them.
- `at` is the time of its creation, and `data` is what the API shows.

Queries search the field `text`, which contains the text fields of `data` except for OWNER_FIELDS,
and `ownText`, which contains these as well.
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

from common import aws
from common.api.errors import Unavailable

if TYPE_CHECKING:
    from botocore.credentials import Credentials

TYPES = ("order", "image", "group", "message")
EVERYBODY = "everybody"
OWNER_FIELDS = ("metadata", "place")
"""The fields of `data` with what a picture says about itself, its camera, time and location."""

# The first action of every `_bulk` request. A versioned delete creates a missing index in spite of
# `require_alias`, except when another action of the request requires the alias. This update
# changes nothing, and its result shows whether the alias exists.
REQUIRE_ALIAS = '{"update": {"_id": "-", "require_alias": true}}\n{"doc": {}}\n'

_TIMEOUT_SECONDS = (1, 8)  # to connect, and to read the response

# botocore's clients set this option, but a bare session does not. Without it, a request body waits
# up to 40 ms until the server acknowledges the headers.
_NO_DELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]

# The statuses with which OpenSearch itself responds to a request. Any other status, including a
# rejected signature, says nothing about the request, so that a retry may succeed.
_STATUSES = {200, 201, 400, 404, 409}


@dataclass(frozen=True, slots=True)
class OpenSearchResponse:
    """A response of OpenSearch: 200, 201, 400, 404 or 409, and its JSON, fractions as `Decimal`."""

    status: int
    body: Any


class OpenSearch:
    """One OpenSearch endpoint. botocore, which the runtime contains, signs and sends requests."""

    def __init__(self, url: str, credentials: Credentials, region: str) -> None:
        self._url = url
        self._signer = SigV4Auth(credentials, "es", region)
        self._http = URLLib3Session(timeout=_TIMEOUT_SECONDS, socket_options=_NO_DELAY)  # type: ignore[arg-type]  # a pair works too

    def request(self, method: str, path: str, body: bytes = b"") -> OpenSearchResponse:
        """Send JSON, or the lines of a `_bulk` request. Raises Unavailable."""
        request = AWSRequest(
            method, self._url + path, {"Content-Type": "application/json"}, data=body
        )
        self._signer.add_auth(request)
        try:
            response = self._http.send(request.prepare())
            content = response.content
        except BotoCoreError as error:
            raise Unavailable("search does not respond") from error
        if response.status_code not in _STATUSES:
            raise Unavailable(f"search responds with status {response.status_code}")
        try:
            parsed = json.loads(content, parse_float=Decimal)
        except ValueError as error:
            raise Unavailable("the response is not from OpenSearch") from error
        return OpenSearchResponse(response.status_code, parsed)


def delete_line(key: str, version: int) -> str:
    """The action of a `_bulk` request that deletes a document. `version` is in nanoseconds."""
    line = {"_id": key, "version": version, "version_type": "external_gte"}
    return json.dumps({"delete": line}) + "\n"


@cache
def opensearch() -> OpenSearch:
    """The deployed endpoint."""
    session = aws.session()
    credentials = session.get_credentials()
    assert credentials is not None, "every function has a role"  # noqa: S101
    return OpenSearch(aws.env("SEARCH_URL"), credentials, session.get_config_variable("region"))


def index_alias() -> str:
    """The alias that all requests use. The index behind it has a different name."""
    return aws.env("SEARCH_INDEX")


def next_alias() -> str:
    """The alias of the index that a rebuild is filling."""
    return f"{index_alias()}.next"
