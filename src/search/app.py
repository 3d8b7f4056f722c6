"""API -> full-text search in everything that the caller may see."""

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext
from query import Query

from common.api import routes
from common.observability import logger

router = Router()  # type: ignore[no-untyped-call]


@router.get("/search")
def search() -> dict[str, Any]:
    """The results for the words in `q`, best matches first."""
    event = router.current_event
    query = Query.from_parameters(
        event.query_string_parameters,
        routes.caller(event),
        is_staff="staff" in routes.groups(event),
    )
    results, token = query.run()
    return {"results": results, "next": token}


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
