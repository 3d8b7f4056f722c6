"""Uploads queue (S3 by SNS) -> clean picture, metadata JSON, thumbnail; the row READY or FAILED."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

import picture
import storage
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from containers import UnusablePicture
from sandbox import Exhausted, Sandbox

from common.api.errors import NotFound
from common.images import Image, Status, image_id, images
from common.observability import logger, metrics

# Well inside the function's own limits in template.yaml.
sandbox = Sandbox(seconds=40, memory_bytes=1536 * 1024 * 1024)

processor = BatchProcessor(
    EventType.SQS,
    raise_on_entire_batch_failure=False,
    logger=logger,  # type: ignore[arg-type]  # a proxy of logging.Logger
)


def process_uploads(record: SQSRecord) -> None:
    """Process what a notification tells of. What is raised is tried again later."""
    # S3 tests a new notification with a message that has no records.
    for arrival in json.loads(record.body).get("Records", ()):
        key = unquote_plus(arrival["s3"]["object"]["key"])
        if found := image_id(key):
            process_upload(found, key)


def process_upload(found: str, key: str) -> None:
    """Settle the row of a picture that arrived, once; then the upload itself goes."""
    try:
        image = images().find(found)
        if image.status == Status.PENDING and (upload := storage.fetch(key)) is not None:
            metrics.add_metric(_settle(image, upload), MetricUnit.Count, 1)
    except NotFound:
        logger.info("upload without a row", correlation_id=found)  # deleted before it arrived
    storage.remove_upload(key)


def _settle(image: Image, upload: bytes) -> str:
    try:
        done = sandbox.run(picture.process, image.contentType, upload)
    except UnusablePicture as error:
        return _fail(image, str(error))
    except Exhausted as error:
        logger.warning("picture given up", correlation_id=image.imageID, reason=str(error))
        return _fail(image, "the picture is damaged, or too complicated")
    storage.store(image, done)
    size = done.metadata["size"]
    ready = replace(
        image,
        status=Status.READY,
        size=len(done.picture),
        width=size["width"],
        height=size["height"],
        expiresAt=0,
    )
    if images().settle(ready):
        logger.info("image ready", correlation_id=image.imageID)
        return "ImagesReady"
    _discard_if_deleted(image)
    return "ImagesRepeated"


def _fail(image: Image, reason: str) -> str:
    images().settle(replace(image, status=Status.FAILED, reason=reason, expiresAt=0))
    logger.info("image failed", correlation_id=image.imageID, reason=reason)
    return "ImagesFailed"


def _discard_if_deleted(image: Image) -> None:
    try:
        images().find(image.imageID)
    except NotFound:  # meanwhile, by its owner
        storage.discard(image)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    with processor(event["Records"], process_uploads):
        processor.process()
    return processor.response()
