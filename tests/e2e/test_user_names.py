"""User names on the local stack: what the trigger refuses, at the API and directly at Cognito."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial

import pytest
from botocore.exceptions import ClientError

from common import user_names
from local.api_user import ApiResponse, request
from local.emulator_clients import Outputs, client
from ops.stack import DeployedStack
from ops.user import UserPool

pytestmark = pytest.mark.xdist_group("stack")

PASSWORD = "Correct-Horse-7-Battery"


@dataclass(frozen=True)
class Names:
    """Registers names and signs in with them. Deletes the users at the end."""

    outputs: Outputs
    made_users: list[str]

    @property
    def stack(self) -> DeployedStack:
        return DeployedStack(self.outputs["Stack"], "", partial(client, outputs=self.outputs))

    def register(self, name: str) -> ApiResponse:
        """Register a name at the API."""
        self.made_users.append(name)
        return self._ask("", name)

    def register_at_cognito(self, name: str) -> str:
        """Register a name with the public client's ID alone. Returns the error, if there is one."""
        self.made_users.append(name)
        try:
            client("cognito-idp", self.outputs).sign_up(
                ClientId=self.outputs["UserPoolClientId"], Username=name, Password=PASSWORD
            )
        except ClientError as error:
            return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return ""

    def make(self, name: str) -> None:
        """Create a user as an administrator."""
        self.made_users.append(name)
        UserPool(self.stack).create(name, PASSWORD)

    def delete(self, name: str) -> None:
        client("cognito-idp", self.outputs).admin_delete_user(
            UserPoolId=self.outputs["UserPoolId"], Username=name
        )

    def sign_in(self, name: str) -> ApiResponse:
        return self._ask("/login", name)

    def age_claims(self, *names: str) -> None:
        """Make the claims so old that the trigger looks whether their users exist."""
        table = self.stack.resources("AWS::DynamoDB::Table")["UserNamesTable"]
        dynamodb = client("dynamodb", self.outputs)
        for item in dynamodb.scan(TableName=table)["Items"]:
            if item["username"]["S"] in names:
                dynamodb.put_item(TableName=table, Item=item | {"claimedAt": {"N": "0"}})

    def _ask(self, path: str, name: str) -> ApiResponse:
        body = {"username": name, "password": PASSWORD}
        return request("POST", f"{self.outputs['GatewayUrl']}/users{path}", body)


@pytest.fixture
def names(outputs: Outputs, made_users: list[str]) -> Names:
    return Names(outputs, made_users)


@pytest.fixture
def unique() -> str:
    """A part of a name that no other name has, of letters and digits that nothing resembles."""
    return uuid.uuid4().hex.translate(str.maketrans("01", "gh"))


def test_a_name_that_looks_like_an_existing_one_is_refused(names: Names, unique: str) -> None:
    """fault 59"""
    registered = names.register(f"bob-{unique}")
    refused = names.register(f"b0b-{unique}")

    assert registered.status == 201
    assert (refused.status, refused.body["details"]) == (409, [user_names.TOO_SIMILAR])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("b0b-{}", user_names.TOO_SIMILAR),
        ("p\u0430ypal-{}", user_names.MIXED),
        ("ｂob-{}", user_names.NOT_NORMALIZED),
        ("zoe\u0308-{}", user_names.NOT_NORMALIZED),
        ("ada\ufe0f-{}", user_names.INVISIBLE),
    ],
)
def test_a_client_cannot_register_such_a_name_directly_at_cognito(
    names: Names, unique: str, name: str, reason: str
) -> None:
    """fault 59"""
    names.make(f"bob-{unique}")

    error = names.register_at_cognito(name.format(unique))

    assert error == f"UserLambdaValidationException: PreSignUp failed with error {reason}."


def test_a_client_can_register_other_names_directly_at_cognito(names: Names, unique: str) -> None:
    assert names.register_at_cognito(f"zo\u00eb-{unique}") == ""


def test_a_name_is_refused_as_long_as_the_user_with_the_similar_one_exists(
    names: Names, unique: str
) -> None:
    """fault 59"""
    existing, similar = f"bob-{unique}", f"b0b-{unique}"
    names.make(existing)
    names.age_claims(existing)

    refused = names.register(similar)
    names.delete(existing)
    registered = names.register(similar)

    assert (refused.status, registered.status) == (409, 201)


@pytest.mark.parametrize("name", ["p\u0430ypal-{}", "ｂob-{}", "zoe\u0308-{}"])
def test_a_user_with_any_name_of_an_administrator_signs_in(
    names: Names, unique: str, name: str
) -> None:
    names.make(name.format(unique))

    assert names.sign_in(name.format(unique)).status == 200


@pytest.mark.parametrize("typed", ["zoe\u0308-{}", "ｚo\u00eb-{}"])
def test_a_user_signs_in_with_every_form_of_the_name(names: Names, unique: str, typed: str) -> None:
    """fault 59"""
    names.make(f"zo\u00eb-{unique}")

    assert names.sign_in(typed.format(unique)).status == 200
