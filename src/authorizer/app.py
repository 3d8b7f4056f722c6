"""API -> whether a token of another OpenID provider is valid, and which user it belongs to."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from tokens import Unverified, Verifier, keys

from common import aws
from common.observability import logger

_SECRET_VERSIONS = ("AWSCURRENT", "AWSPREVIOUS")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A policy for the whole stage, because API Gateway caches it for all paths."""
    try:
        claims = verifier().verify(event["authorizationToken"])
    except Unverified as error:
        logger.warning("token rejected", reason=str(error))
        raise Exception("Unauthorized") from None  # API Gateway answers 401 for exactly this text
    api, stage, *_ = event["methodArn"].split("/")
    return {
        "principalId": claims["sub"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": f"{api}/{stage}/*",
                }
            ],
        },
        "context": _context(claims),
    }


@cache
def verifier() -> Verifier:
    """Verifies tokens of the deployed issuer: with HS256 if there is a secret, else with RS256."""
    issuer, secret = aws.env("JWT_ISSUER"), aws.env("JWT_HS256_ARN")
    return Verifier(
        issuer,
        {aws.env("JWT_AUDIENCE")},
        keys.shared_secrets(lambda: _secrets(secret))
        if secret
        else keys.public_keys(lambda: keys.key_set(issuer)),
    )


def _secrets(secret: str) -> list[str]:
    found = []
    for version in _SECRET_VERSIONS:
        try:
            response = aws.secretsmanager().get_secret_value(SecretId=secret, VersionStage=version)
            found.append(response["SecretString"])
        except aws.secretsmanager().exceptions.ResourceNotFoundException:
            continue  # before the first rotation, there is no previous version
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"Secrets Manager: {error}") from error
    return found


def _context(claims: dict[str, Any]) -> dict[str, str]:
    """What API functions learn about the caller. All strings: API Gateway accepts no lists."""
    username = claims.get("username", claims["sub"])  # users can choose a `preferred_username`
    named = claims.get("cognito:groups") or claims.get("groups") or []
    # Groups are joined with commas, so a name with a comma would become two groups.
    groups = [name for name in named if isinstance(name, str) and name.isidentifier()]
    return {"sub": claims["sub"], "username": str(username), "groups": ",".join(groups)}
