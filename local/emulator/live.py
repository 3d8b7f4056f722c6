"""Changes to the emulator's WebSocket APIs: address, refusals, route responses, times.

Upstream: yes, except for the address, which knows how the stack is started.
"""

import os
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

_api = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
_create_api = _api["create"]
_update_api = _api["update"]
_ws_request_context = apigateway._ws_request_context
_invoke_ws_lambda = apigateway._invoke_ws_lambda
_handle_websocket = apigateway.handle_websocket

_refusal: ContextVar[int] = ContextVar("_refusal", default=0)
"""The status with which `$connect` has refused the handshake of this task."""

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


async def invoke_ws_lambda(*args: Any, **kwargs: Any) -> dict[str, Any] | None:
    """Invoke the function of a route, and remember the status of a `$connect` that refuses."""
    answer: dict[str, Any] | None = await _invoke_ws_lambda(*args, **kwargs)
    if "CONNECT" in args and answer:
        _refusal.set(int(answer.get("statusCode", 200)))
    return answer


async def handle_websocket(scope: Any, receive: Any, send: Any, *args: Any, **kwargs: Any) -> None:
    """Serve a connection. A refused handshake has the status of `$connect`, as on API Gateway.

    The emulator closes it, which its server reports as a 403.
    """

    async def answer(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close" and _refusal.get() >= 300:
            status = HTTPStatus(_refusal.get())
            await apigateway._refuse_ws_handshake(scope, send, status.value, status.phrase, "", "")
        else:
            await send(message)

    await _handle_websocket(scope, receive, answer, *args, **kwargs)


apigateway._ws_request_context = ws_request_context
apigateway._invoke_ws_lambda = invoke_ws_lambda
apigateway.handle_websocket = handle_websocket
_api |= {"create": create_api, "update": update_api}
provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::RouteResponse"] = {
    "create": create_route_response,
    "delete": delete_route_response,
}
