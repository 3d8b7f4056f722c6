"""API -> pictures taken in, or given a place to upload to; the caller's own read and deleted."""

from typing import Any

import files
import photo
import sharing
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.api import routes
from common.api.errors import Forbidden, Invalid
from common.api.idempotency import once
from common.api.request_body import Body
from common.groups import groups
from common.image_formats import CONTENT_TYPES, content_type
from common.images import MAX_TITLE_LENGTH, Image, Status, images
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

FORM = Body(
    {"userid": {"type": "string", "minLength": 1}, "photo": {"type": "string"}},
    ("userid", "photo"),
)
IMAGE = Body(
    {
        "contentType": {"enum": list(CONTENT_TYPES)},
        "title": {"type": "string", "maxLength": MAX_TITLE_LENGTH},
        "groupID": {"type": "string", "minLength": 1},
    },
    ("contentType",),
)


@router.post("/form")
def take_photo() -> Response[Any]:
    """Keep a picture that came inside the request."""
    form = FORM.of(router.current_event)
    if form["userid"].lower() not in routes.names(router.current_event):
        raise Forbidden("userid is somebody else's")
    picture = photo.decode(form["photo"])
    found = content_type(picture)
    if found is None:
        raise Invalid("the photo is wrong", [f"photo: none of {', '.join(CONTENT_TYPES)}"])

    def keep() -> dict[str, Any]:
        image = Image.new(routes.caller(router.current_event), found)
        images().add(image)
        files.upload(image, picture)
        return image.to_json()

    return routes.created(once(router, form, keep))


@router.post("/images")
def invite_upload() -> Response[Any]:
    """Hand out the one place, for one picture of the type announced, and a short while."""
    return _invite(IMAGE.of(router.current_event))


@router.post("/groups/<group_id>/images")
def invite_upload_into_group(group_id: str) -> Response[Any]:
    """The same, for a picture that the group will show."""
    return _invite(IMAGE.of(router.current_event) | {"groupID": group_id})


@router.get("/images")
def list_images() -> dict[str, Any]:
    """The caller's images, newest first."""
    caller = routes.caller(router.current_event)
    found, following = images().owned_by(
        caller, Page.requested(router.current_event.query_string_parameters, caller)
    )
    return {"images": [_shown(image) for image in found], "next": following}


@router.get("/groups/<group_id>/images")
def list_images_of_group(group_id: str) -> dict[str, Any]:
    """The READY images in a group, anybody's, newest first."""
    group = groups().get(group_id.lower())
    caller = routes.caller(router.current_event)
    page = Page.requested(router.current_event.query_string_parameters, f"{caller} {group.groupID}")
    found, following = images().in_group(group.groupID, page)
    return {"images": [_shown(image) for image in found], "next": following}


@router.get("/images/<image_id>")
def show_image(image_id: str) -> dict[str, Any]:
    """One image; to its owner with what it says about itself."""
    caller = routes.caller(router.current_event)
    image = sharing.visible(image_id.lower(), caller)
    known = image.status == Status.READY and image.owner == caller
    return _shown(image) | ({"metadata": files.metadata(image)} if known else {})


@router.delete("/images/<image_id>")
def delete_image(image_id: str) -> Response[Any]:
    """Delete an image: its files first, so that a failure can be repeated."""
    image = sharing.deletable(image_id.lower(), routes.caller(router.current_event))
    files.remove(image)
    images().remove(image)
    return Response(204, body="")


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)


def _invite(wanted: dict[str, Any]) -> Response[Any]:
    def invite() -> dict[str, Any]:
        group_id = wanted.get("groupID", "").lower()
        if group_id:
            groups().get(group_id)
        image = Image.new(
            routes.caller(router.current_event),
            wanted["contentType"],
            wanted.get("title", ""),
            group_id,
        )
        images().add(image)
        upload = files.presigned_upload(image)
        return {**image.to_json(), "upload": upload, "expiresIn": files.UPLOAD_SECONDS}

    # A repetition is answered for as long as what it would be answered is of use.
    return routes.created(once(router, wanted, invite, kept_seconds=files.UPLOAD_SECONDS))


def _shown(image: Image) -> dict[str, Any]:
    addresses = files.addresses(image) if image.status == Status.READY else {}
    return image.to_json() | addresses
