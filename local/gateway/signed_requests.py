"""IAM authorization: requests that an IAM principal has signed.

API Gateway guide, "Control access to a REST API with IAM permissions". The emulator has the secret
keys and the policies, so it decides. It gets the text that must have been signed, and answers
with the caller.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from local.gateway import sigv4
from local.gateway.gateway_responses import GatewayError
from local.gateway.services import Services
from local.gateway.sigv4 import IncompleteSignature, SentRequest, Signature

type Identity = dict[str, str | None]

AUTHORIZATION = "awsSigv4"
"""IAM as the authorization of a method, in a definition."""

SERVICE = "execute-api"
MAX_AGE = timedelta(minutes=5)
"""How far the time of a signature may be from that of API Gateway, in both directions."""

CALLER_PATH = "/_local/signer"

# The gateway response for each refusal of the emulator.
_REFUSALS = {
    "AccessDenied": "ACCESS_DENIED",
    "ExpiredToken": "EXPIRED_TOKEN",
    "InvalidSignature": "INVALID_SIGNATURE",
}


class SignedRequests:
    """Finds the callers of signed requests."""

    def __init__(self, services: Services, region: str) -> None:
        self._services = services
        self._region = region

    async def identity(self, request: SentRequest, method_arn: str) -> Identity:
        """Return the caller's fields of `$context.identity`. Raises GatewayError."""
        try:
            signature = sigv4.signature(request)
        except IncompleteSignature as error:
            raise GatewayError("DEFAULT_4XX", status=403, message=str(error)) from error
        if signature is None:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN")
        if not self._is_acceptable(signature):
            raise GatewayError("INVALID_SIGNATURE")
        answer = await self._ask(
            {
                "accessKeyId": signature.access_key_id,
                "date": signature.date,
                "sessionToken": signature.session_token,
                "stringToSign": signature.string_to_sign(request),
                "signature": signature.value,
                "methodArn": method_arn,
            }
        )
        if "refusal" in answer:
            raise _refusal(answer["refusal"])
        return answer["identity"]  # type: ignore[no-any-return]

    def _is_acceptable(self, signature: Signature) -> bool:
        """Return whether a signature is for this API, of now, and covers what it must cover."""
        signed_at = signature.signed_at
        return (
            (signature.region, signature.service) == (self._region, SERVICE)
            and "host" in signature.signed_headers
            and signed_at is not None
            and abs(datetime.now(UTC) - signed_at) <= MAX_AGE
        )

    async def _ask(self, question: dict[str, str]) -> dict[str, Any]:
        try:
            return await self._services.ask(CALLER_PATH, question)  # type: ignore[no-any-return]
        except OSError as error:
            raise GatewayError("API_CONFIGURATION_ERROR") from error


def _refusal(name: str) -> GatewayError:
    if name in _REFUSALS:
        return GatewayError(_REFUSALS[name])
    message = "The security token included in the request is invalid."
    return GatewayError("DEFAULT_4XX", status=403, message=message)
