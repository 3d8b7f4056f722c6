"""The gaps of the emulator's WebSocket APIs, closed: their address, and route responses."""

import os
from typing import Any

from ministack.services.cloudformation import provisioners

_api = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
_create_api = _api["create"]
_update_api = _api["update"]


def create_api(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, Any]]:
    """The API, at an address where it answers."""
    return _located(*_create_api(logical_id, props, stack_name))


def update_api(*args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    """The same for one that is there already."""
    return _located(*_update_api(*args, **kwargs))


def _located(api_id: str, attributes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    # The emulator says wss://, and speaks no TLS, under a name that not every resolver knows.
    host, port = os.environ["BIND_HOST"], os.environ["GATEWAY_PORT"]
    endpoint = f"ws://{host}:{port}/_aws/execute-api/{api_id}"
    return api_id, attributes | {"ApiEndpoint": endpoint}


def create_route_response(_name: str, props: Any, _stack: str) -> tuple[str, dict[str, Any]]:
    """Nothing to keep: the emulator sends every route's answer back."""
    return f"{props['RouteId']}-response", {}


def delete_route_response(_id: str, _props: Any) -> None:
    """Nothing to forget."""


_api |= {"create": create_api, "update": update_api}
provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::RouteResponse"] = {
    "create": create_route_response,
    "delete": delete_route_response,
}
