"""The API with signed requests, on the second local stack with IAM enforced."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from local.api_user import ApiResponse, ApiUser, send
from local.emulator_clients import Outputs, client
from local.stack_probe import StackProbe, wait_for
from tests.e2e.conftest import SecondStack
from tests.harness import iam, pictures
from tests.harness.iam import Principal

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("second stack"),
    pytest.mark.local_only("starts its own stack"),
]

ORDER = {"item": "latex gloves", "customerID": "12345"}
NOT_ALLOWED = {"message": "the caller may not use this route", "details": []}
UNKNOWN = {
    "message": "The security token included in the request is invalid.",
    "details": [],
}


@pytest.fixture(scope="module")
def outputs(second_stack: SecondStack) -> Outputs:
    """A stack that takes signed requests."""
    return second_stack(ApiAuthorizer="AWS_IAM")


def ask(
    outputs: Outputs,
    principal: Principal,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> ApiResponse:
    """Send a request that the principal has signed."""
    data = b"" if body is None else json.dumps(body).encode()
    url = outputs["GatewayUrl"] + path
    sent = {"Content-Type": "application/json", **(headers or {})}
    request = iam.signed(method, url, data, sent, principal=principal)
    status, content, _ = send(method, url, data, dict(request.headers.items()))
    return ApiResponse(status, json.loads(content) if content else None)


def may(*actions: str, effect: str = "Allow", resource: str = "*") -> dict[str, Any]:
    """Return a policy statement."""
    return {"Effect": effect, "Action": list(actions), "Resource": resource}


CALL = may("execute-api:Invoke")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def create_user(outputs: Outputs, *statements: dict[str, Any]) -> tuple[str, Principal]:
    """Return the ID of a new user with these permissions, and an access key."""
    users = client("iam", outputs)
    name = f"robot-{uuid.uuid4()}"
    made = users.create_user(UserName=name, Path="/robots/")["User"]
    policy = document(*statements)
    users.put_user_policy(UserName=name, PolicyName="call", PolicyDocument=policy)
    key = users.create_access_key(UserName=name)["AccessKey"]
    return made["UserId"], Principal(access_key=key["AccessKeyId"], secret=key["SecretAccessKey"])


def create_role(outputs: Outputs, trusted: dict[str, Any]) -> Any:
    """Return a new role that may call the API."""
    name = f"Importer-{uuid.uuid4()}"
    roles = client("iam", outputs)
    trust = document({"Effect": "Allow", **trusted})
    role = roles.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    roles.put_role_policy(RoleName=name, PolicyName="call", PolicyDocument=document(CALL))
    return role


def assume(outputs: Outputs, role: Any, session: str) -> Principal:
    sts = client("sts", outputs)
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName=session)["Credentials"]
    return Principal(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@pytest.fixture(scope="module")
def role(outputs: Outputs) -> Any:
    everybody = {"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    return create_role(outputs, everybody)


@pytest.fixture(scope="module")
def robot(outputs: Outputs) -> Principal:
    """A user who may call the API."""
    return create_user(outputs, CALL)[1]


def place(outputs: Outputs, principal: Principal) -> dict[str, Any]:
    """Place an order, and return its item when it is stored."""
    response = ask(outputs, principal, "POST", "/orders", ORDER)
    assert response.status == 202, response
    probe = StackProbe(outputs)
    return wait_for("the item", lambda: probe.stored(response.body["orderID"]))


def test_a_users_orders_belong_to_the_users_id(outputs: Outputs) -> None:
    user_id, user = create_user(outputs, CALL)

    item = place(outputs, user)

    order_id = item["orderID"]["S"]
    assert item["placedBy"] == {"S": user_id}
    assert ask(outputs, user, "GET", f"/orders/{order_id}").body["order"] == ORDER
    [listed] = ask(outputs, user, "GET", "/orders").body["orders"]
    assert listed["orderID"] == order_id
    me = ask(outputs, user, "GET", "/users/me").body
    assert (me["sub"], me["groups"]) == (user_id, [])
    assert me["username"].startswith("robot-")


def test_each_session_of_a_role_is_a_caller_of_its_own(outputs: Outputs, role: Any) -> None:
    name = "ann+shop=a,b.c@example.com_" + "x" * 37
    ann, ben = assume(outputs, role, name), assume(outputs, role, "ben")

    item = place(outputs, ann)

    path = f"/orders/{item['orderID']['S']}"
    assert item["placedBy"] == {"S": f"{role['RoleId']}:{name}"}
    assert ask(outputs, ann, "GET", path).status == 200
    assert ask(outputs, assume(outputs, role, name), "GET", path).status == 200
    assert ask(outputs, ben, "GET", path).status == 404
    assert ask(outputs, ben, "GET", "/orders").body["orders"] == []


def test_a_user_of_an_identity_pool_is_its_identity(outputs: Outputs) -> None:
    user = ApiUser.sign_in(outputs, f"ada-{uuid.uuid4()}")
    other = ApiUser.sign_in(outputs, f"ben-{uuid.uuid4()}")
    pool = create_identity_pool(outputs)

    [(ada, credentials), (ben, others)] = [identity(outputs, pool, each) for each in (user, other)]
    item = place(outputs, credentials)

    path = f"/orders/{item['orderID']['S']}"
    assert ada != ben
    assert item["placedBy"] == {"S": ada}
    assert ask(outputs, credentials, "GET", path).status == 200
    assert ask(outputs, others, "GET", path).status == 404
    assert ask(outputs, others, "GET", "/users/me").body["sub"] == ben


def create_identity_pool(outputs: Outputs) -> str:
    """Return the ID of an identity pool for the users of the stack's user pool."""
    provider = f"cognito-idp.us-east-1.amazonaws.com/{outputs['UserPoolId']}"
    trusted = {
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    pools = client("cognito-identity", outputs)
    pool_id: str = pools.create_identity_pool(
        IdentityPoolName="shop",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[
            {"ProviderName": provider, "ClientId": outputs["UserPoolClientId"]}
        ],
    )["IdentityPoolId"]
    role = create_role(outputs, trusted)
    pools.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": role["Arn"]})
    return pool_id


def identity(outputs: Outputs, pool: str, user: ApiUser) -> tuple[str, Principal]:
    """Return the identity of a user of the user pool, and its credentials."""
    logins = {f"cognito-idp.us-east-1.amazonaws.com/{outputs['UserPoolId']}": user.id_token}
    pools = client("cognito-identity", outputs)
    found: str = pools.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    given = pools.get_credentials_for_identity(IdentityId=found, Logins=logins)["Credentials"]
    return found, Principal(given["AccessKeyId"], given["SecretKey"], given["SessionToken"])


def test_everything_of_a_caller_is_stored_under_any_session_name(
    outputs: Outputs, role: Any
) -> None:
    ann = assume(outputs, role, "ann+shop=a,b.c@example.com")
    once = {"Idempotency-Key": "once"}

    made = [ask(outputs, ann, "POST", "/groups", {"name": "cats"}, once) for _ in range(2)]
    group_id = made[0].body["groupID"]
    image = {"contentType": pictures.JPEG, "groupID": group_id}
    images = [ask(outputs, ann, "POST", "/images", image).body for _ in range(2)]
    page = ask(outputs, ann, "GET", "/images?limit=1").body
    rest = ask(outputs, ann, "GET", f"/images?limit=1&next={quote(page['next'])}")

    assert made[0] == made[1]
    assert made[0].body["owner"] == "ann+shop=a,b.c@example.com"
    assert {each["imageID"] for each in page["images"] + rest.body["images"]} == {
        each["imageID"] for each in images
    }
    assert ask(outputs, ann, "DELETE", f"/groups/{group_id}").status == 204


def test_a_message_to_a_principal_has_no_recipient(outputs: Outputs, role: Any) -> None:
    ann = assume(outputs, role, "ann")
    assume(outputs, role, "ben")

    response = ask(outputs, ann, "POST", "/messages", {"to": "ben", "text": "hello"})

    assert (response.status, response.body["message"]) == (404, "no such user")


@pytest.mark.asyncio
async def test_a_caller_receives_live_events_of_its_own_orders(outputs: Outputs, role: Any) -> None:
    ann = assume(outputs, role, "ann+live@example.com")
    url = (await asyncio.to_thread(ask, outputs, ann, "POST", "/live")).body["url"]

    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        item = await asyncio.to_thread(place, outputs, ann)
        event = json.loads(await socket.receive_str(timeout=30))

    assert event["type"] == "order.placed"
    assert event["data"]["orderID"] == item["orderID"]["S"]


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([may("execute-api:Invoke", resource="arn:aws:execute-api:*:*:*/v1/GET/orders")], "GET"),
        ([may("execute-api:Invoke", resource="arn:aws:execute-api:*:*:*/v1/POST/*")], "POST"),
        ([CALL, may("execute-api:Invoke", effect="Deny", resource="*/v1/POST/orders")], "GET"),
        ([may("sqs:SendMessage", "lambda:InvokeFunction")], ""),
    ],
    ids=["one route", "one method", "an explicit deny", "no permission"],
)
def test_the_policies_of_the_caller_decide(
    outputs: Outputs, statements: list[dict[str, Any]], allowed: str
) -> None:
    _, user = create_user(outputs, *statements)

    responses = {
        "GET": ask(outputs, user, "GET", "/orders"),
        "POST": ask(outputs, user, "POST", "/orders", ORDER),
    }

    for method, response in responses.items():
        if method == allowed:
            assert response.status in (200, 202)
        else:
            assert response == ApiResponse(403, NOT_ALLOWED)


def test_credentials_that_are_wrong_or_no_longer_valid_are_refused(
    outputs: Outputs, robot: Principal, role: Any
) -> None:
    session = assume(outputs, role, "ann")
    _, disabled = create_user(outputs, CALL)
    users = client("iam", outputs)
    name = ask(outputs, disabled, "GET", "/users/me").body["username"]
    users.update_access_key(UserName=name, AccessKeyId=disabled.access_key, Status="Inactive")

    unknown = [
        ask(outputs, each, "GET", "/orders")
        for each in (
            disabled,
            replace(robot, access_key="AKIAUNKNOWN"),
            replace(robot, token="of nobody"),
            replace(session, token=None),
            replace(session, token="guessed"),
        )
    ]
    wrong = [
        ask(outputs, each, "GET", "/orders")
        for each in (replace(robot, secret="guessed"), replace(session, secret=robot.secret))
    ]

    assert unknown == [ApiResponse(403, UNKNOWN)] * 5
    assert [each.body["message"] for each in wrong] == ["the signature is invalid"] * 2


def test_a_token_of_the_user_pool_is_not_a_signature(outputs: Outputs) -> None:
    user = ApiUser.sign_in(outputs, f"ada-{uuid.uuid4()}")

    responses = [
        user.request("GET", "/orders", headers={"Authorization": token})
        for token in (user.access_token, user.id_token, f"Bearer {user.id_token}")
    ]

    assert [each.status for each in responses] == [403] * 3


@pytest.mark.parametrize("headers", [{}, {"X-Local-Secret": ""}, {"X-Local-Secret": "guessed"}])
def test_the_emulator_tells_nobody_but_the_gateway_whether_a_signature_is_valid(
    outputs: Outputs, robot: Principal, headers: dict[str, str]
) -> None:
    url = outputs["Endpoint"] + "/_local/signer"
    root = Principal(outputs["AccessKeyId"], outputs["SecretAccessKey"])
    question = json.dumps({"accessKeyId": robot.access_key}).encode()
    request = iam.signed("POST", url, question, headers, principal=root, service="iam")

    status, content, _ = send("POST", url, question, dict(request.headers.items()))

    assert (status, json.loads(content)["message"]) == (
        403,
        "only the gateway of this stack may call this",
    )
