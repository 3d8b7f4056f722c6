"""The keys of an issuer, which are cached: public keys of its key set, or shared secrets."""

from __future__ import annotations

import http.client
import json
import logging
import math
import threading
import time
import urllib.request
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

import jwt

type Named = tuple[str | None, Any]
"""A key and its `kid`. A shared secret has none (None), so any of them may be the right one."""

REFETCH_SECONDS = 30
"""The pause between two fetches, however many tokens have an unknown `kid`."""

FETCH_SECONDS = 2
FETCH_BYTES = 256 * 1024

MIN_RSA_BITS = 2048  # RFC 7518, section 3.3
MIN_SECRET_BYTES = 32  # RFC 7518, section 3.2: as long as the hash

log = logging.getLogger(__name__)


class Keys:
    """The keys for one algorithm. `read` fetches them, again after `kept_seconds`.

    If a fetch fails, the keys of the last successful fetch stay valid.
    """

    def __init__(
        self,
        algorithm: str,
        read: Callable[[], Collection[Named]],
        kept_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.algorithm = algorithm
        self._read = read
        self._kept_seconds = kept_seconds
        self._clock = clock
        self._keys: Collection[Named] = ()
        self._expires_at = self._next_fetch_at = -math.inf
        self._lock = threading.Lock()

    def named(self, kid: object) -> list[Any]:
        """The keys that may have signed a token with this `kid`."""
        with self._lock:
            now = self._clock()
            if now >= self._next_fetch_at and (now >= self._expires_at or not self._with_kid(kid)):
                self._fetch(now)
            return self._with_kid(kid)

    def _with_kid(self, kid: object) -> list[Any]:
        return [key for name, key in self._keys if name is None or name == kid]

    def _fetch(self, now: float) -> None:
        self._next_fetch_at = now + REFETCH_SECONDS
        try:
            self._keys = self._read()
        except (OSError, ValueError, LookupError, RecursionError) as error:
            log.warning("keys not fetched: %r", error)
        else:
            self._expires_at = now + self._kept_seconds


def public_keys(
    fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float] = time.monotonic
) -> Keys:
    """Keys for RS256: the RSA keys of the key set (JWKS) that `fetch` returns."""

    def read() -> list[Named]:
        keys = [key for jwk in fetch()["keys"] for key in _rsa(jwk)]
        if not keys:
            raise ValueError("the key set contains no RSA key for signatures")
        return keys

    return Keys("RS256", read, kept_seconds=3600, clock=clock)


def shared_secrets(
    fetch: Callable[[], Collection[str]], clock: Callable[[], float] = time.monotonic
) -> Keys:
    """Keys for HS256: all secrets that `fetch` returns are valid."""

    def read() -> list[Named]:
        secrets = [secret for secret in fetch() if len(secret.encode()) >= MIN_SECRET_BYTES]
        if not secrets:
            raise ValueError(f"no secret has {MIN_SECRET_BYTES} bytes or more")
        return [(None, secret) for secret in secrets]

    return Keys("HS256", read, kept_seconds=60, clock=clock)


def key_set(issuer: str) -> dict[str, Any]:
    """The key set that an issuer's discovery document links to (OpenID Connect Discovery 1.0)."""
    document = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if document["issuer"] != issuer:
        raise ValueError("the discovery document is for another issuer")
    scheme, _, _ = issuer.partition(":")
    if not str(document["jwks_uri"]).startswith(f"{scheme}:"):
        raise ValueError("the key set and the issuer have different URL schemes")
    return fetch_json(document["jwks_uri"])


def fetch_json(url: str) -> dict[str, Any]:
    """The JSON object at a URL. Raises OSError or ValueError. Follows no redirects.

    The object may have FETCH_BYTES, and may take FETCH_SECONDS after the headers.
    """
    try:
        with _opener().open(url, timeout=FETCH_SECONDS) as response:
            document = json.loads(_read(response))
    except http.client.HTTPException as error:
        raise OSError(f"{url}: {error!r}") from error
    if not isinstance(document, dict):
        raise ValueError(f"the response of {url} is not a JSON object")
    return document


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Opens HTTP and HTTPS only: no files, no redirects.

    It is created once, because reading the certificates that it trusts takes tens of milliseconds.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _read(response: Any) -> bytes:
    # The timeout of a socket starts again with every byte, so a deadline limits the sum.
    deadline = time.monotonic() + FETCH_SECONDS
    content = b""
    while chunk := response.read1(FETCH_BYTES):
        content += chunk
        if len(content) > FETCH_BYTES:
            raise ValueError("the response is too long")
        if time.monotonic() > deadline:
            raise TimeoutError("the response is too slow")
    return content


def _rsa(jwk: Mapping[str, Any]) -> list[Named]:
    try:
        if jwk["kty"] != "RSA" or jwk.get("use", "sig") != "sig":
            return []
        key = jwt.PyJWK(dict(jwk), algorithm="RS256").key
        return [(str(jwk["kid"]), key)] if key.key_size >= MIN_RSA_BITS else []
    except (jwt.PyJWTError, ValueError, TypeError, LookupError):
        return []  # a bad key must not make the others unusable
