"""Changes to the emulator's Cognito: it accepts requests that Cognito refuses."""

import json
from typing import Any

from ministack.services import cognito

_confirm_sign_up = cognito._confirm_sign_up
_password_auth_result = cognito._password_auth_result
_password_policy_errors = cognito._password_policy_errors
_respond_to_auth_challenge = cognito._respond_to_auth_challenge

_sessions: dict[str, str] = {}
"""The challenge of each open session."""


def confirm_sign_up(data: dict[str, Any]) -> Any:
    """Confirm a user. The code was sent by email, so the address is verified, and an alias.

    An address that is the alias of another user is refused.
    """
    pool, _ = cognito._pool_for_client(data["ClientId"])
    user, _ = cognito._resolve_user(pool, data["Username"])
    address = cognito._attr_list_to_dict(user["Attributes"]).get("email") if user else None
    holder, _ = cognito._resolve_user(pool, address)
    if holder and holder is not user:
        return cognito.error_response_json("AliasExistsException", "An account exists.", 400)
    answer = _confirm_sign_up(data)
    if answer[0] == 200:
        pool, _ = cognito._pool_for_client(data["ClientId"])
        user, _ = cognito._resolve_user(pool, data["Username"])
        verified = {"Name": "email_verified", "Value": "true"}
        user["Attributes"] = cognito._merge_attributes(user["Attributes"], [verified])
    return answer


def password_auth_result(*args: Any, **kwargs: Any) -> Any:
    """Remember the session of a challenge."""
    answer = _password_auth_result(*args, **kwargs)
    opened = json.loads(answer[2])
    if "Session" in opened:
        _sessions[opened["Session"]] = opened["ChallengeName"]
    return answer


def respond_to_auth_challenge(data: dict[str, Any]) -> Any:
    """Accept a session once and only for its own challenge; check the new password."""
    session, challenge = data.get("Session"), data.get("ChallengeName")
    if challenge not in ("NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA"):
        return _respond_to_auth_challenge(data)
    if _sessions.get(session) != challenge:
        return cognito.error_response_json(
            "NotAuthorizedException", "Invalid session for the user.", 400
        )
    if challenge == "NEW_PASSWORD_REQUIRED":
        pool, _ = cognito._pool_for_client(data["ClientId"])
        weak = cognito._validate_password(pool, data["ChallengeResponses"]["NEW_PASSWORD"])
        if weak:
            return weak
    answer = _respond_to_auth_challenge(data)
    if answer[0] == 200:
        del _sessions[session]
    return answer


def password_policy_errors(pool: dict[str, Any], password: str) -> Any:
    """Check a password. The emulator keeps a number from a template parameter as a string."""
    policy = pool["Policies"]["PasswordPolicy"]
    policy["MinimumLength"] = int(policy["MinimumLength"])
    return _password_policy_errors(pool, password)


cognito._confirm_sign_up = confirm_sign_up
cognito._password_auth_result = password_auth_result
cognito._password_policy_errors = password_policy_errors
cognito._respond_to_auth_challenge = respond_to_auth_challenge
