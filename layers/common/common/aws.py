"""The only module that reads the template's environment variables and creates AWS clients.

Importing it does neither: a variable is read, and a client is created, on first use.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session, get_session

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

PARALLEL_REQUESTS = 24
"""How many requests a function sends at the same time. By measurement, this fills one vCPU."""

# Three attempts of at most 3 s each end long before a function's timeout. A slow service is then a
# reported failure, and Lambda never kills a function in the middle of a batch.
# Parameter validation takes a fifth of the time of a small request, and repeats what the schemas
# and the types already guarantee.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=PARALLEL_REQUESTS,
    parameter_validation=False,
    # Composing the SDK's own takes a sixth of the time of each request.
    user_agent="storefront",
)


class _Models(Loader):
    """Loads the SDK's service descriptions without looking into the folder of every service."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        # The SDK's own loader looks into the folders of all 400 services before it opens one,
        # which takes a twelfth of a cold start. Half of that would be creating 400 Path objects.
        found = [path for path in self.search_paths if os.path.isdir(path)]  # noqa: PTH112
        return [name for path in found for name in os.listdir(path)]  # noqa: PTH208


@cache
def session() -> Session:
    """The SDK's session, which has the function's credentials and its region."""
    # botocore, not boto3: functions would import the resources of boto3 and not use them.
    created = get_session()
    created.register_component("data_loader", _Models())
    return created


def _client(service: str, config: Config = _CONFIG, **options: Any) -> Any:
    return session().create_client(service, config=config, **options)


def env(name: str) -> str:
    """The value of an environment variable that `template.yaml` sets."""
    return os.environ[name]


@cache
def apigatewaymanagementapi() -> ApiGatewayManagementApiClient:
    """Sends to the connections of the WebSocket API, at the address of that API."""
    address = env("LIVE_URL").replace("ws", "http", 1)
    client: ApiGatewayManagementApiClient = _client("apigatewaymanagementapi", endpoint_url=address)
    return client


@cache
def cognito() -> CognitoIdentityProviderClient:
    """Never retries: a password would count as two attempts, and a code would be sent twice."""
    without_retries = Config(read_timeout=7, retries={"total_max_attempts": 1})
    client: CognitoIdentityProviderClient = _client("cognito-idp", _CONFIG.merge(without_retries))
    return client


@cache
def dynamodb() -> DynamoDBClient:
    client: DynamoDBClient = _client("dynamodb")
    return client


@cache
def events() -> EventBridgeClient:
    client: EventBridgeClient = _client("events")
    return client


@cache
def s3() -> S3Client:
    """Presigns URLs for the bucket's host in its own region, which works in every region.

    The default is the global host. It redirects to most regions, browsers refuse a redirected
    preflight, and it does not know the regions opened since March 2019.
    """
    emulated = bool(os.environ.get("AWS_ENDPOINT_URL"))  # one host serves all buckets there
    regional = Config(
        signature_version="s3v4",  # signs for the region; KMS and new regions refuse older ones
        s3={
            "addressing_style": "auto" if emulated else "virtual",
            "us_east_1_regional_endpoint": "regional",
        },
    )
    client: S3Client = _client("s3", _CONFIG.merge(regional))
    return client


@cache
def secretsmanager() -> SecretsManagerClient:
    client: SecretsManagerClient = _client("secretsmanager")
    return client


@cache
def sesv2() -> SESV2Client:
    """Never retries: SES may have sent an email whose answer is lost."""
    without_retries = Config(read_timeout=7, retries={"total_max_attempts": 1})
    client: SESV2Client = _client("sesv2", _CONFIG.merge(without_retries))
    return client


@cache
def sns() -> SNSClient:
    client: SNSClient = _client("sns")
    return client


@cache
def sqs() -> SQSClient:
    client: SQSClient = _client("sqs")
    return client
