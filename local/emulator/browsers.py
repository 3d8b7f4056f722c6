"""Which requests the emulator answers: no unknown host names, no foreign web pages.

Without this, every page that a developer visits could call Cognito, read the emails, or delete
everything with `/_ministack/reset`.

Upstream: no, only our gateway knows which pages are its own.
"""

import hmac
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ministack import app

sys.path.append(str(Path(__file__).parents[2]))  # after the emulator's own packages
from local.origins import is_from_foreign_page, is_own_host

_INTERNAL = ("/_ministack/", "/_local/")
# Readiness, and addresses that contain a secret.
_PUBLIC = (
    "/_ministack/ready",
    "/_ministack/health",
    "/_ministack/cfn-response/",
    "/_ministack/cfn-signal/",
)

# Not in the environment any more, which the functions inherit.
_secret = os.environ.pop("GATEWAY_SECRET", "").encode()
_app = app.app
_origins: set[str] = set()


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer a request, or refuse it."""
    if scope["type"] == "lifespan":
        await _app(scope, receive, send)
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    reason = _refusal(scope, headers)
    if reason is None:
        await _app(scope, receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        body = json.dumps({"message": reason, "details": []}).encode()
        content = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 403, "headers": content})
        await send({"type": "http.response.body", "body": body})


def _refusal(scope: dict[str, Any], headers: dict[str, str]) -> str | None:
    """Return why a request is refused, or None."""
    path = scope["path"]
    if not is_own_host(headers.get("host", "")):
        return "the host name is not one of this stack"
    if path.startswith(_INTERNAL) and not path.startswith(_PUBLIC) and not _is_gateway(headers):
        return "only the gateway of this stack may call this"
    if is_from_foreign_page(headers, _origins) and not _is_decided_by_s3(scope, headers):
        return "only pages of this stack may call this"
    return None


def _is_decided_by_s3(scope: dict[str, Any], headers: dict[str, str]) -> bool:
    """Return whether a browser's request is for a bucket, with what S3 lets browsers use.

    These are presigned URLs, presigned forms, and preflights, which the bucket's rules answer.
    """
    if scope["type"] != "http" or app._s3_cors_target(headers["host"], scope["path"]) is None:
        return False
    method, query = scope["method"], parse_qs(scope["query_string"].decode("latin-1"))
    if app.detect_service(method, scope["path"], headers, query) != "s3":
        return False
    is_form = headers.get("content-type", "").startswith("multipart/form-data;")
    return method == "OPTIONS" or "X-Amz-Signature" in query or (method == "POST" and is_form)


def _is_gateway(headers: dict[str, str]) -> bool:
    """Return whether a request is from the gateway of this stack, which has the same secret."""
    given = headers.get("x-local-secret", "").encode()
    return _secret != b"" and hmac.compare_digest(_secret, given)


def allow(origins: list[str]) -> None:
    """Answer the pages of these origins too."""
    _origins.update(origins)


app.app = answer
