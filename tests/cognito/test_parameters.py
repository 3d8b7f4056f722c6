"""Rules of Cognito that other parameters of the template switch on, kept by the emulator.

"API" is the Amazon Cognito user pools API reference.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cognito.conftest import PASSWORD, Account, Refused

pytestmark = pytest.mark.xdist_group("cognito")


def test_a_pool_can_require_an_app(new_account: Callable[..., Account]) -> None:
    """API, RespondToAuthChallenge: MFA_SETUP, answered with the session of VerifySoftwareToken."""
    user = new_account(Mfa="ON")
    challenge = user.sign_in()
    with pytest.raises(Refused, match="NotAuthorizedException: Invalid session for the user"):
        user.answer(challenge)
    app = user.ask("AssociateSoftwareToken", Session=challenge["Session"])
    secret, session = app["SecretCode"], app["Session"]
    wrong = user.refusal("VerifySoftwareToken", Session=session, UserCode="000000")
    code = user.app_code(secret)
    proven = user.ask("VerifySoftwareToken", Session=session, UserCode=code)

    signed_in = user.answer({**challenge, **proven})

    assert challenge["ChallengeName"] == "MFA_SETUP"
    assert wrong == "EnableSoftwareTokenMFAException: Code mismatch"
    assert "AuthenticationResult" in signed_in
    assert user.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_the_setup_of_an_app_does_not_use_another_users_session(
    new_account: Callable[..., Account],
) -> None:
    """API, RespondToAuthChallenge: the session identifies the user."""
    user, other = new_account(Mfa="ON"), new_account(Mfa="ON")
    challenge = user.sign_in()
    app = user.ask("AssociateSoftwareToken", Session=challenge["Session"])
    code = user.app_code(app["SecretCode"])
    proven = user.ask("VerifySoftwareToken", Session=app["Session"], UserCode=code)

    with pytest.raises(Refused, match="NotAuthorizedException: Invalid session for the user"):
        other.answer({**challenge, **proven})


def test_a_pool_without_a_second_factor_has_no_apps(new_account: Callable[..., Account]) -> None:
    """API, AssociateSoftwareToken: SoftwareTokenMFANotFoundException."""
    user = new_account(Mfa="OFF")
    token = user.sign_in()["AuthenticationResult"]["AccessToken"]

    refused = user.refusal("AssociateSoftwareToken", AccessToken=token)

    assert refused.startswith("SoftwareTokenMFANotFoundException")


def test_registration_can_be_closed(new_account: Callable[..., Account]) -> None:
    """API, AdminCreateUserConfigType: AllowAdminCreateUserOnly."""
    user = new_account(SelfSignUp="false")

    refused = user.refusal("SignUp", Username=f"new-{user.name}", Password=PASSWORD)

    assert refused == "NotAuthorizedException: SignUp is not permitted for this user pool"
