"""Who may use the local stack: its own tools and pages, and nobody else."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.api_user import ApiUser, request, send
from local.emulator_clients import Outputs, client
from local.stack.local_stack import LocalStack
from tests.harness.iam import Principal, signed

pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("has the servers of a local stack"),
]

# One operation of each service that the template uses, and two that the emulator does not know.
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("apigateway", "get_rest_apis", {}),
    ("cloudformation", "describe_stacks", {}),
    ("cloudwatch", "describe_alarms", {}),
    ("cognito-idp", "list_user_pools", {"MaxResults": 1}),
    ("dynamodb", "list_tables", {}),
    ("iam", "list_roles", {}),
    ("lambda", "list_functions", {}),
    ("logs", "describe_log_groups", {}),
    ("opensearch", "list_domain_names", {}),
    ("s3", "list_buckets", {}),
    ("s3", "create_bucket", {"Bucket": "deployments"}),
    ("secretsmanager", "list_secrets", {}),
    ("sns", "list_topics", {}),
    ("sqs", "list_queues", {}),
    ("ssm", "describe_parameters", {}),
    ("sts", "get_caller_identity", {}),
]

FOREIGN_HOST = {"Host": "evil.example"}
FOREIGN_PAGE = {"Origin": "http://evil.example"}
FOREIGN = [
    FOREIGN_HOST,
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "8.8.8.8"},
    {"Host": ""},
    FOREIGN_PAGE,
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


def call(outputs: Outputs, service: str, operation: str, parameters: dict[str, Any]) -> Any:
    return getattr(client(service, outputs), operation)(**parameters)


READY = {
    "GatewayUrl": "/_local/health",
    "Endpoint": "/_ministack/ready",
    "OpenSearchUrl": "/_search",
}


@pytest.fixture(params=READY)
def page(request: pytest.FixtureRequest, outputs: Outputs) -> str:
    """A page of each server that needs no credentials."""
    if request.param not in outputs:
        pytest.skip("the stack runs without search")
    return outputs[request.param] + READY[request.param]


@pytest.fixture
def presigned(outputs: Outputs) -> Iterator[str]:
    """The URL of an object in a bucket without rules for browsers."""
    s3 = client("s3", outputs, config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="access")
    s3.put_object(Bucket="access", Key="picture", Body=b"picture")
    yield s3.generate_presigned_url("get_object", Params={"Bucket": "access", "Key": "picture"})
    s3.delete_object(Bucket="access", Key="picture")
    s3.delete_bucket(Bucket="access")


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=str)
def test_the_stacks_credentials_are_accepted(
    outputs: Outputs, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    answer = call(outputs, service, operation, parameters)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=str)
def test_other_credentials_are_refused(
    outputs: Outputs, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    key, secret = outputs["AccessKeyId"], outputs["SecretAccessKey"]
    guesses = [("test", "test"), ("test", secret), ("000000000000", "test"), (key, "test")]

    for access_key, guess in guesses:
        guessed = {**outputs, "AccessKeyId": access_key, "SecretAccessKey": guess}
        with pytest.raises(ClientError) as refused:
            call(guessed, service, operation, parameters)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
        assert refused.value.response["Error"]["Code"] in (
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        )


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=str)
def test_a_call_without_a_signature_is_refused(
    outputs: Outputs, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    unsigned = client(service, outputs, config=Config(signature_version=UNSIGNED))

    with pytest.raises(ClientError) as refused:
        getattr(unsigned, operation)(**parameters)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


@pytest.mark.parametrize("authorization", ["Bearer x", "AWS4-HMAC-SHA256", "AWS x:y"])
def test_another_authorization_is_not_a_signature(outputs: Outputs, authorization: str) -> None:
    headers = {
        "Authorization": authorization,
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
    }

    status, content, _ = send("POST", outputs["Endpoint"], b"{}", headers)

    assert status in (400, 403), content
    assert b"TableNames" not in content


def test_what_aws_leaves_unsigned_stays_open(outputs: Outputs) -> None:
    public = client("cognito-idp", outputs, config=Config(signature_version=UNSIGNED))
    keys = f"{outputs['Endpoint']}/{outputs['UserPoolId']}/.well-known/jwks.json"

    with pytest.raises(public.exceptions.NotAuthorizedException, match="Incorrect username"):
        public.initiate_auth(
            ClientId=outputs["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "nobody", "PASSWORD": "Correct-Horse-7"},
        )
    assert request("GET", keys).body["keys"]


def test_a_presigned_url_needs_the_credentials(outputs: Outputs, presigned: str) -> None:
    for access_key, secret in (("", "test"), ("test", "test"), (outputs["AccessKeyId"], "test")):
        url = presigned.partition("?")[0]
        forged = signed(
            "GET", url, principal=Principal(access_key, secret), service="s3", presigned=True
        )
        assert send("GET", str(forged.url), None, {})[0] in (400, 403)
    assert send("GET", presigned, None, {})[:2] == (200, b"picture")


def test_the_credentials_of_a_function_cannot_be_derived(outputs: Outputs) -> None:
    """The emulator's own are digests of names."""
    [function, *_] = client("lambda", outputs).list_functions()["Functions"]
    text = f"{function['FunctionArn']}:{function['Role']}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    secret, token = (
        hashlib.sha256(f"{each}:{digest}".encode()).hexdigest() for each in ("secret", "token")
    )
    derived = Principal(f"ASIA{digest[:16].upper()}", secret, token)
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    call = signed("POST", outputs["Endpoint"] + "/", body, form, principal=derived, service="sts")

    status, _, _ = send("POST", str(call.url), body, dict(call.headers.items()))

    assert status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_ministack/ses/messages"),
        ("GET", "/_ministack/sqs/messages"),
        ("GET", "/_ministack/lambda-code/orders"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("POST", "/_local/origins"),
        ("POST", "/_local/signer"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"X-Local-Secret": ""}, {"X-Local-Secret": "guessed"}])
def test_the_emulators_own_pages_are_for_the_gateway_only(
    outputs: Outputs, method: str, path: str, headers: dict[str, str]
) -> None:
    status, content, _ = send(method, outputs["Endpoint"] + path, b"", headers)

    assert status == 403
    assert json.loads(content)["message"] == "only the gateway of this stack may call this"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_server_answers_a_foreign_page_or_host_name(
    page: str, method: str, headers: dict[str, str]
) -> None:
    """fault 66"""
    status, content, answered = send(method, page, None, headers)

    # An empty host name is not valid HTTP. OpenSearch answers OPTIONS with the methods of a path.
    assert status in (400, 403) or (method == "OPTIONS" and content == b""), content
    assert "Access-Control-Allow-Origin" not in answered


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "172.17.0.1", "host.docker.internal"])
def test_every_server_answers_its_own_names(page: str, name: str) -> None:
    status, _, _ = send("GET", page, None, {"Host": f"{name}:{urlsplit(page).port}"})

    assert status == 200


def test_a_link_on_another_page_opens_the_web_client(outputs: Outputs) -> None:
    link = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }

    opened = send("GET", outputs["GatewayUrl"] + "/", None, link)
    framed = send("GET", outputs["GatewayUrl"] + "/", None, link | {"Sec-Fetch-Dest": "iframe"})

    assert (opened[0], framed[0]) == (200, 403)


@pytest.mark.parametrize("headers", [FOREIGN_PAGE, FOREIGN_HOST, {"Origin": "null"}], ids=str)
def test_a_websocket_opens_for_own_pages_only(
    outputs: Outputs, api_user: ApiUser, headers: dict[str, str]
) -> None:
    """fault 66"""
    url: str = api_user.request("POST", "/live").body["url"]

    assert handshake(url, headers) == 403
    assert handshake(url, {"Origin": outputs["GatewayUrl"]}) == 101


def handshake(url: str, headers: dict[str, str]) -> int:
    """Return the status of an answer to a WebSocket handshake."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    connection.request("GET", f"{parts.path}?{parts.query}", headers=upgrade | headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_nobody_else_can_read_the_secrets_of_the_stack(stack: LocalStack) -> None:
    files = [stack.directory / name for name in ("stack.json", "outputs.json")]
    files += (stack.directory / "tmp" / "emulator").rglob("*")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files}

    assert set(modes.values()) == {0}, modes
