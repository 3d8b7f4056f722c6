"""Libraries that front ends use sign in to the user pool, and call the API with its ID token."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pycognito import Cognito

from local.api_user import request
from local.emulator_clients import Outputs
from local.stack_probe import wait_for
from project import npm
from project.template import ROOT
from tests.e2e.cognito_accounts import Account
from tests.e2e.test_users import PASSWORD

pytestmark = pytest.mark.xdist_group("stack")

MISSING = "amazon-cognito-identity-js needs Node and npm (node and npm on the path)"


def place_an_order(outputs: Outputs, token: str) -> Any:
    """Place an order with this token. Returns it as it is listed for the same token."""
    headers = {"Authorization": token}
    url = outputs["GatewayUrl"]
    placed = request("POST", f"{url}/orders", {"item": "stapler"}, headers)
    assert placed.status == 202, placed

    def listed() -> list[Any]:
        orders = request("GET", f"{url}/orders", headers=headers).body["orders"]
        return [each for each in orders if each["orderID"] == placed.body["orderID"]]

    [order] = wait_for("the order", listed)
    return order


@pytest.fixture
def pycognito_user(account: Account, monkeypatch: pytest.MonkeyPatch) -> Cognito:
    """A user of pycognito, which signs in by SRP and verifies the tokens."""
    outputs = account.outputs
    if outputs["Endpoint"]:
        # As its parameter, the endpoint would also be the expected issuer of the tokens.
        monkeypatch.setenv("AWS_ENDPOINT_URL", outputs["Endpoint"])
    user = Cognito(
        outputs["UserPoolId"], outputs["UserPoolClientId"], outputs["Region"], account.name
    )
    if outputs["Endpoint"]:  # otherwise it reads the keys from AWS
        keys = f"{outputs['Endpoint']}/{outputs['UserPoolId']}/.well-known/jwks.json"
        user.pool_jwk = request("GET", keys).body
    return user


def test_pycognito_signs_in_and_uses_the_api(account: Account, pycognito_user: Cognito) -> None:
    pycognito_user.authenticate(PASSWORD)

    id_token = pycognito_user.id_token
    token = {"Authorization": f"Bearer {id_token}"}
    profile = request("GET", f"{account.outputs['GatewayUrl']}/users/me", headers=token)
    assert (profile.status, profile.body["username"]) == (200, account.name)
    assert place_an_order(account.outputs, id_token)["order"]["item"] == "stapler"


def test_wrong_passwords_by_srp_lock_the_user_out(pycognito_user: Cognito) -> None:
    """Guide, "Lockout behavior for failed sign-in attempts"."""

    def refusal() -> str:
        with pytest.raises(ClientError) as error:
            pycognito_user.authenticate("wrong")
        return error.value.response["Error"]["Message"]

    assert [refusal() for _ in range(5)] == ["Incorrect username or password."] * 5
    wait_for("a lockout", lambda: refusal() == "Password attempts exceeded")


def test_amazon_cognito_identity_js_signs_in_and_uses_the_api(account: Account) -> None:
    """It signs in by SRP, as in a browser. In CI, Node must be available."""
    if not npm.is_available():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    folder = "tests/e2e/node"
    given = {
        "pool": account.outputs["UserPoolId"],
        "client": account.outputs["UserPoolClientId"],
        "endpoint": account.outputs["Endpoint"],
        "name": account.name,
        "password": PASSWORD,
    }

    signed_in = subprocess.run(
        ["node", ROOT / folder / "sign_in.js"],
        input=json.dumps(given),
        env=os.environ | {"NODE_PATH": str(npm.fetch("Node", folder))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert signed_in.returncode == 0, signed_in.stderr
    assert place_an_order(account.outputs, signed_in.stdout)["order"]["item"] == "stapler"
