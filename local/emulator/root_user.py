"""Changes to the emulator's credentials: they are random, and each signature is checked.

The emulator accepts `test`, every account number and unsigned requests as its root user, whose
signatures it does not check. It derives the credentials of a function from its name.

Upstream: no, its users know the credentials `test`, and nobody else should reach it.
"""

import hmac
import os
from typing import Any

from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import sts

ACCOUNT = "000000000000"
NOT_OF_A_BUCKET = ("s3:CreateBucket", "s3:ListAllMyBuckets")

# Not in the environment any more, which the functions inherit.
_access_key, _secret = (
    os.environ.pop("ROOT_ACCESS_KEY_ID"),
    os.environ.pop("ROOT_SECRET_ACCESS_KEY"),
)
_resolve_principal = iam_evaluator.resolve_principal
_check_credentials = iam_evaluator.check_credentials
_enforce = iam_evaluator.enforce
_execution_credentials = lambda_runtime.execution_credentials


def is_root(access_key_id: str) -> bool:
    """Return whether this is the key of the stack's own tools, not of a role."""
    return access_key_id == _access_key


def is_root_access_key(_access_key_id: str) -> bool:
    """Accept no access key without a signature."""
    return False


def resolve_principal(access_key_id: str, account_id: str, credential: Any = None) -> Any:
    """Return the principal, which has all permissions if the request needs no credentials.

    These are the operations that SDKs do not sign, such as Cognito's for users, and requests to
    S3, which decides about them itself.
    """
    if not access_key_id and iam_evaluator._anonymous.get():
        return iam_evaluator.PrincipalInfo("", "Anonymous", account_id, policies=None)
    return _resolve_principal(access_key_id, account_id, credential)


def enforce(access_key_id: str, iam_action: str, *args: Any, **options: Any) -> Any:
    """Decide about a request. Of those without credentials, S3 asks only existing buckets."""
    if iam_evaluator._anonymous.get() and iam_action in NOT_OF_A_BUCKET:
        return iam_evaluator.AuthError("AccessDenied", "Access Denied")
    return _enforce(access_key_id, iam_action, *args, **options)


def check_credentials(access_key_id: str, service: str | None = None) -> Any:
    """Refuse a request without credentials for an action that the emulator does not know."""
    if service != "s3" and iam_evaluator._anonymous.get():
        message = "Missing Authentication Token"
        return iam_evaluator.AuthError("MissingAuthenticationToken", message)
    return _check_credentials(access_key_id, service)


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """Return the credentials of a function's role, which nobody can derive without the secret."""
    given = _execution_credentials(config)
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        given[name] = hmac.new(_secret.encode(), given[name].encode(), "sha256").hexdigest()
    sts._sessions[given["AWS_ACCESS_KEY_ID"]] |= {
        "SecretAccessKey": given["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": given["AWS_SESSION_TOKEN"],
    }
    return given


iam_evaluator.is_root_access_key = is_root_access_key
iam_evaluator.resolve_principal = resolve_principal
iam_evaluator.check_credentials = check_credentials
iam_evaluator.enforce = enforce
lambda_runtime.execution_credentials = execution_credentials
sts.is_root_access_key = is_root_access_key
sts.register_session(
    _access_key,
    {
        "Arn": f"arn:aws:iam::{ACCOUNT}:root",
        "UserId": ACCOUNT,
        "AccountId": ACCOUNT,
        "PrincipalType": "Root",
        "SecretAccessKey": _secret,
    },
)
