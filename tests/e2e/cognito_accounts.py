"""Accounts in a stack's user pool, used with boto3, without the project's own routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from local.emulator_clients import Outputs
from tests.e2e.test_users import PASSWORD, Visitor, totp

ENABLED = {"Enabled": True, "PreferredMfa": True}


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Return the code and the message of the error that a request gets."""
    with pytest.raises(ClientError) as error:
        call(**request)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def code_of(call: Callable[..., Any], **request: Any) -> str:
    """Return the code of the error that a request gets."""
    return refusal(call, **request)[0]


@dataclass(frozen=True)
class Account:
    """A user of the pool. `name` and `address` are in lower case."""

    outputs: Outputs
    cognito: Any
    name: str

    @property
    def address(self) -> str:
        return f"{self.name}@example.com"

    @property
    def client(self) -> dict[str, str]:
        """The app client that a public operation names."""
        return {"ClientId": self.outputs["UserPoolClientId"]}

    @property
    def user(self) -> dict[str, str]:
        """The user that an administrator's operation names."""
        return {"UserPoolId": self.outputs["UserPoolId"], "Username": self.name}

    @property
    def public(self) -> dict[str, str]:
        """The user that a public operation names."""
        return self.client | {"Username": self.name}

    def signs_up(self, address: str | None = None) -> None:
        attributes = [{"Name": "email", "Value": address or self.address}]
        self.cognito.sign_up(**self.public, Password=PASSWORD, UserAttributes=attributes)

    def mailed_code(self, address: str | None = None) -> str:
        """Return the code that was mailed last to the address."""
        return Visitor(self.outputs, (address or self.address).partition("@")[0]).code()

    def initiate(self, password: str = PASSWORD, name: str | None = None) -> Any:
        return self.cognito.initiate_auth(
            **self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name or self.name, "PASSWORD": password},
        )

    def tokens(self) -> dict[str, str]:
        """Sign in. Returns the tokens."""
        tokens: dict[str, str] = self.initiate()["AuthenticationResult"]
        return tokens

    def refresh(self, token: str) -> Any:
        return self.cognito.initiate_auth(
            **self.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        )

    def answer(self, challenge: dict[str, Any], **answers: str) -> Any:
        return self.cognito.respond_to_auth_challenge(
            **self.client,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": self.name, **answers},
        )

    def set_up_app(self) -> str:
        """Set up an authenticator app. Returns its secret."""
        return self.set_up_app_with_code()[0]

    def set_up_app_with_code(self) -> tuple[str, str]:
        """Set up an authenticator app. Returns its secret, and the code that it used."""
        token = {"AccessToken": self.tokens()["AccessToken"]}
        secret: str = self.cognito.associate_software_token(**token)["SecretCode"]
        code = totp(secret)
        self.cognito.verify_software_token(**token, UserCode=code)
        self.cognito.set_user_mfa_preference(**token, SoftwareTokenMfaSettings=ENABLED)
        return secret, code

    def attributes(self) -> dict[str, str]:
        listed = self.cognito.admin_get_user(**self.user)["UserAttributes"]
        return {each["Name"]: each["Value"] for each in listed}


def verified(address: str) -> list[dict[str, str]]:
    return [{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]


def claims(token: str) -> dict[str, Any]:
    """Return the claims of a token that need not be verified here."""
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded
