"""API -> groups of pictures made, listed and read; renamed and deleted by their owners."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.api import routes
from common.api.idempotency import once
from common.api.request_body import Body
from common.groups import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, Group, groups
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

GROUP = Body(
    {
        "name": {"type": "string", "maxLength": MAX_NAME_LENGTH, "pattern": r"\S"},
        "description": {"type": "string", "maxLength": MAX_DESCRIPTION_LENGTH},
    },
    ("name",),
)


@router.post("/groups")
def make_group() -> Response[str]:
    """Make a group of the caller's."""
    wanted = GROUP.of(router.current_event)

    def make() -> dict[str, Any]:
        group = Group.new(
            routes.caller(router.current_event),
            routes.username(router.current_event),
            wanted["name"],
            wanted.get("description", ""),
        )
        groups().add(group)
        return group.to_json()

    return routes.created(once(router, wanted, make))


@router.get("/groups")
def list_groups() -> dict[str, Any]:
    """Everybody's groups, newest first."""
    page = Page.requested(
        router.current_event.query_string_parameters, routes.caller(router.current_event)
    )
    found, following = groups().newest(page)
    return {"groups": [group.to_json() for group in found], "next": following}


@router.get("/groups/<group_id>")
def show_group(group_id: str) -> dict[str, Any]:
    """One group, anybody's."""
    return groups().get(group_id.lower()).to_json()


@router.put("/groups/<group_id>")
def rename_group(group_id: str) -> dict[str, Any]:
    """Give a group of the caller's another name and description."""
    wanted = GROUP.of(router.current_event)
    owner = routes.caller(router.current_event)
    name, description = wanted["name"], wanted.get("description", "")
    return groups().rename(group_id.lower(), owner, name, description).to_json()


@router.delete("/groups/<group_id>")
def delete_group(group_id: str) -> Response[str]:
    """Delete a group of the caller's. The pictures in it stay with those who uploaded them."""
    groups().remove(group_id.lower(), routes.caller(router.current_event))
    return Response(204, body="")


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
