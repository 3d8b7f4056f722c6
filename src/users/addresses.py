"""The email address of a user who is signed in. A new one replaces it when it is confirmed.

Until then, Cognito keeps the old address, with which the user signs in and gets emails
(`AttributesRequireVerificationBeforeUpdate`). Decision 0168 has the reasons for what follows.
"""

from __future__ import annotations

import sessions
from cognito_errors import constant_time, translated
from proofs import require_password

from common import aws
from common.api.errors import Invalid
from common.observability import logger


def send_code(access_token: str, email: str, password: str) -> None:
    """Send a code to a new address. To send it again, do the same again.

    Raises Invalid for a wrong password, and for the address that the user has confirmed already.
    An address that another user has is no error, nor one that cannot be reached: only somebody
    who gets its emails may learn more about it.
    """
    user = sessions.user_of(access_token)
    require_password(user["Username"], password)
    now = {each["Name"]: each.get("Value", "") for each in user["UserAttributes"]}
    is_same = now.get("email", "").lower() == email.lower()
    if is_same and now.get("email_verified") == "true":
        raise Invalid("this is the address of the user already", ["email: unchanged"])
    cognito = aws.cognito()
    kept_secret = (
        cognito.exceptions.AliasExistsException,
        cognito.exceptions.CodeDeliveryFailureException,
    )
    with constant_time(), translated(sessions.SIGN_IN_AGAIN):
        try:
            sent = cognito.update_user_attributes(
                AccessToken=access_token, UserAttributes=[{"Name": "email", "Value": email}]
            )
            if not sent.get("CodeDeliveryDetailsList"):  # Cognito knows the address already
                cognito.get_user_attribute_verification_code(
                    AccessToken=access_token, AttributeName="email"
                )
        except kept_secret:
            logger.info("no code sent")


def confirm(access_token: str, code: str) -> None:
    """Replace the address by the new one. Raises Conflict if another user has confirmed it.

    Cognito limits how many codes can be tried.
    """
    with translated(sessions.SIGN_IN_AGAIN):
        aws.cognito().verify_user_attribute(
            AccessToken=access_token, AttributeName="email", Code=code
        )
