"""The callers of signed requests to the API, for the local gateway.

The gateway serves the API, but only the emulator has the secret keys and the policies. It answers
nobody else, because it would tell whether a guessed key is right.

Upstream: no, only our gateway needs it.
"""

import hmac
import json
import os
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, sigv4
from ministack.core.responses import get_region
from ministack.services import apigateway_v1

PATH = "/_local/signer"
ACTION, SERVICE = "execute-api:Invoke", "execute-api"

# Not in the environment any more, which the functions inherit.
_secret = os.environ.pop("GATEWAY_SECRET", "").encode()
_handle_post_body_shortcuts = app._handle_post_body_shortcuts


async def handle_post_body_shortcuts(
    method: str, path: str, headers: dict[str, str], body: bytes, *args: Any
) -> Any:
    """Answer the gateway; pass all other requests on."""
    if path != PATH:
        return await _handle_post_body_shortcuts(method, path, headers, body, *args)
    if not is_gateway(headers):
        return 403, {}, b""
    return 200, {"Content-Type": "application/json"}, json.dumps(signer(json.loads(body))).encode()


def is_gateway(headers: dict[str, str]) -> bool:
    """Whether a request is from the gateway of this stack, which has the same secret."""
    given = headers.get("x-local-secret", "").encode()
    return _secret != b"" and hmac.compare_digest(_secret, given)


def signer(request: dict[str, str]) -> dict[str, Any]:
    """The caller as in `$context.identity`, or the reason of a refusal."""
    key = request["accessKeyId"]
    credential = iam_evaluator.resolve_credential(key, session_token=request["sessionToken"])
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        expired = credential.code == "ExpiredTokenException"
        return {"refusal": "ExpiredToken" if expired else "UnknownKey"}
    expected = sigv4.calculate_signature(
        credential.secret_access_key,
        request["date"],
        get_region(),
        SERVICE,
        request["stringToSign"],
    )
    if not sigv4.signatures_match(expected, request["signature"]):
        return {"refusal": "InvalidSignature"}
    arn = request["methodArn"]
    if iam_evaluator.enforce(key, ACTION, "apigateway", get_region(), arn) is not None:
        return {"refusal": "AccessDenied"}
    # The emulator reads the key from a request of its own API.
    signed = {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/"}
    return {"identity": apigateway_v1._iam_caller_identity(signed, {})}


def answer_the_gateway() -> None:
    """Add the path to the emulator's app."""
    app._handle_post_body_shortcuts = handle_post_body_shortcuts
