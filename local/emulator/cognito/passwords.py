"""Passwords: the pool's policy, and who may reset a password."""

from __future__ import annotations

from typing import Any

from ministack.services import cognito

from .rules import Handler, Pool, Request, Response, attributes_of, refused, rule, user_of

_password_policy_errors = cognito._password_policy_errors


@rule("ForgotPassword", "AdminResetUserPassword")
def a_password_is_reset_by_a_code_to_a_verified_address(
    request: Request, proceed: Handler
) -> Response:
    """API, ForgotPassword: InvalidParameterException without a verified address.

    AWS re:Post, "cognito-forgot-password": not for a user with a temporary password.
    """
    user = user_of(request)
    if user is None:
        return proceed(request)
    if not user["Enabled"]:
        return refused("NotAuthorizedException", "User is disabled.")
    if user["UserStatus"] == "FORCE_CHANGE_PASSWORD":
        return refused(
            "NotAuthorizedException", "User password cannot be reset in the current state."
        )
    if attributes_of(user).get("email_verified") != "true":
        return refused(
            "InvalidParameterException",
            "Cannot reset password for the user as there is no registered/verified email or "
            "phone_number",
        )
    return proceed(request)


@rule("ConfirmForgotPassword")
def a_reset_does_not_confirm_a_user(request: Request, proceed: Handler) -> Response:
    """API, ConfirmForgotPassword: UserNotConfirmedException."""
    user = user_of(request)
    if user and user["UserStatus"] == "UNCONFIRMED":
        return refused("UserNotConfirmedException", "User is not confirmed.")
    return proceed(request)


def password_policy_errors(pool: Pool, password: str) -> Any:
    """Check a password. The emulator keeps a number from a template parameter as a string."""
    policy = pool["Policies"]["PasswordPolicy"]
    policy["MinimumLength"] = int(policy["MinimumLength"])
    return _password_policy_errors(pool, password)


cognito._password_policy_errors = password_policy_errors
