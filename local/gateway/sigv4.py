"""Signature Version 4 of a request: where it is, and which text it signs.

IAM guide, "AWS Signature Version 4 for API requests".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote, unquote_to_bytes

from multidict import CIMultiDictProxy

_ALGORITHM = "AWS4-HMAC-SHA256"
_TERMINATOR = "aws4_request"
_CREDENTIAL, _SIGNED_HEADERS, _SIGNATURE = "Credential", "SignedHeaders", "Signature"

# The characters that are not percent-encoded.
_UNRESERVED = "-_.~"


class IncompleteSignature(Exception):
    """The request has a signature that cannot be read. The text says why."""


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it was sent: the path and the query are not decoded."""

    method: str
    path: str
    query: str
    headers: CIMultiDictProxy[str]
    body: bytes

    def parameters(self) -> Iterator[tuple[str, str]]:
        """Return the names and values of the query, encoded as a signature requires."""
        for pair in filter(None, self.query.split("&")):
            name, _, value = pair.partition("=")
            yield _encoded(unquote_to_bytes(name)), _encoded(unquote_to_bytes(value))


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, and what it says about itself. `date` and `time` are as in the request."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: Sequence[str]
    value: str
    time: str
    session_token: str
    is_in_query: bool

    @property
    def signed_at(self) -> datetime | None:
        """The time of the signature; None if it is not valid or not on its date."""
        if not re.fullmatch(r"\d{8}T\d{6}Z", self.time, re.ASCII) or self.time[:8] != self.date:
            return None
        try:
            return datetime.strptime(self.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return None

    def string_to_sign(self, request: SentRequest) -> str:
        """Return the text that must have been signed for this request."""
        scope = "/".join((self.date, self.region, self.service, _TERMINATOR))
        canonical = self.canonical_request(request).encode(errors="surrogateescape")
        return "\n".join((_ALGORITHM, self.time, scope, hashlib.sha256(canonical).hexdigest()))

    def canonical_request(self, request: SentRequest) -> str:
        """Return the canonical form of a request, which does not depend on how it was written."""
        parameters = (
            f"{name}={value}"
            for name, value in sorted(request.parameters())
            if not (self.is_in_query and name == "X-Amz-Signature")
        )
        return "\n".join(
            (
                request.method,
                _canonical_path(request.path),
                "&".join(parameters),
                *(f"{name}:{_canonical_value(request, name)}" for name in self.signed_headers),
                "",
                ";".join(self.signed_headers),
                # Not the header X-Amz-Content-Sha256: the client could send any digest in it.
                hashlib.sha256(request.body).hexdigest(),
            )
        )


def signature(request: SentRequest) -> Signature | None:
    """Return the signature of a request; None if it has none. Raises IncompleteSignature.

    It is in the header Authorization, or in the query, as in a presigned URL.
    """
    header = request.headers.get("Authorization", "")
    query = dict(request.parameters())
    if "X-Amz-Algorithm" in query:
        if header:
            raise IncompleteSignature("a request has a signature in its header or in its query")
        return _in_query({name: unquote(value) for name, value in query.items()})
    return _in_header(header, request.headers) if header else None


def _in_header(header: str, headers: CIMultiDictProxy[str]) -> Signature:
    algorithm, _, rest = header.partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    return _signature(
        algorithm,
        fields,
        time=headers.get("X-Amz-Date", ""),
        session_token=headers.get("X-Amz-Security-Token", ""),
        is_in_query=False,
    )


def _in_query(query: dict[str, str]) -> Signature:
    names = (_CREDENTIAL, _SIGNED_HEADERS, _SIGNATURE)
    return _signature(
        query["X-Amz-Algorithm"],
        {name: query.get(f"X-Amz-{name}", "") for name in names},
        time=query.get("X-Amz-Date", ""),
        session_token=query.get("X-Amz-Security-Token", ""),
        is_in_query=True,
    )


def _signature(
    algorithm: str, fields: dict[str, str], *, time: str, session_token: str, is_in_query: bool
) -> Signature:
    if algorithm != _ALGORITHM:
        raise IncompleteSignature(f"the request must be signed with {_ALGORITHM}")
    for name in (_CREDENTIAL, _SIGNED_HEADERS, _SIGNATURE):
        if not fields.get(name):
            raise IncompleteSignature(f"the signature has no {name}")
    if not time:
        raise IncompleteSignature("the signature has no X-Amz-Date")
    if not "".join((*fields.values(), session_token)).isascii():
        raise IncompleteSignature("the signature has characters that are not ASCII")
    match fields[_CREDENTIAL].split("/"):
        case [key, date, region, service, term] if term == _TERMINATOR:
            return Signature(
                access_key_id=key,
                date=date,
                region=region,
                service=service,
                signed_headers=fields[_SIGNED_HEADERS].split(";"),
                value=fields[_SIGNATURE],
                time=time,
                session_token=session_token,
                is_in_query=is_in_query,
            )
    raise IncompleteSignature("Credential must be key/date/region/service/aws4_request")


def _canonical_path(path: str) -> str:
    """Return the path without `.`, `..` and empty segments, percent-encoded once more."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    slash = "/" if path.endswith("/") and segments else ""
    return quote(f"/{'/'.join(segments)}{slash}", f"/{_UNRESERVED}", errors="surrogateescape")


def _canonical_value(request: SentRequest, name: str) -> str:
    values = request.headers.getall(name, [""])
    return ",".join(" ".join(value.split()) for value in values)


def _encoded(text: bytes) -> str:
    return quote(text, _UNRESERVED)
