"""Rules of Cognito on which the project relies, asked of the stack's own user pool with boto3.

The emulator keeps them by local/emulator/cognito; `make e2e` asks AWS. tests/cognito tests those
that take time or need another user pool. "Guide" is the Amazon Cognito developer guide, "API" the
Amazon Cognito user pools API reference.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.stack_probe import wait_for
from tests.e2e.cognito_accounts import ENABLED, Account, claims, code_of, refusal, verified
from tests.e2e.test_users import NEW_PASSWORD, PASSWORD, totp

pytestmark = pytest.mark.xdist_group("stack")

MAILS = pytest.mark.local_only("sends emails to addresses that do not exist")
WRONG_PASSWORD = "Incorrect username or password."
NO_SESSION = "Invalid session for the user."


@pytest.fixture
def visitor(nobody: Callable[[], Account]) -> Account:
    return nobody()


# Names


def test_names_that_differ_only_in_case_are_one_user(account: Account) -> None:
    """Guide, "User pool case sensitivity"."""
    again = {**account.user, "Username": account.name.upper()}

    found = account.cognito.admin_get_user(**again)

    assert found["Username"] == account.name
    assert code_of(account.cognito.admin_create_user, **again) == "UsernameExistsException"
    assert account.initiate(name=account.name.title())["AuthenticationResult"]


def test_addresses_that_differ_only_in_case_are_one_alias(account: Account) -> None:
    """Guide, "User pool case sensitivity"."""
    assert account.initiate(name=account.address.upper())["AuthenticationResult"]


def test_a_pool_that_ignores_case_answers_in_lower_case(visitor: Account) -> None:
    """Guide, "User pool case sensitivity": mixed case is flattened in all output."""
    mixed = {**visitor.user, "Username": visitor.name.upper(), "MessageAction": "SUPPRESS"}

    visitor.cognito.admin_create_user(**mixed, UserAttributes=verified(visitor.address.upper()))

    assert visitor.cognito.admin_get_user(**visitor.user)["Username"] == visitor.name
    assert visitor.attributes()["email"] == visitor.address


def test_an_address_is_not_a_name(visitor: Account) -> None:
    """Guide, "Customizing sign-in attributes"."""
    named = {**visitor.public, "Username": visitor.address}

    assert refusal(visitor.cognito.sign_up, **named, Password=PASSWORD) == (
        "InvalidParameterException",
        "Username cannot be of email format, since user pool is configured for email alias.",
    )


@pytest.mark.parametrize("name", ["two words", "tab\t", "line\n", "zero\u200bwidth", "a\u202eb"])
def test_a_name_has_no_spaces_or_control_characters(visitor: Account, name: str) -> None:
    r"""API, SignUp: pattern [\p{L}\p{M}\p{S}\p{N}\p{P}]+."""
    named = {**visitor.public, "Username": name}

    code = code_of(visitor.cognito.sign_up, **named, Password=PASSWORD)

    assert code == "InvalidParameterException"


# Addresses


@MAILS
def test_an_unverified_address_is_not_an_alias(visitor: Account) -> None:
    """Guide, "Customizing sign-in attributes": only a verified address is an alias."""
    visitor.signs_up()
    visitor.cognito.admin_confirm_sign_up(**visitor.user)

    by_address = {**visitor.user, "Username": visitor.address}
    assert code_of(visitor.cognito.admin_get_user, **by_address) == "UserNotFoundException"
    assert refusal(visitor.initiate, name=visitor.address)[1] == WRONG_PASSWORD
    assert visitor.initiate()["AuthenticationResult"]


@MAILS
def test_the_first_to_confirm_an_address_has_it(nobody: Callable[[], Account]) -> None:
    """API, ConfirmSignUp: AliasExistsException. SignUp accepts an address that is taken."""
    first, second = nobody(), nobody()
    address = first.address
    codes = {}
    for account in (second, first):
        account.signs_up(address)
        codes[account.name] = account.mailed_code(address)
    first.cognito.confirm_sign_up(**first.public, ConfirmationCode=codes[first.name])

    taken = code_of(
        second.cognito.confirm_sign_up, **second.public, ConfirmationCode=codes[second.name]
    )
    nobody().signs_up(address)

    assert taken == "AliasExistsException"
    found = first.cognito.admin_get_user(**{**first.user, "Username": address})
    assert found["Username"] == first.name


@MAILS
def test_a_confirmation_can_move_an_address(account: Account, visitor: Account) -> None:
    """API, ConfirmSignUp: ForceAliasCreation moves the alias from the previous user."""
    visitor.signs_up(account.address)
    code = visitor.mailed_code(account.address)

    visitor.cognito.confirm_sign_up(
        **visitor.public, ConfirmationCode=code, ForceAliasCreation=True
    )

    found = visitor.cognito.admin_get_user(**{**visitor.user, "Username": account.address})
    assert found["Username"] == visitor.name
    assert account.attributes()["email_verified"] == "false"


def test_an_administrator_does_not_take_an_address_from_a_user(
    account: Account, visitor: Account, new_account: Callable[[], Account]
) -> None:
    """API, AdminCreateUser and AdminUpdateUserAttributes: AliasExistsException."""
    taken = {"UserAttributes": verified(account.address)}
    other = new_account()

    created = code_of(visitor.cognito.admin_create_user, **visitor.user, **taken)
    updated = code_of(other.cognito.admin_update_user_attributes, **other.user, **taken)

    assert created == updated == "AliasExistsException"


def test_users_do_not_verify_their_own_address(account: Account, visitor: Account) -> None:
    """Guide, "Attribute permissions and scopes": app clients cannot write email_verified."""
    token = {"AccessToken": account.tokens()["AccessToken"]}
    of_somebody = verified(f"somebody-{uuid.uuid4()}@example.com")
    new = {**visitor.public, "Password": PASSWORD}

    updated = code_of(account.cognito.update_user_attributes, **token, UserAttributes=of_somebody)
    created = code_of(visitor.cognito.sign_up, **new, UserAttributes=of_somebody)

    assert updated == created == "NotAuthorizedException"
    assert account.attributes()["email"] == account.address


@MAILS
def test_a_changed_address_waits_for_its_code(account: Account) -> None:
    """Guide, "Verifying updates to email addresses and phone numbers"."""
    address = f"new-{account.address}"
    token = {"AccessToken": account.tokens()["AccessToken"]}
    attributes = [{"Name": "email", "Value": address}]
    account.cognito.update_user_attributes(**token, UserAttributes=attributes)
    before = account.attributes()["email"]
    verify = {**token, "AttributeName": "email"}
    wrong = code_of(account.cognito.verify_user_attribute, **verify, Code="wrong!")

    account.cognito.verify_user_attribute(**verify, Code=account.mailed_code(address))

    assert (before, wrong) == (account.address, "CodeMismatchException")
    assert account.attributes()["email"] == address
    assert account.initiate(name=address)["AuthenticationResult"]
    assert refusal(account.initiate, name=account.address)[1] == WRONG_PASSWORD


@MAILS
def test_a_changed_address_must_be_free(
    account: Account, new_account: Callable[[], Account]
) -> None:
    """API, VerifyUserAttribute: AliasExistsException."""
    owner = new_account()
    token = {"AccessToken": account.tokens()["AccessToken"]}
    attributes = [{"Name": "email", "Value": owner.address}]
    account.cognito.update_user_attributes(**token, UserAttributes=attributes)
    code = account.mailed_code(owner.address)

    refused = code_of(
        account.cognito.verify_user_attribute, **token, AttributeName="email", Code=code
    )

    assert refused == "AliasExistsException"


# Users who are not confirmed, and codes


@MAILS
def test_an_unconfirmed_user_cannot_sign_in_or_reset_the_password(visitor: Account) -> None:
    """API, InitiateAuth: UserNotConfirmedException; ForgotPassword: InvalidParameterException."""
    visitor.signs_up()
    reset = {**visitor.public, "Password": NEW_PASSWORD, "ConfirmationCode": visitor.mailed_code()}

    assert code_of(visitor.initiate) == "UserNotConfirmedException"
    assert code_of(visitor.initiate, password="wrong") == "UserNotConfirmedException"
    assert code_of(visitor.cognito.forgot_password, **visitor.public) == (
        "InvalidParameterException"
    )
    with pytest.raises(ClientError):
        visitor.cognito.confirm_forgot_password(**reset)
    assert code_of(visitor.initiate, password=NEW_PASSWORD) == "UserNotConfirmedException"


def test_a_temporary_password_cannot_be_reset(visitor: Account) -> None:
    """AWS re:Post, "cognito-forgot-password": not in the state FORCE_CHANGE_PASSWORD."""
    visitor.cognito.admin_create_user(
        **visitor.user, UserAttributes=verified(visitor.address), MessageAction="SUPPRESS"
    )

    assert code_of(visitor.cognito.forgot_password, **visitor.public) == "NotAuthorizedException"


@MAILS
def test_a_user_is_confirmed_once(visitor: Account) -> None:
    """API, ConfirmSignUp: NotAuthorizedException."""
    visitor.signs_up()
    confirm = {**visitor.public, "ConfirmationCode": visitor.mailed_code()}
    visitor.cognito.confirm_sign_up(**confirm)

    again = refusal(visitor.cognito.confirm_sign_up, **confirm)
    resent = refusal(visitor.cognito.resend_confirmation_code, **visitor.public)

    status = "User cannot be confirmed. Current status is CONFIRMED"
    assert again == ("NotAuthorizedException", status)
    assert resent == ("InvalidParameterException", "User is already confirmed.")


@MAILS
def test_the_code_of_a_new_user_is_guessed_five_times(visitor: Account) -> None:
    """API, ConfirmSignUp: LimitExceededException. Then the right code is refused too."""
    visitor.signs_up()
    confirm = visitor.cognito.confirm_sign_up

    guesses = [code_of(confirm, **visitor.public, ConfirmationCode="wrong!") for _ in range(5)]
    right = code_of(confirm, **visitor.public, ConfirmationCode=visitor.mailed_code())

    assert guesses == ["CodeMismatchException"] * 5
    assert right == "LimitExceededException"


@MAILS
def test_the_code_for_a_new_password_is_guessed_five_times(account: Account) -> None:
    """Guide, "Recovering user accounts": attempts to enter a code per hour."""
    account.cognito.forgot_password(**account.public)
    reset = {**account.public, "Password": NEW_PASSWORD}
    confirm = account.cognito.confirm_forgot_password

    guesses = [code_of(confirm, **reset, ConfirmationCode="wrong!") for _ in range(5)]
    right = code_of(confirm, **reset, ConfirmationCode=account.mailed_code())

    assert guesses == ["CodeMismatchException"] * 5
    assert right == "LimitExceededException"


@MAILS
def test_a_code_works_once(account: Account) -> None:
    """API, ConfirmForgotPassword: ExpiredCodeException."""
    account.cognito.forgot_password(**account.public)
    reset = {**account.public, "Password": NEW_PASSWORD, "ConfirmationCode": account.mailed_code()}
    account.cognito.confirm_forgot_password(**reset)

    assert code_of(account.cognito.confirm_forgot_password, **reset) == "ExpiredCodeException"


# Sign-in


def test_failed_sign_ins_lock_the_user_out(account: Account) -> None:
    """Guide, "Lockout behavior for failed sign-in attempts"."""
    exceeded = ("NotAuthorizedException", "Password attempts exceeded")

    first = [refusal(account.initiate, password="wrong")[1] for _ in range(5)]
    # Each failure after a lockout makes the next one longer.
    wait_for("a lockout", lambda: refusal(account.initiate, password="wrong") == exceeded)

    assert first == [WRONG_PASSWORD] * 5
    assert refusal(account.initiate) == exceeded
    assert wait_for("the end of the lockout", lambda: signed_in(account))


def signed_in(account: Account) -> Any:
    """Return the tokens, or None during a lockout."""
    try:
        return account.tokens()
    except account.cognito.exceptions.NotAuthorizedException:
        return None


def test_the_code_of_an_app_works_once(account: Account) -> None:
    """RFC 6238, section 5.2. The code that sets the app up is used, too."""
    secret, first = account.set_up_app_with_code()
    challenge = account.initiate()

    used = refusal(account.answer, challenge=challenge, SOFTWARE_TOKEN_MFA_CODE=first)
    code = totp(secret, after=30)
    account.answer(challenge, SOFTWARE_TOKEN_MFA_CODE=code)
    again = refusal(account.answer, challenge=account.initiate(), SOFTWARE_TOKEN_MFA_CODE=code)

    used_once = ("ExpiredCodeException", "Your software token has already been used once.")
    assert used == again == used_once


def test_a_session_is_used_once(account: Account) -> None:
    """API, RespondToAuthChallenge. A wrong code leaves the session open."""
    secret = account.set_up_app()
    challenge = account.initiate()

    wrong = code_of(account.answer, challenge=challenge, SOFTWARE_TOKEN_MFA_CODE="000000")
    account.answer(challenge, SOFTWARE_TOKEN_MFA_CODE=totp(secret, after=30))
    again = refusal(account.answer, challenge=challenge, SOFTWARE_TOKEN_MFA_CODE="000000")

    assert wrong == "CodeMismatchException"
    assert again[0] == "NotAuthorizedException"
    assert again[1].startswith(NO_SESSION[:-1])


def test_a_session_belongs_to_one_user(
    account: Account, new_account: Callable[[], Account]
) -> None:
    """API, RespondToAuthChallenge: the session identifies the user."""
    secret = account.set_up_app()
    attacker = new_account()
    attacker.set_up_app()
    code = {"SOFTWARE_TOKEN_MFA_CODE": totp(secret, after=30)}

    refused = refusal(account.answer, challenge=attacker.initiate(), **code)

    assert refused == ("NotAuthorizedException", NO_SESSION)
    assert account.answer(account.initiate(), **code)["AuthenticationResult"]


def test_a_session_belongs_to_one_challenge(account: Account) -> None:
    """API, RespondToAuthChallenge: a second factor is not replaced by a new password."""
    account.set_up_app()
    challenge = account.initiate() | {"ChallengeName": "NEW_PASSWORD_REQUIRED"}

    refused = refusal(account.answer, challenge=challenge, NEW_PASSWORD=NEW_PASSWORD)

    assert refused == ("NotAuthorizedException", NO_SESSION)
    assert account.initiate()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_the_second_factor_follows_a_new_password(account: Account) -> None:
    """Guide, "Authentication flows": challenges follow until all are satisfied."""
    secret = account.set_up_app()
    account.cognito.admin_set_user_password(**account.user, Password=PASSWORD, Permanent=False)
    challenge = account.initiate()

    weak = code_of(account.answer, challenge=challenge, NEW_PASSWORD="weak")
    following = account.answer(challenge, NEW_PASSWORD=NEW_PASSWORD)
    code = totp(secret, after=30)

    assert weak == "InvalidPasswordException"
    assert following["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert account.answer(following, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"]


def test_only_a_proven_app_becomes_a_factor(account: Account) -> None:
    """API, SetUserMFAPreference; VerifySoftwareToken alone does not turn the factor on."""
    token = {"AccessToken": account.tokens()["AccessToken"]}
    prefer = {**token, "SoftwareTokenMfaSettings": ENABLED}

    refused = code_of(account.cognito.set_user_mfa_preference, **prefer)
    secret = account.cognito.associate_software_token(**token)["SecretCode"]
    account.cognito.verify_software_token(**token, UserCode=totp(secret))

    assert refused == "InvalidParameterException"
    assert account.initiate()["AuthenticationResult"]


# Tokens


def sign_out(account: Account, tokens: dict[str, str]) -> None:
    account.cognito.global_sign_out(AccessToken=tokens["AccessToken"])


def sign_out_by_administrator(account: Account, _: dict[str, str]) -> None:
    account.cognito.admin_user_global_sign_out(**account.user)


def revoke(account: Account, tokens: dict[str, str]) -> None:
    account.cognito.revoke_token(**account.client, Token=tokens["RefreshToken"])


def disable_and_enable(account: Account, _: dict[str, str]) -> None:
    account.cognito.admin_disable_user(**account.user)
    account.cognito.admin_enable_user(**account.user)


@pytest.mark.parametrize("end", [sign_out, sign_out_by_administrator, revoke, disable_and_enable])
def test_tokens_of_an_ended_session_are_refused(
    account: Account, end: Callable[[Account, dict[str, str]], None]
) -> None:
    """Guide, "Ending user sessions with token revocation"."""
    tokens = account.tokens()

    end(account, tokens)

    assert code_of(account.refresh, token=tokens["RefreshToken"]) == "NotAuthorizedException"
    access = {"AccessToken": tokens["AccessToken"]}
    assert code_of(account.cognito.get_user, **access) == "NotAuthorizedException"
    assert account.tokens()


def test_tokens_of_a_disabled_user_are_refused(account: Account) -> None:
    """API, AdminDisableUser."""
    tokens = account.tokens()

    account.cognito.admin_disable_user(**account.user)

    disabled = ("NotAuthorizedException", "User is disabled.")
    assert refusal(account.refresh, token=tokens["RefreshToken"]) == disabled
    assert refusal(account.cognito.get_user, AccessToken=tokens["AccessToken"]) == disabled


def test_a_new_user_of_an_old_name_inherits_nothing(account: Account) -> None:
    """Guide, "Understanding the identity (ID) token": sub is the user's identifier."""
    tokens = account.tokens()
    account.cognito.admin_add_user_to_group(**account.user, GroupName="staff")
    account.cognito.admin_delete_user(**account.user)
    account.cognito.admin_create_user(**account.user, MessageAction="SUPPRESS")
    account.cognito.admin_set_user_password(**account.user, Password=PASSWORD, Permanent=True)
    group = {"UserPoolId": account.outputs["UserPoolId"], "GroupName": "staff"}

    members = account.cognito.get_paginator("list_users_in_group").paginate(**group)

    assert code_of(account.refresh, token=tokens["RefreshToken"]) == "NotAuthorizedException"
    with pytest.raises(ClientError):
        account.cognito.get_user(AccessToken=tokens["AccessToken"])
    assert claims(account.tokens()["IdToken"])["sub"] != claims(tokens["IdToken"])["sub"]
    assert account.name not in {each["Username"] for page in members for each in page["Users"]}


def test_a_refresh_token_survives_a_new_password(account: Account) -> None:
    """Guide, "Ending user sessions with token revocation": no password operation is named."""
    tokens = account.tokens()

    account.cognito.change_password(
        AccessToken=tokens["AccessToken"],
        PreviousPassword=PASSWORD,
        ProposedPassword=NEW_PASSWORD,
    )

    assert account.refresh(tokens["RefreshToken"])["AuthenticationResult"]


def test_an_id_token_has_the_documented_claims(account: Account) -> None:
    """Guide, "Understanding the identity (ID) token", the default payload."""
    account.cognito.admin_add_user_to_group(**account.user, GroupName="staff")

    payload = claims(account.tokens()["IdToken"])

    issuer = f"/{account.outputs['UserPoolId']}"
    assert payload["iss"].startswith("https://cognito-idp.")
    assert payload["iss"].endswith(issuer)
    assert payload.keys() == {
        *("sub", "aud", "iss", "token_use", "auth_time", "iat", "exp", "jti", "origin_jti"),
        *("event_id", "cognito:username", "cognito:groups", "email", "email_verified"),
    }
    assert payload["aud"] == account.outputs["UserPoolClientId"]
    assert payload["token_use"] == "id"
    assert payload["cognito:username"] == account.name
    assert payload["cognito:groups"] == ["staff"]
    assert payload["email_verified"] is True


def test_an_access_token_has_the_documented_claims(account: Account) -> None:
    """Guide, "Understanding the access token", the default payload."""
    tokens = account.tokens()
    payload, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])

    assert payload.keys() == {
        *("sub", "client_id", "iss", "token_use", "auth_time", "iat", "exp", "jti", "origin_jti"),
        *("event_id", "scope", "username"),
    }
    assert payload["client_id"] == account.outputs["UserPoolClientId"]
    assert payload["token_use"] == "access"
    assert payload["scope"] == "aws.cognito.signin.user.admin"
    assert payload["username"] == account.name
    assert payload["jti"] != identity["jti"]
    for shared in ("sub", "auth_time", "origin_jti", "event_id"):
        assert payload[shared] == identity[shared]


@MAILS
def test_an_id_token_says_that_an_address_is_not_verified(visitor: Account) -> None:
    """Guide, "Understanding the identity (ID) token": email_verified is a boolean."""
    visitor.signs_up()
    visitor.cognito.admin_confirm_sign_up(**visitor.user)

    assert claims(visitor.tokens()["IdToken"])["email_verified"] is False


@pytest.mark.local_only("has no files")
def test_only_the_developer_can_read_the_signing_keys(account: Account) -> None:
    account.tokens()

    keys = list(Path(account.outputs["Directory"]).glob("tmp/emulator/**/*.pem"))

    assert len(keys) >= 3  # the emulator's own, and two of the user pool
    assert {each.stat().st_mode & 0o777 for each in keys} == {0o600}
