"""The keys of an issuer, kept for a while: public ones from its key set, or shared secrets."""

from __future__ import annotations

import json
import logging
import math
import queue
import threading
import time
import urllib.request
from collections.abc import Callable, Collection, Mapping
from typing import Any

import jwt

type Named = tuple[str | None, Any]
"""A key under its `kid`; under None where keys have no names and any may be the one."""

REFETCH_SECONDS = 30
"""The issuer is asked at most this often, however many tokens name an unknown key."""

FETCH_SECONDS = 2
FETCH_BYTES = 256 * 1024

MIN_RSA_BITS = 2048  # RFC 7518, section 3.3
MIN_SECRET_BYTES = 32  # section 3.2: as long as the hash

log = logging.getLogger(__name__)


class Keys:
    """The keys for one algorithm. `read` gets them; `kept_seconds` later they are read again.

    Where they cannot be read, those read before go on counting.
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
        self._stale_at = self._readable_at = -math.inf
        self._reading = threading.Lock()

    def named(self, kid: object) -> list[Any]:
        """The keys that a token with this `kid` may be signed by."""
        with self._reading:
            now = self._clock()
            if now >= self._readable_at and (now >= self._stale_at or not self._of(kid)):
                self._read_again(now)
            return self._of(kid)

    def _of(self, kid: object) -> list[Any]:
        return [key for name, key in self._keys if name is None or name == kid]

    def _read_again(self, now: float) -> None:
        self._readable_at = now + REFETCH_SECONDS
        try:
            self._keys = self._read()
        except (OSError, ValueError, LookupError, RecursionError) as error:
            log.warning("keys not read: %r", error)
        else:
            self._stale_at = now + self._kept_seconds


def public_keys(
    fetch: Callable[[], Mapping[str, Any]], clock: Callable[[], float] = time.monotonic
) -> Keys:
    """The RSA keys of a key set (JWKS) that `fetch` gets, for RS256."""

    def read() -> list[Named]:
        keys = [key for jwk in fetch()["keys"] for key in _rsa(jwk)]
        if not keys:
            raise ValueError("no RSA key for signatures in the key set")
        return keys

    return Keys("RS256", read, kept_seconds=3600, clock=clock)


def shared_secrets(
    fetch: Callable[[], Collection[str]], clock: Callable[[], float] = time.monotonic
) -> Keys:
    """The secrets that `fetch` gets, for HS256: each of them counts."""

    def read() -> list[Named]:
        secrets = [secret for secret in fetch() if len(secret.encode()) >= MIN_SECRET_BYTES]
        if not secrets:
            raise ValueError(f"no secret of {MIN_SECRET_BYTES} bytes")
        return [(None, secret) for secret in secrets]

    return Keys("HS256", read, kept_seconds=60, clock=clock)


def key_set(issuer: str) -> dict[str, Any]:
    """The key set that an issuer's discovery document names (OpenID Connect Discovery 1.0)."""
    document = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if document["issuer"] != issuer:
        raise ValueError("the discovery document is another issuer's")
    scheme, _, _ = issuer.partition(":")
    if not str(document["jwks_uri"]).startswith(f"{scheme}:"):
        raise ValueError("the key set is not at a place as safe as the issuer")
    return fetch_json(document["jwks_uri"])


def fetch_json(url: str) -> dict[str, Any]:
    """A JSON object, FETCH_BYTES long at most and there in FETCH_SECONDS.

    Raises OSError or ValueError. Follows no redirect.
    """
    # A thread, since a socket's timeout begins anew with every byte.
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    threading.Thread(target=_fetch, args=(url, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=FETCH_SECONDS)
    except queue.Empty:
        raise TimeoutError(f"no answer of {url} in {FETCH_SECONDS} s") from None
    if isinstance(answer, Exception):
        raise answer
    document = json.loads(answer)
    if not isinstance(document, dict):
        raise ValueError(f"the answer of {url} is no object")
    return document


def _fetch(url: str, answers: queue.SimpleQueue[bytes | Exception]) -> None:
    opener = urllib.request.OpenerDirector()  # nothing but HTTP: no files, no redirects
    for handler in (
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    try:
        with opener.open(url, timeout=FETCH_SECONDS) as response:
            answers.put(_read(response))
    except Exception as error:
        answers.put(OSError(f"{url}: {error!r}"))


def _read(response: Any) -> bytes:
    deadline = time.monotonic() + FETCH_SECONDS
    answer = b""
    while chunk := response.read1(FETCH_BYTES):
        answer += chunk
        if len(answer) > FETCH_BYTES:
            raise ValueError("the answer is too long")
        if time.monotonic() > deadline:
            raise TimeoutError("the answer comes too slowly")
    return answer


def _rsa(jwk: Mapping[str, Any]) -> list[Named]:
    try:
        if jwk["kty"] != "RSA" or jwk.get("use", "sig") != "sig":
            return []
        key = jwt.PyJWK(dict(jwk), algorithm="RS256").key
        return [(str(jwk["kid"]), key)] if key.key_size >= MIN_RSA_BITS else []
    except (jwt.PyJWTError, ValueError, TypeError, LookupError):
        return []  # one bad key takes no other with it
