"""What the local gateway asks: the callers of signed requests to the API, and its own origins.

The gateway serves the API, but only the emulator has the secret keys and the policies. The guard in
`browsers` lets nobody else ask, because the answer tells whether a guessed key is right.

Upstream: no, only our gateway needs it.
"""

import json
from typing import Any

from browsers import allow
from ministack import app
from ministack.core import iam_evaluator, sigv4
from ministack.core.responses import get_region
from ministack.services import apigateway_v1

SIGNER_PATH, ORIGINS_PATH = "/_local/signer", "/_local/origins"
ACTION, SERVICE = "execute-api:Invoke", "execute-api"

_handle_post_body_shortcuts = app._handle_post_body_shortcuts


async def handle_post_body_shortcuts(
    method: str, path: str, headers: dict[str, str], body: bytes, *args: Any
) -> Any:
    """Answer the gateway; pass all other requests on."""
    answer: Any = {}
    if path == SIGNER_PATH:
        answer = signer(json.loads(body))
    elif path == ORIGINS_PATH:
        allow(json.loads(body))
    else:
        return await _handle_post_body_shortcuts(method, path, headers, body, *args)
    return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


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
