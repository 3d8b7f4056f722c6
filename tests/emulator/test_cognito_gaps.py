"""The gaps of the emulator's Cognito. tests/cognito tests the rules that close them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, unique
from tests.emulator.gaps import gap

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("bare emulator")]

PASSWORD = "Correct-Horse-7-Battery"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]

Pool = Callable[..., tuple[str, str]]


@pytest.fixture
def cognito(emulator: Emulator) -> Any:
    return emulator.client("cognito-idp")


@pytest.fixture
def new_pool(cognito: Any) -> Pool:
    """Create a user pool with an app client. Returns both ids."""

    def created(app: dict[str, Any] | None = None, **pool: Any) -> tuple[str, str]:
        pool_id = cognito.create_user_pool(PoolName=unique("pool"), **pool)["UserPool"]["Id"]
        made = cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName="client", ExplicitAuthFlows=FLOWS, **(app or {})
        )
        return pool_id, made["UserPoolClient"]["ClientId"]

    return created


def add_user(cognito: Any, pool: str, name: str, address: str = "") -> None:
    """Create a user with a password and an address that is verified."""
    attributes = {"email": address, "email_verified": "true"} if address else {}
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
    )


def sign_in(cognito: Any, client: str, name: str, password: str = PASSWORD) -> Any:
    parameters = {"USERNAME": name, "PASSWORD": password}
    return cognito.initiate_auth(
        ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )["AuthenticationResult"]


@gap("`RefreshTokenRotation`")
def test_a_refresh_returns_no_new_refresh_token(cognito: Any, new_pool: Pool) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    pool, client = new_pool({"RefreshTokenRotation": rotation})
    add_user(cognito, pool, "ann")
    token = sign_in(cognito, client, "ann")["RefreshToken"]

    try:
        refreshed = cognito.get_tokens_from_refresh_token(ClientId=client, RefreshToken=token)
        rotated = "RefreshToken" in refreshed["AuthenticationResult"]
    except ClientError:  # the operation is not supported
        rotated = False

    assert not rotated


@gap("Cognito")
def test_names_that_differ_in_case_are_different_users(cognito: Any, new_pool: Pool) -> None:
    pool, _ = new_pool(UsernameConfiguration={"CaseSensitive": False})

    add_user(cognito, pool, "ann")
    add_user(cognito, pool, "Ann")

    assert len(cognito.list_users(UserPoolId=pool)["Users"]) == 2


@gap("Cognito")
def test_two_users_may_have_one_verified_address(cognito: Any, new_pool: Pool) -> None:
    pool, _ = new_pool(AliasAttributes=["email"])

    add_user(cognito, pool, "ann", "ann@example.com")
    add_user(cognito, pool, "ben", "ann@example.com")

    assert len(cognito.list_users(UserPoolId=pool)["Users"]) == 2


@gap("Cognito")
def test_a_new_address_waits_for_no_code(cognito: Any, new_pool: Pool) -> None:
    waits = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool, client = new_pool(AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=waits)
    add_user(cognito, pool, "ann", "ann@example.com")
    token = {"AccessToken": sign_in(cognito, client, "ann")["AccessToken"]}

    attributes = [{"Name": "email", "Value": "ann@new.example"}]
    cognito.update_user_attributes(**token, UserAttributes=attributes)
    with pytest.raises(ClientError) as refused:  # the operation is not supported
        cognito.verify_user_attribute(**token, AttributeName="email", Code="wrong!")

    user = cognito.admin_get_user(UserPoolId=pool, Username="ann")
    assert {"Name": "email", "Value": "ann@new.example"} in user["UserAttributes"]
    assert refused.value.response["Error"]["Code"] != "CodeMismatchException"


@gap("Cognito")
def test_wrong_passwords_lock_nobody_out(cognito: Any, new_pool: Pool) -> None:
    pool, client = new_pool()
    add_user(cognito, pool, "ann")

    for _ in range(20):
        with pytest.raises(cognito.exceptions.NotAuthorizedException):
            sign_in(cognito, client, "ann", "Wrong-Horse-7-Battery")

    assert "AccessToken" in sign_in(cognito, client, "ann")


@gap("Cognito's trigger before a user is created")
def test_the_trigger_is_not_called_for_an_administrator(
    cognito: Any, emulator: Emulator, new_pool: Pool
) -> None:
    function = emulator.function("def handler(event, _):\n    raise ValueError('no')\n")
    lambda_client = emulator.client("lambda")
    arn = lambda_client.get_function_configuration(FunctionName=function)["FunctionArn"]
    pool, _ = new_pool(LambdaConfig={"PreSignUp": arn})

    add_user(cognito, pool, "ann")

    assert len(cognito.list_users(UserPoolId=pool)["Users"]) == 1


@gap("Cognito's trigger before a user is created")
def test_the_error_of_the_trigger_has_another_text(
    cognito: Any, emulator: Emulator, new_pool: Pool
) -> None:
    function = emulator.function("def handler(event, _):\n    raise ValueError('no')\n")
    lambda_client = emulator.client("lambda")
    arn = lambda_client.get_function_configuration(FunctionName=function)["FunctionArn"]
    _, client = new_pool(LambdaConfig={"PreSignUp": arn})

    with pytest.raises(cognito.exceptions.UserLambdaValidationException) as refused:
        cognito.sign_up(ClientId=client, Username="ann", Password=PASSWORD)

    assert "PreSignUp failed with error no." not in str(refused.value)
