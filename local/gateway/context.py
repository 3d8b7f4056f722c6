"""`$context` of the mapping templates: what API Gateway itself knows about a request."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.gateway.intrinsics import StackResolver

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SIGNER = (
    *("accessKey", "accountId", "caller", "principalOrgId", "user", "userArn"),
    *("cognitoAuthenticationProvider", "cognitoAuthenticationType"),
    *("cognitoIdentityId", "cognitoIdentityPoolId"),
)
"""The fields of `identity` that only signed requests have."""
_TRACE_ROOT = re.compile("Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(;|$)")


def request_context(request: web.Request, stack: StackResolver, stage: str) -> dict[str, Any]:
    """Return `$context`, which functions get as `requestContext`."""
    now = datetime.now(UTC)
    path = request.raw_path.partition("?")[0]
    base = f"/{stage}"
    sent_id = request.headers.get("x-amzn-RequestId", "")
    traced = _TRACE_ROOT.search(request.headers.get("X-Amzn-Trace-Id", ""))
    fresh = f"1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}"
    return {
        "accountId": stack.account,
        "apiId": next(
            stack.ids.get(each, "") for each in stack.resources("AWS::ApiGateway::RestApi")
        ),
        "domainName": request.host,
        "extendedRequestId": secrets.token_urlsafe(11) + "=",
        "httpMethod": request.method,
        "identity": dict.fromkeys(_SIGNER)
        | {
            "sourceIp": request.remote or "",
            "userAgent": request.headers.get("User-Agent", ""),
        },
        # The stage may be left out of the address, as with a custom domain name on AWS.
        "path": path if path.startswith(f"{base}/") else base + path,
        "protocol": "HTTP/1.1",
        "requestId": sent_id.lower() if _UUID.fullmatch(sent_id) else str(uuid.uuid4()),
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "stage": stage,
        "xrayTraceId": traced[1] if traced else fresh,
    }
