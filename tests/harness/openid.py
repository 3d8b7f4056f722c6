"""An OpenID provider on loopback, with real RSA keys, key rotation, and faults to inject."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

KEY_SET = "/keys"
DISCOVERY = "/.well-known/openid-configuration"

type Trouble = Callable[[OpenIDProvider, web.Request], Awaitable[web.StreamResponse]]


class OpenIDProvider:
    """The provider. `requested`: the paths so far. `trouble`: a fault for the next requests."""

    def __init__(self) -> None:
        self.issuer = ""
        self.requested: list[str] = []
        self.trouble: Trouble | None = None
        self.keys: dict[str, RSAPrivateKey] = {}
        self.rotate("first")

    def rotate(self, kid: str) -> None:
        """Replace the key by a new one."""
        self.keys = {kid: generate_private_key(public_exponent=65537, key_size=2048)}

    def token(self, *, kid: str | None = None, header: Any = None, **claims: Any) -> str:
        """Return an access token. A claim with the value None is left out."""
        [(own_kid, key)] = self.keys.items()
        return jwt.encode(
            self.claims(**claims), key, "RS256", {"kid": kid or own_kid, **(header or {})}
        )

    def claims(self, **claims: Any) -> dict[str, Any]:
        """Return the claims of an access token, with changes."""
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "aud": "storefront",
            "sub": "auth0|ada",
            "iat": now,
            "exp": now + 300,
        }
        return {name: value for name, value in (usual | claims).items() if value is not None}

    def key_set(self) -> dict[str, Any]:
        """Return the public keys as a JWK set."""
        return {
            "keys": [
                json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
                | {"kid": kid, "use": "sig", "alg": "RS256"}
                for kid, key in self.keys.items()
            ]
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Respond to a request."""
        self.requested.append(request.path)
        if self.trouble:
            return await self.trouble(self, request)
        return web.json_response(self.document(request.path))

    def document(self, path: str) -> dict[str, Any]:
        """Return the discovery document or the key set."""
        if path == DISCOVERY:
            return {"issuer": self.issuer, "jwks_uri": self.issuer + KEY_SET}
        return self.key_set()


@contextmanager
def openid_provider(certificate: Path | None = None) -> Iterator[OpenIDProvider]:
    """Run a provider for the duration of the context, with TLS if a certificate is given."""
    provider = OpenIDProvider()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_listen(provider, certificate), loop).result()
    try:
        yield provider
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def self_signed_certificate(folder: Path) -> Path:
    """Create a certificate for loopback with its key, in one file that clients can trust."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "openid")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


async def _listen(provider: OpenIDProvider, certificate: Path | None) -> web.AppRunner:
    app = web.Application()
    app.router.add_get("/{path:.*}", provider.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    host, port = runner.addresses[0][:2]
    provider.issuer = f"{'https' if tls else 'http'}://{host}:{port}"
    return runner


def public_pem(provider: OpenIDProvider) -> bytes:
    [key] = provider.keys.values()
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return a token without a signature."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    encoded = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return ".".join([*encoded, ""])


def signed(
    provider: OpenIDProvider,
    claims: dict[str, Any],
    key: bytes | None = None,
    header: dict[str, Any] | None = None,
) -> str:
    """Return a token that PyJWT refuses to create: a public key as secret, or invalid claims."""
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    [(kid, private)] = provider.keys.items()
    head, body, _ = unsigned(
        header or {"alg": "RS256", "kid": kid}, provider.claims(**claims)
    ).split(".")
    message = f"{head}.{body}".encode()
    if key is None:
        rsa = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
        signature = rsa.sign(message, private)
    else:
        signature = signer.sign(message, key)
    return f"{head}.{body}." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


async def down(_: OpenIDProvider, __: web.Request) -> web.StreamResponse:
    """Responds with 503."""
    return web.Response(status=503)


async def huge(provider: OpenIDProvider, request: web.Request) -> web.StreamResponse:
    """Responds correctly, and adds a megabyte."""
    padding = {"padding": "x" * 1024 * 1024}
    return web.json_response(provider.document(request.path) | padding)


async def rubbish(_: OpenIDProvider, __: web.Request) -> web.StreamResponse:
    """Responds with something that is not a key set."""
    return web.json_response({"keys": "none"})


async def elsewhere(_: OpenIDProvider, __: web.Request) -> web.StreamResponse:
    """Redirects to a file on the client's machine."""
    return web.Response(status=302, headers={"Location": "file:///etc/hostname"})


async def drip(_: OpenIDProvider, request: web.Request) -> web.StreamResponse:
    """Sends one byte every 0.1 s, so that no single read times out."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.1)
