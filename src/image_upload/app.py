"""API -> images are uploaded with a request or with a presigned form, listed, read and deleted."""

from typing import Any

import base64_image
import presigned_urls
from access import deletable_image, visible_image
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.typing import LambdaContext

from common import image_files, quotas
from common.api import routes
from common.api.errors import Forbidden, Invalid
from common.api.idempotency import Begin, create_once
from common.api.request_body import RequestBody
from common.groups import groups
from common.image import MAX_TITLE_LENGTH, Image, Status
from common.image_formats import CONTENT_TYPES, content_type
from common.images import images
from common.observability import logger
from common.pagination import Page

router = Router()  # type: ignore[no-untyped-call]

FORM = RequestBody(
    {"userid": {"type": "string", "minLength": 1}, "photo": {"type": "string"}},
    ("userid", "photo"),
)
IMAGE = RequestBody(
    {
        "contentType": {"enum": list(CONTENT_TYPES)},
        "title": {"type": "string", "maxLength": MAX_TITLE_LENGTH},
        "groupID": {"type": "string", "minLength": 1},
    },
    ("contentType",),
)


@router.post("/form")
def upload_photo() -> Response[Any]:
    """Upload an image that is inside the request."""
    event = router.current_event
    form = FORM.parse(event)
    if form["userid"].lower() not in routes.names(event):
        raise Forbidden("userid is not the caller's")
    picture = base64_image.decode(form["photo"])
    found = content_type(picture)
    if found is None:
        raise Invalid("invalid photo", [f"photo: must be one of {', '.join(CONTENT_TYPES)}"])

    def upload(begin: Begin) -> Image:
        caller = routes.caller(event)
        quotas.count_upload(caller)
        image = Image.new(caller, found)
        images().add(image)
        image_files.put_upload(image, picture)
        # Not earlier: an image whose upload is missing would be found, and stay so.
        begin(image.imageID)
        return image

    image = create_once(router, form, upload, lambda image: image.imageID, images().get)
    return routes.created(_to_json(image))


@router.post("/images")
def create_upload() -> Response[Any]:
    """Return a presigned form that uploads one image of the announced type."""
    return _create_upload(IMAGE.parse(router.current_event))


@router.post("/groups/<group_id>/images")
def create_upload_into_group(group_id: str) -> Response[Any]:
    """Return a presigned form that uploads one image into a group."""
    return _create_upload(IMAGE.parse(router.current_event) | {"groupID": group_id})


@router.get("/images")
def list_images() -> dict[str, Any]:
    """The caller's images, newest first."""
    caller = routes.caller(router.current_event)
    page = Page.from_query(router.current_event.query_string_parameters)
    found, token = images().owned_by(caller, page)
    return {"images": [_to_json(image) for image in found], "next": token}


@router.get("/groups/<group_id>/images")
def list_images_of_group(group_id: str) -> dict[str, Any]:
    """The READY images in a group of any user, newest first."""
    group = groups().get(group_id.lower())
    page = Page.from_query(router.current_event.query_string_parameters)
    found, token = images().in_group(group.groupID, page)
    return {"images": [_to_json(image) for image in found], "next": token}


@router.get("/images/<image_id>")
def show_image(image_id: str) -> dict[str, Any]:
    """One image. Only its owner sees its metadata, because they include its location."""
    caller = routes.caller(router.current_event)
    image = visible_image(image_id.lower(), caller)
    if image.status == Status.READY and image.owner == caller:
        return _to_json(image) | {"metadata": image_files.get_metadata(image)}
    return _to_json(image)


@router.delete("/images/<image_id>")
def delete_image(image_id: str) -> Response[Any]:
    """Delete an image. The files go first, so that a failed request can be repeated."""
    image = deletable_image(image_id.lower(), routes.caller(router.current_event))
    image_files.remove_upload(image.upload_key)
    image_files.remove_results(image)
    images().remove(image)
    return Response(204, body="")


@routes.tracer.capture_lambda_handler(capture_response=False)
@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return routes.serve(router, event, context)


def _create_upload(body: dict[str, Any]) -> Response[Any]:
    event = router.current_event

    def create(begin: Begin) -> Image:
        caller = routes.caller(event)
        quotas.count_upload(caller)
        group_id = body.get("groupID", "").lower()
        if group_id:
            groups().get(group_id)
        image = Image.new(caller, body["contentType"], body.get("title", ""), group_id)
        begin(image.imageID)
        images().add(image)
        return image

    image = create_once(router, body, create, lambda image: image.imageID, images().get)
    if image.status != Status.PENDING:  # a repeated request, after the upload was processed
        return routes.created(_to_json(image))
    form = {
        "upload": presigned_urls.upload_form(image),
        "expiresIn": presigned_urls.UPLOAD_SECONDS,
    }
    return routes.created(image.to_json() | form)


def _to_json(image: Image) -> dict[str, Any]:
    urls = presigned_urls.download_urls(image) if image.status == Status.READY else {}
    return image.to_json() | urls
