"""API -> whether the token of another OpenID provider is good, and whose it is."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from tokens import Unverified, Verifier, keys

from common import aws
from common.observability import logger

_STAGES = ("AWSCURRENT", "AWSPREVIOUS")


@logger.inject_lambda_context(log_event=False)  # the event holds the token
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Allow the whole stage, since API Gateway keeps the answer for other paths too."""
    try:
        claims = verifier().verify(event["authorizationToken"])
    except Unverified as error:
        logger.warning("token refused", reason=str(error))
        raise Exception("Unauthorized") from None  # these very words are a 401
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
    """Takes the tokens of the deployed issuer: HS256 where there is a secret, else RS256."""
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
    for stage in _STAGES:
        try:
            answer = aws.secretsmanager().get_secret_value(SecretId=secret, VersionStage=stage)
            found.append(answer["SecretString"])
        except aws.secretsmanager().exceptions.ResourceNotFoundException:
            continue  # no previous version before the first rotation
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"Secrets Manager: {error}") from error
    return found


def _context(claims: dict[str, Any]) -> dict[str, str]:
    """What the routes learn of the caller: as strings, since API Gateway passes on no lists."""
    username = claims.get("username", claims["sub"])  # a preferred one may be anybody's
    named = claims.get("cognito:groups") or claims.get("groups") or []
    # A name that looks like two would be two.
    groups = [name for name in named if isinstance(name, str) and name.isidentifier()]
    return {"sub": claims["sub"], "username": str(username), "groups": ",".join(groups)}
