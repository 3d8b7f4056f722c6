"""The API with another OpenID provider, on the second local stack with IAM enforced."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from local.api_user import ApiResponse, ApiUser
from local.emulator_clients import STACK, Outputs, client
from local.stack_probe import StackProbe, wait_for
from tests.e2e.conftest import SecondStack
from tests.harness.openid import (
    OpenIDProvider,
    down,
    openid_provider,
    public_pem,
    signed,
    unsigned,
)

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("second stack"),
    pytest.mark.local_only("starts its own stack"),
]

ORDER = {"item": "latex gloves", "customerID": "12345"}
SUB = "auth0|ada"


@pytest.fixture(scope="module")
def listening(certificate: Path) -> Iterator[OpenIDProvider]:
    with openid_provider(certificate) as provider:
        yield provider


@pytest.fixture
def provider(listening: OpenIDProvider) -> Iterator[OpenIDProvider]:
    yield listening
    listening.trouble = None


def deployed(stack: SecondStack, provider: OpenIDProvider, algorithm: str) -> Outputs:
    """Deploy the second stack for tokens with this algorithm."""
    return stack(
        ApiAuthorizer="Jwt",
        JwtIssuer=provider.issuer,
        JwtAudience="storefront",
        JwtAlgorithm=algorithm,
    )


def bearer(outputs: Outputs, token: str, sub: str = SUB) -> ApiUser:
    """Return a client of the API with this token."""
    return ApiUser(outputs["GatewayUrl"], sub, access_token="", id_token=f"Bearer {token}")


def physical_id(outputs: Outputs, logical_id: str) -> str:
    cloudformation = client("cloudformation", outputs)
    found = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
    name: str = found["StackResourceDetail"]["PhysicalResourceId"]
    return name


def forget_keys(outputs: Outputs) -> None:
    """Restart the authorizer, so that its cache of keys is empty."""
    name = physical_id(outputs, "AuthorizerFunction")
    functions = client("lambda", outputs)
    functions.update_function_configuration(FunctionName=name, MemorySize=1024)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)


def places_and_reads(outputs: Outputs, api_user: ApiUser) -> None:
    """Place an order, and check that the table and the API show it as the caller's own."""
    response = api_user.request("POST", "/orders", ORDER)
    assert response.status == 202, response
    order_id = response.body["orderID"]
    item = wait_for("the item", lambda: StackProbe(outputs).stored(order_id))
    listed = api_user.request("GET", "/orders").body["orders"]
    read = api_user.request("GET", f"/orders/{order_id}")

    assert item["placedBy"] == {"S": api_user.sub}
    assert order_id in [each["orderID"] for each in listed]
    assert (read.status, read.body["order"]) == (200, ORDER)


def are_refused(outputs: Outputs, tokens: list[str], good_token: str) -> None:
    """Check that each token gets a 401, and that its order is neither stored nor dead-lettered."""
    probe = StackProbe(outputs)
    refused_ids, order_id = [str(uuid.uuid4()) for _ in tokens], str(uuid.uuid4())

    responses = [
        bearer(outputs, token).request("PUT", f"/orders/{refused_id}", ORDER)
        for token, refused_id in zip(tokens, refused_ids, strict=True)
    ]

    assert responses == [ApiResponse(401, {"message": "Unauthorized", "details": []})] * len(tokens)
    bearer(outputs, good_token).request("PUT", f"/orders/{order_id}", ORDER)
    wait_for("the later order", lambda: probe.stored(order_id))
    wait_for("an empty queue", lambda: not probe.queued())
    assert not any(probe.stored(refused_id) for refused_id in refused_ids)
    assert probe.dead_letters() == 0


@pytest.fixture(scope="module")
def by_public_keys(second_stack: SecondStack, listening: OpenIDProvider) -> Outputs:
    """A stack for RS256, with the public keys that the provider publishes."""
    return deployed(second_stack, listening, "RS256")


def test_the_caller_is_the_tokens_sub(by_public_keys: Outputs, provider: OpenIDProvider) -> None:
    places_and_reads(by_public_keys, bearer(by_public_keys, provider.token()))


def test_only_staff_read_orders_of_other_users(
    by_public_keys: Outputs, provider: OpenIDProvider
) -> None:
    order_id = str(uuid.uuid4())
    [owner, other, staff] = [
        bearer(by_public_keys, provider.token(sub=sub, groups=groups))
        for sub, groups in ((SUB, None), ("auth0|bob", ["customers"]), ("auth0|eve", ["staff"]))
    ]

    owner.request("PUT", f"/orders/{order_id}", ORDER)
    wait_for("the item", lambda: StackProbe(by_public_keys).stored(order_id))

    assert other.request("GET", f"/orders/{order_id}").status == 404
    assert other.request("GET", "/orders").body["orders"] == []
    assert staff.request("GET", f"/orders/{order_id}").status == 200


def test_invalid_tokens_are_refused(by_public_keys: Outputs, provider: OpenIDProvider) -> None:
    """fault 11"""
    [kid] = provider.keys
    invalid = [
        "no-token",
        unsigned({"alg": "none"}, provider.claims()),
        unsigned({"alg": "none"}, provider.claims()) + "signature",
        signed(provider, {}, public_pem(provider), {"alg": "HS256", "kid": kid}),
        provider.token(exp=int(time.time()) - 60),
        provider.token(exp=None),
        provider.token(iss="https://another.example"),
        provider.token(aud="another"),
        provider.token(kid="unknown"),
    ]

    are_refused(by_public_keys, invalid, provider.token())


def test_cached_keys_are_used_while_the_provider_is_down(
    by_public_keys: Outputs, provider: OpenIDProvider
) -> None:
    """fault 48"""
    bearer(by_public_keys, provider.token(jti="before")).request("GET", "/orders")
    provider.trouble = down

    known = bearer(by_public_keys, provider.token(jti="during")).request("GET", "/orders")
    forget_keys(by_public_keys)
    unknown = bearer(by_public_keys, provider.token(jti="after")).request("GET", "/orders")

    assert (known.status, unknown.status) == (200, 401)


def test_a_rotated_key_replaces_the_old_one(
    by_public_keys: Outputs, provider: OpenIDProvider
) -> None:
    before = provider.token(jti="of the old key")
    provider.rotate("second")
    after = provider.token()

    forget_keys(by_public_keys)

    places_and_reads(by_public_keys, bearer(by_public_keys, after))
    are_refused(by_public_keys, [before], after)


@pytest.fixture(scope="module")
def by_secret(second_stack: SecondStack, listening: OpenIDProvider) -> Outputs:
    """A stack for HS256, with the stack's secret."""
    return deployed(second_stack, listening, "HS256")


def put_secret(outputs: Outputs, secret: str) -> None:
    """Store a new version of the secret, and make the authorizer read it."""
    manager = client("secretsmanager", outputs)
    manager.put_secret_value(SecretId=physical_id(outputs, "JwtSecret"), SecretString=secret)
    forget_keys(outputs)


def test_the_current_and_the_previous_secret_are_valid(
    by_secret: Outputs, provider: OpenIDProvider
) -> None:
    """fault 11"""
    manager = client("secretsmanager", by_secret)
    made = manager.describe_secret(SecretId=physical_id(by_secret, "JwtSecret"))
    first = manager.get_secret_value(SecretId=made["ARN"])["SecretString"]
    second, third = secrets.token_hex(32), secrets.token_hex(32)

    def token(secret: str, **claims: Any) -> str:
        return jwt.encode(provider.claims(jti=str(uuid.uuid4()), **claims), secret, "HS256")

    assert made["KmsKeyId"] == physical_id(by_secret, "JwtSecretKey")
    places_and_reads(by_secret, bearer(by_secret, token(first)))
    put_secret(by_secret, second)
    places_and_reads(by_secret, bearer(by_secret, token(second)))
    places_and_reads(by_secret, bearer(by_secret, token(first)))
    put_secret(by_secret, third)
    invalid = [token(first), token(third, exp=None), provider.token(), token(secrets.token_hex(32))]
    are_refused(by_secret, invalid, token(third))
