"""The gaps of the emulator's WebSocket APIs."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from local.emulator_clients import REGION
from tests.emulator.conftest import Emulator, unique
from tests.emulator.gaps import gap

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("bare emulator")]


@gap("WebSocket events")
def test_each_event_of_a_connection_says_that_it_is_new(emulator: Emulator) -> None:
    function = emulator.function(
        "def handler(event, _):\n"
        "    return {'statusCode': 200, 'body': str(event['requestContext']['connectedAt'])}\n"
    )
    url = f"{emulator.url}/_aws/execute-api/{websocket_api(emulator, function)}/live"

    async def answers() -> list[str]:
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as connection:
            found = []
            for _ in range(2):
                await connection.send_str("text")
                found.append(await connection.receive_str(timeout=30))
            return found

    first, second = asyncio.run(answers())

    assert first != second


@gap("WebSocket events")
def test_a_handshake_that_is_refused_with_401_is_a_403(emulator: Emulator) -> None:
    function = emulator.function("def handler(event, _):\n    return {'statusCode': 401}\n")
    url = f"{emulator.url}/_aws/execute-api/{websocket_api(emulator, function)}/live"

    async def status() -> int:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url)
            return refused.value.status

    assert asyncio.run(status()) == 403


@gap("WebSocket events")
def test_the_address_of_a_websocket_api_is_not_one_of_a_websocket(emulator: Emulator) -> None:
    outputs = emulator.stack(
        """
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: api
      ProtocolType: WEBSOCKET
      RouteSelectionExpression: $request.body.action
Outputs: {Endpoint: {Value: !GetAtt Api.ApiEndpoint}}
"""
    )

    assert not outputs["Endpoint"].startswith(("ws://", "wss://"))


def websocket_api(emulator: Emulator, function: str) -> str:
    """Create an API all of whose events invoke a function. Returns its id."""
    gateway, lambda_client = emulator.client("apigatewayv2"), emulator.client("lambda")
    arn = lambda_client.get_function_configuration(FunctionName=function)["FunctionArn"]
    lambda_client.add_permission(
        FunctionName=function,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api: str = gateway.create_api(
        Name=unique("api"),
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )["ApiId"]
    service = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions"
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=f"{service}/{arn}/invocations"
    )["IntegrationId"]
    for key in ("$connect", "$default"):
        gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="live", AutoDeploy=True)
    return api
