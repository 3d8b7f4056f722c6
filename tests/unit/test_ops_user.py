"""`make user`: whom it makes, and passwords as the pool wants them."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from ops.stack import Stack
from ops.user import UserPool
from tests import support

ANN = {"UserPoolId": "UserPool", "Username": "ann"}


class OneStack(Stack):
    """A stack of which only the user pool is asked for."""

    def resources(self, kind: str) -> dict[str, str]:
        return {"UserPool": "UserPool"} if kind == "AWS::Cognito::UserPool" else {}


@pytest.fixture
def cognito() -> Iterator[Stubber]:
    with Stubber(boto3.client("cognito-idp", region_name="us-east-1")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def pool(cognito: Stubber) -> UserPool:
    return UserPool(OneStack("storefront", "here", lambda _: cognito.client))


def test_a_new_user_has_the_password_for_good(cognito: Stubber, pool: UserPool) -> None:
    created = {**ANN, "MessageAction": "SUPPRESS", "UserAttributes": []}
    cognito.add_response("admin_create_user", {}, created)
    password = {**ANN, "Password": "Secret-1", "Permanent": True}
    cognito.add_response("admin_set_user_password", {}, password)

    assert pool.make("ann", "Secret-1") == "made ann"


def test_a_user_who_is_there_gets_a_new_password(cognito: Stubber, pool: UserPool) -> None:
    cognito.add_client_error("admin_create_user", "UsernameExistsException")
    cognito.add_response("admin_set_user_password", {})

    assert pool.make("ann", "Secret-1") == "new password for ann"


def test_a_user_of_the_staff_changes_a_temporary_password(cognito: Stubber, pool: UserPool) -> None:
    cognito.add_response("admin_create_user", {})
    cognito.add_response("admin_add_user_to_group", {}, {**ANN, "GroupName": "staff"})
    password = {**ANN, "Password": "Secret-1", "Permanent": False}
    cognito.add_response("admin_set_user_password", {}, password)

    said = pool.make("ann", "Secret-1", temporary=True, group="staff")

    assert said == "made ann, of staff, to change it at the first sign-in"


@pytest.mark.parametrize("length", [8, 99])
def test_a_made_up_password_is_as_the_pool_wants_it(
    cognito: Stubber, pool: UserPool, length: int
) -> None:
    policy = support.resource("UserPool")["Policies"]["PasswordPolicy"] | {"MinimumLength": length}
    described = {"UserPool": {"Policies": {"PasswordPolicy": policy}}}
    for _ in range(2):
        cognito.add_response("describe_user_pool", described)

    password, another = pool.made_up_password(), pool.made_up_password()

    assert len(password) >= length
    assert any(map(str.islower, password)) == policy["RequireLowercase"]
    assert any(map(str.isupper, password)) == policy["RequireUppercase"]
    assert any(map(str.isdigit, password)) == policy["RequireNumbers"]
    assert password != another
