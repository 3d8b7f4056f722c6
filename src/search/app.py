"""API -> what the caller may see, found again by its words."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from query import Query

from common.api import routes
from common.observability import logger

router = Router()  # type: ignore[no-untyped-call]


@router.get("/search")
def find() -> dict[str, Any]:
    """The best matches first."""
    event = router.current_event
    query = Query.requested(event.query_string_parameters, routes.caller(event))
    found, following = query.ask()
    return {"results": found, "next": following}


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
