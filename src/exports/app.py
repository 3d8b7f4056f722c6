"""API -> the caller gets a copy of their data, which export_writer prepares."""

from typing import Any

import download
from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.api import routes
from common.api.errors import Invalid
from common.export import Status
from common.exports import exports
from common.observability import logger

POLL_SECONDS = 5

router = Router()  # type: ignore[no-untyped-call]


@router.get("/users/me/export")
def show_export() -> Response[str]:
    """The caller's export. It is started if there is none, or if `fresh` asks for another one."""
    event = router.current_event
    query = event.query_string_parameters
    fresh = query.get("fresh", "false")
    if fresh not in ("true", "false"):
        raise Invalid("invalid fresh", ["fresh: must be true or false"])
    export = exports().request(routes.caller(event), routes.profile(event), fresh=fresh == "true")
    body = routes.to_json(download.to_json(export))
    if export.status == Status.PREPARING:
        wait = {"Retry-After": str(POLL_SECONDS)}
        return Response(202, content_types.APPLICATION_JSON, body, headers=wait)
    return Response(200, content_types.APPLICATION_JSON, body)


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
