"""What users may write about themselves."""

from __future__ import annotations

from .rules import Handler, Request, Response, pool_of, refused, rule

# Guide, "Attribute permissions and scopes": an app client cannot write these.
_READ_ONLY = {"email_verified", "phone_number_verified", "sub"}


@rule("SignUp", "UpdateUserAttributes")
def users_do_not_verify_their_own_attributes(request: Request, proceed: Handler) -> Response:
    """Only a code or an administrator verifies an address."""
    if _READ_ONLY & {each["Name"] for each in request.get("UserAttributes", [])}:
        return refused(
            "NotAuthorizedException", "A client attempted to write unauthorized attribute"
        )
    return proceed(request)


@rule("SignUp")
def an_administrator_can_keep_registration_closed(request: Request, proceed: Handler) -> Response:
    """API, AdminCreateUserConfigType: AllowAdminCreateUserOnly."""
    pool = pool_of(request)
    if pool and pool["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly") in (True, "true"):
        return refused("NotAuthorizedException", "SignUp is not permitted for this user pool")
    return proceed(request)
