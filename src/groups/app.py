"""API -> groups of images are created, listed and read; their owners rename and delete them."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common import quotas
from common.api import routes
from common.api.idempotency import Begin, create_once
from common.api.request_body import RequestBody
from common.groups import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, Group, groups
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

GROUP = RequestBody(
    {
        "name": {"type": "string", "maxLength": MAX_NAME_LENGTH, "pattern": r"\S"},
        "description": {"type": "string", "maxLength": MAX_DESCRIPTION_LENGTH},
    },
    ("name",),
)


@router.post("/groups")
def create_group() -> Response[str]:
    """Create a group that the caller owns."""
    event = router.current_event
    body = GROUP.parse(event)

    def create(begin: Begin) -> Group:
        caller = routes.caller(event)
        quotas.count_group(caller)
        group = Group.new(caller, routes.username(event), body["name"], body.get("description", ""))
        begin(group.groupID)
        groups().add(group)
        return group

    group = create_once(router, body, create, lambda group: group.groupID, groups().get)
    return routes.created(group.to_json())


@router.get("/groups")
def list_groups() -> dict[str, Any]:
    """The groups of all users, newest first."""
    page = Page.from_query(router.current_event.query_string_parameters)
    found, token = groups().newest(page)
    return {"groups": [group.to_json() for group in found], "next": token}


@router.get("/groups/<group_id>")
def show_group(group_id: str) -> dict[str, Any]:
    """One group of any user."""
    routes.caller(router.current_event)  # raises Unauthenticated
    return groups().get(group_id.lower()).to_json()


@router.put("/groups/<group_id>")
def rename_group(group_id: str) -> dict[str, Any]:
    """Change the name and the description of one of the caller's groups."""
    body = GROUP.parse(router.current_event)
    owner = routes.caller(router.current_event)
    name, description = body["name"], body.get("description", "")
    return groups().rename(group_id.lower(), owner, name, description).to_json()


@router.delete("/groups/<group_id>")
def delete_group(group_id: str) -> Response[str]:
    """Delete one of the caller's groups. Its images remain, and belong to their owners only."""
    groups().remove(group_id.lower(), routes.caller(router.current_event))
    return Response(204, body="")


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)
