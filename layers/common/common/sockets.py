"""Requests to open WebSocket connections, through the management API of API Gateway."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from common import aws

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class Sockets:
    """The open connections of a WebSocket API.

    A connection whose handshake is still running is not open yet.
    """

    def __init__(self, api: ApiGatewayManagementApiClient) -> None:
        self._api = api

    def send(self, connection_id: str, data: bytes) -> bool:
        """Send a frame to the connection's client. Returns False if it is not open."""
        try:
            self._api.post_to_connection(ConnectionId=connection_id, Data=data)
        except self._api.exceptions.GoneException:
            return False
        return True

    def close(self, connection_id: str) -> bool:
        """Close the connection. Returns False if it is not open."""
        try:
            self._api.delete_connection(ConnectionId=connection_id)
        except self._api.exceptions.GoneException:
            return False
        return True


@cache
def sockets() -> Sockets:
    """The connections of the deployed WebSocket API."""
    return Sockets(aws.apigatewaymanagementapi())
