"""Email addresses: whose alias an address is, and when it is verified."""

from __future__ import annotations

from ministack.services import cognito

from . import codes
from .rules import (
    Handler,
    Pool,
    Request,
    Response,
    User,
    attributes_of,
    is_success,
    operation,
    pool_of,
    refused,
    rule,
    set_attributes,
    user_of,
)


@rule("ConfirmSignUp")
def the_first_to_confirm_an_address_has_it(request: Request, proceed: Handler) -> Response:
    """Verify the address that the code was sent to.

    API, ConfirmSignUp: AliasExistsException, unless ForceAliasCreation moves the alias. SignUp
    itself accepts the address of another user.
    """
    pool, user = pool_of(request), user_of(request)
    if pool is None or user is None:
        return proceed(request)
    address = attributes_of(user).get("email", "")
    holder = _holder(pool, address, user["Username"])
    if holder and not request.get("ForceAliasCreation"):
        return refused("AliasExistsException", "An account with the email already exists.")
    response = proceed(request)
    if address and is_success(response):
        _verify(user, address, holder)
    return response


@rule("AdminCreateUser")
def a_new_user_does_not_take_an_address(request: Request, proceed: Handler) -> Response:
    """API, AdminCreateUser: AliasExistsException, unless ForceAliasCreation moves the alias."""
    pool = pool_of(request)
    new = cognito._attr_list_to_dict(request.get("UserAttributes", []))
    exists = user_of(request) is not None  # then the name is refused
    if pool is None or exists or new.get("email_verified") != "true":
        return proceed(request)
    holder = _holder(pool, new.get("email", ""), request["Username"])
    if holder and not request.get("ForceAliasCreation"):
        return refused("AliasExistsException", "An account with the given email already exists.")
    response = proceed(request)
    if holder and is_success(response):
        set_attributes(holder, email_verified="false")
    return response


@rule("SignUp", "AdminCreateUser")
def a_new_address_is_not_verified(request: Request, proceed: Handler) -> Response:
    """The attribute exists, because ID tokens show it."""
    response = proceed(request)
    user = user_of(request)
    if user and is_success(response):
        attributes = attributes_of(user)
        if "email" in attributes:
            set_attributes(user, email_verified=attributes.get("email_verified", "false"))
    return response


@rule("AdminUpdateUserAttributes")
def an_administrator_does_not_verify_anothers_address(
    request: Request, proceed: Handler
) -> Response:
    """API, AdminUpdateUserAttributes: AliasExistsException."""
    pool, user = pool_of(request), user_of(request)
    if pool and user:
        new = cognito._attr_list_to_dict(request.get("UserAttributes", []))
        address = new.get("email", attributes_of(user).get("email", ""))
        if new.get("email_verified") == "true" and _holder(pool, address, user["Username"]):
            return refused(
                "AliasExistsException", "An account with the given email already exists."
            )
    return proceed(request)


@rule("UpdateUserAttributes", "AdminUpdateUserAttributes")
def a_changed_address_waits_for_its_code(request: Request, proceed: Handler) -> Response:
    """Send a code to the new address; keep the old one if the pool says so.

    Guide, "Verifying updates to email addresses and phone numbers":
    AttributesRequireVerificationBeforeUpdate.
    """
    pool, user = pool_of(request), user_of(request)
    sent = cognito._attr_list_to_dict(request.get("UserAttributes", []))
    address = sent.get("email")
    if pool is None or user is None or address is None or sent.get("email_verified") == "true":
        return proceed(request)
    if address == attributes_of(user).get("email"):
        user.pop("_new_address", None)
        return proceed(request)
    settings = pool.get("UserAttributeUpdateSettings", {})
    if "email" in settings.get("AttributesRequireVerificationBeforeUpdate", []):
        del sent["email"]
    else:
        sent["email_verified"] = "false"
    response = proceed(request | {"UserAttributes": cognito._dict_to_attr_list(sent)})
    if not is_success(response):
        return response
    user["_new_address"] = address
    delivery = _send_code(pool, user)
    if "AccessToken" not in request:
        return response  # the administrator's operation returns nothing
    return cognito.json_response({"CodeDeliveryDetailsList": [delivery]})


@operation("GetUserAttributeVerificationCode")
def get_user_attribute_verification_code(request: Request) -> Response:
    """API, GetUserAttributeVerificationCode, for the email address."""
    pool, user = pool_of(request), user_of(request)
    if pool is None or user is None:
        return refused("NotAuthorizedException", "Invalid Access Token")
    return cognito.json_response({"CodeDeliveryDetails": _send_code(pool, user)})


@operation("VerifyUserAttribute")
def verify_user_attribute(request: Request) -> Response:
    """API, VerifyUserAttribute, for the email address: AliasExistsException if it is taken."""
    pool, user = pool_of(request), user_of(request)
    if pool is None or user is None:
        return refused("NotAuthorizedException", "Invalid Access Token")
    address = _unverified(user)

    def verified() -> Response:
        if _holder(pool, address, user["Username"]):
            return refused(
                "AliasExistsException", "An account with the given email already exists."
            )
        _verify(user, address, None)
        return cognito.json_response({})

    return codes.checked(user, "email", request["Code"], verified)


def _holder(pool: Pool, address: str, apart_from: str) -> User | None:
    """Another user whose alias this address is. An unverified address is no alias."""
    if not address or "email" not in pool["AliasAttributes"]:
        return None
    holder: User | None = cognito._resolve_user(pool, address)[0]
    return holder if holder and holder["Username"] != apart_from.lower() else None


def _verify(user: User, address: str, holder: User | None) -> None:
    if holder:
        set_attributes(holder, email_verified="false")
    set_attributes(user, email=address, email_verified="true")
    user.pop("_new_address", None)


def _unverified(user: User) -> str:
    address: str = user.get("_new_address") or attributes_of(user).get("email", "")
    return address


def _send_code(pool: Pool, user: User) -> dict[str, str]:
    address = _unverified(user)
    # Without a code of its own: codes.send_verification_email makes one.
    cognito._send_verification_email(pool, user["Username"], {"email": address}, "")
    return {
        "Destination": cognito._masked_destination(address),
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
