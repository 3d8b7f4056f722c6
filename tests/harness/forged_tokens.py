"""What a request can carry instead of the token that a route requires."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

HOUR = 3600  # seconds


@dataclass(frozen=True)
class Issuer:
    """Who issues the tokens of a route: the key, and the claims of a token that it accepts."""

    kid: str
    key: RSAPrivateKey
    claims: Mapping[str, Any]

    def token(
        self,
        key: RSAPrivateKey | None = None,
        header: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Return the token, with another key, or changes of header and claims. None removes one."""
        changed = {**self.claims, **claims}
        kept = {name: value for name, value in changed.items() if value is not None}
        return jwt.encode(kept, key or self.key, "RS256", {"kid": self.kid, **(header or {})})


@dataclass(frozen=True)
class Credentials:
    """The headers and the query string of a request."""

    headers: Mapping[str, str]
    query: str = ""


def _unsigned(issuer: Issuer, algorithm: str) -> str:
    return f"{_encoded({'alg': algorithm, 'kid': issuer.kid})}.{_encoded(issuer.claims)}"


def _without_signature(algorithm: str) -> Callable[[Issuer], str]:
    return lambda issuer: f"{_unsigned(issuer, algorithm)}."


def _by_public_key(issuer: Issuer) -> str:
    """Return a token that is signed with the public key as a shared secret. PyJWT refuses to."""
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    message = _unsigned(issuer, "HS256")
    return f"{message}.{_base64(hmac.digest(public, message.encode(), hashlib.sha256))}"


def _by_empty_key(issuer: Issuer) -> str:
    """Return a token whose `kid` is the path of an empty file, signed with an empty secret."""
    header = _encoded({"alg": "HS256", "kid": "../../../../../../dev/null"})
    message = f"{header}.{_encoded(issuer.claims)}"
    return f"{message}.{_base64(hmac.digest(b'', message.encode(), hashlib.sha256))}"


def _with_other_claims(issuer: Issuer) -> str:
    """Return a valid token of one user with the claims of another."""
    header, _, signature = issuer.token().split(".")
    return f"{header}.{_encoded({**issuer.claims, 'sub': 'somebody-else'})}.{signature}"


def _refresh_token(_: Issuer) -> str:
    """Return a token like Cognito's refresh tokens, which are encrypted and not only signed."""
    header = _encoded({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"})
    return ".".join([header, *(_base64(part * 16) for part in (b"k", b"i", b"c", b"t"))])


def _by_stranger(**header: Any) -> Callable[[Issuer], str]:
    """Return a token that somebody else has signed."""
    return lambda issuer: issuer.token(stranger(), header)


@cache
def stranger() -> RSAPrivateKey:
    """Return a key that belongs to no issuer."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def _public_jwk() -> Mapping[str, Any]:
    public = jwt.algorithms.RSAAlgorithm.to_jwk(stranger().public_key(), as_dict=True)
    return {**public, "kid": "stranger", "alg": "RS256", "use": "sig"}


FORGED: dict[str, Callable[[Issuer], str]] = {
    "garbage": lambda _: "garbage",
    "three parts of garbage": lambda _: "a.b.c",
    "only dots": lambda _: "..",
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - HOUR),
    "without exp": lambda issuer: issuer.token(exp=None),
    "exp is text": lambda issuer: issuer.token(exp="tomorrow"),
    "not yet valid": lambda issuer: issuer.token(nbf=int(time.time()) + HOUR),
    "of another issuer": lambda issuer: issuer.token(iss=f"{issuer.claims['iss']}x"),
    "without iss": lambda issuer: issuer.token(iss=None),
    "without sub": lambda issuer: issuer.token(sub=None),
    "with sub alone": lambda issuer: jwt.encode(
        {"sub": issuer.claims["sub"]}, issuer.key, "RS256", {"kid": issuer.kid}
    ),
    "alg none": _without_signature("none"),
    "alg nOnE": _without_signature("nOnE"),
    "RS256 without a signature": _without_signature("RS256"),
    "HS256 by the public key": _by_public_key,
    "another RSA algorithm": lambda issuer: jwt.encode(
        dict(issuer.claims), issuer.key, "RS512", {"kid": issuer.kid}
    ),
    "signed by a stranger": _by_stranger(),
    "a stranger's key in jwk": lambda issuer: issuer.token(stranger(), {"jwk": _public_jwk()}),
    "a stranger's key at jku": _by_stranger(jku="https://stranger.example/keys", kid="stranger"),
    "a stranger's key at x5u": _by_stranger(x5u="https://stranger.example/certificate"),
    "kid is a path": _by_empty_key,
    "kid is SQL": _by_stranger(kid="x' UNION SELECT 'secret"),
    "unknown kid": lambda issuer: issuer.token(header={"kid": "unknown"}),
    "changed claims": _with_other_claims,
    "without its last part": lambda issuer: issuer.token().rpartition(".")[0],
    "a refresh token": _refresh_token,
}
"""Tokens that nobody has issued, or not any more."""

MISPLACED: dict[str, Callable[[str], Credentials]] = {
    "nothing": lambda _: Credentials({}),
    "an empty header": lambda _: Credentials({"Authorization": ""}),
    "Bearer without a token": lambda _: Credentials({"Authorization": "Bearer"}),
    "Bearer twice": lambda token: Credentials({"Authorization": f"Bearer Bearer {token}"}),
    "Basic": lambda token: Credentials({"Authorization": f"Basic {token}"}),
    "a token and more": lambda token: Credentials({"Authorization": f"{token} x"}),
    "two tokens": lambda token: Credentials({"Authorization": f"{token}, {token}"}),
    "a cookie": lambda token: Credentials({"Cookie": f"Authorization={token}"}),
    "another header": lambda token: Credentials({"X-Authorization": token}),
    "a query string": lambda token: Credentials(
        {}, f"?Authorization={token}&access_token={token}&token={token}"
    ),
}
"""Requests with a valid token that is not where it belongs, and requests without one."""


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(dict(part)).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
