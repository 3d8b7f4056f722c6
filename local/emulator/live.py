"""Changes to the emulator's WebSocket APIs: address, route responses, times of connections.

Upstream: yes, except for the address, which knows how the stack is started.
"""

import os
from typing import Any

from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

_api = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
_create_api = _api["create"]
_update_api = _api["update"]
_ws_request_context = apigateway._ws_request_context

_connected_at: dict[str, int] = {}
"""When each connection was opened, in epoch milliseconds."""


def create_api(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, Any]]:
    """Create the API with an address that works."""
    return _located(*_create_api(logical_id, props, stack_name))


def update_api(*args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    """Update the API with an address that works."""
    return _located(*_update_api(*args, **kwargs))


def _located(api_id: str, attributes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    # The emulator's own address is http://, and its name may not resolve.
    host, port = os.environ["BIND_HOST"], os.environ["GATEWAY_PORT"]
    endpoint = f"ws://{host}:{port}/_aws/execute-api/{api_id}"
    return api_id, attributes | {"ApiEndpoint": endpoint}


def create_route_response(_name: str, props: Any, _stack: str) -> tuple[str, dict[str, Any]]:
    """Accept the resource. The emulator returns the response of every route anyway."""
    return f"{props['RouteId']}-response", {}


def delete_route_response(_id: str, _props: Any) -> None:
    """Delete nothing."""


def ws_request_context(
    api_id: str, route_key: str, stage: str, connection_id: str, event_type: str, *rest: Any
) -> dict[str, Any]:
    """Return the context of an event. The emulator's own says that each connection is new."""
    arguments = api_id, route_key, stage, connection_id, event_type, *rest
    context: dict[str, Any] = _ws_request_context(*arguments)
    opened = _connected_at.setdefault(connection_id, context["connectedAt"])
    if event_type == "DISCONNECT":
        del _connected_at[connection_id]
    return context | {"connectedAt": opened}


apigateway._ws_request_context = ws_request_context
_api |= {"create": create_api, "update": update_api}
provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::RouteResponse"] = {
    "create": create_route_response,
    "delete": delete_route_response,
}
