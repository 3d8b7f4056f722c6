"""`make user` creates users, resets passwords, and generates passwords that the pool accepts."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from ops.stack import DeployedStack
from ops.user import UserPool
from project import functions

ANN = {"UserPoolId": "UserPool", "Username": "ann"}


class StackWithUserPool(DeployedStack):
    def resources(self, resource_type: str) -> dict[str, str]:
        assert resource_type == "AWS::Cognito::UserPool"
        return {"UserPool": "UserPool"}


@pytest.fixture
def cognito() -> Iterator[Stubber]:
    with Stubber(boto3.client("cognito-idp", region_name="us-east-1")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def pool(cognito: Stubber) -> UserPool:
    return UserPool(StackWithUserPool("storefront", "a test", lambda _: cognito.client))


def test_a_new_user_gets_a_permanent_password(cognito: Stubber, pool: UserPool) -> None:
    created = {**ANN, "MessageAction": "SUPPRESS", "UserAttributes": []}
    cognito.add_response("admin_create_user", {}, created)
    password = {**ANN, "Password": "Secret-1", "Permanent": True}
    cognito.add_response("admin_set_user_password", {}, password)

    done = pool.create("ann", "Secret-1")

    assert done == "created ann"


def test_the_password_of_an_existing_user_is_reset(cognito: Stubber, pool: UserPool) -> None:
    cognito.add_client_error("admin_create_user", "UsernameExistsException")
    cognito.add_response("admin_set_user_password", {})

    done = pool.create("ann", "Secret-1")

    assert done == "reset the password of ann"


def test_a_user_can_be_created_in_a_group_with_a_temporary_password(
    cognito: Stubber, pool: UserPool
) -> None:
    cognito.add_response("admin_create_user", {})
    cognito.add_response("admin_add_user_to_group", {}, {**ANN, "GroupName": "staff"})
    password = {**ANN, "Password": "Secret-1", "Permanent": False}
    cognito.add_response("admin_set_user_password", {}, password)

    done = pool.create("ann", "Secret-1", temporary=True, group="staff")

    assert done == "created ann, in the group staff, with a temporary password"


def test_an_email_address_is_stored_as_verified(cognito: Stubber, pool: UserPool) -> None:
    attributes = [
        {"Name": "email", "Value": "ann@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    created = {**ANN, "MessageAction": "SUPPRESS", "UserAttributes": attributes}
    cognito.add_response("admin_create_user", {}, created)
    cognito.add_response("admin_set_user_password", {})

    pool.create("ann", "Secret-1", email="ann@example.com")


@pytest.mark.parametrize("minimum_length", [8, 99])
def test_a_generated_password_satisfies_the_policy_of_the_pool(
    cognito: Stubber, pool: UserPool, minimum_length: int
) -> None:
    template = functions.resource("UserPool")["Policies"]["PasswordPolicy"]
    policy = template | {"MinimumLength": minimum_length}
    for _ in range(2):
        cognito.add_response(
            "describe_user_pool", {"UserPool": {"Policies": {"PasswordPolicy": policy}}}
        )

    password, another = pool.generate_password(), pool.generate_password()

    assert len(password) >= minimum_length
    assert any(map(str.islower, password)) == policy["RequireLowercase"]
    assert any(map(str.isupper, password)) == policy["RequireUppercase"]
    assert any(map(str.isdigit, password)) == policy["RequireNumbers"]
    assert password != another
