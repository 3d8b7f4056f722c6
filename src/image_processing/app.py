"""Uploads queue (S3 by SNS) -> clean picture, metadata and thumbnail; the row READY or FAILED."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

import pipeline
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from formats.contents import UnusablePicture
from sandbox import Exhausted, Sandbox

from common import image_files
from common.api.errors import NotFound
from common.image import Image, Status, image_id
from common.image_summary import summary
from common.images import images
from common.observability import logger, metrics

# Well below the function's own limits in template.yaml.
sandbox = Sandbox(seconds=40, memory_bytes=1536 * 1024 * 1024)

processor = BatchProcessor(
    EventType.SQS,
    raise_on_entire_batch_failure=False,
    logger=logger,  # type: ignore[arg-type]  # Powertools' Logger is not a logging.Logger
)


def process_uploads(record: SQSRecord) -> None:
    """Process the uploads in a notification of S3. If this raises, the message is retried."""
    # S3 tests a new notification with a message that has no records.
    for upload in json.loads(record.body).get("Records", ()):
        key = unquote_plus(upload["s3"]["object"]["key"])
        if found := image_id(key):
            process_upload(found, key)


def process_upload(found: str, key: str) -> None:
    """Process an upload whose image is PENDING. Then delete the upload."""
    try:
        image = images().find(found)
        if image.status == Status.PENDING and (data := image_files.get_upload(key)) is not None:
            metrics.add_metric(_finish(image, data), MetricUnit.Count, 1)
    except NotFound:  # the image was deleted before its upload arrived
        image_files.remove_results(Image.deleted(found))  # of an attempt that died
        logger.info("upload without an image", correlation_id=found)
    image_files.remove_upload(key)


def _finish(image: Image, data: bytes) -> str:
    """Store the results and finish the row. Returns the metric that counts the outcome."""
    try:
        processed = sandbox.run(pipeline.process, image.contentType, data)
    except UnusablePicture as error:
        return _fail(image, str(error))
    except Exhausted as error:
        logger.warning("processing aborted", correlation_id=image.imageID, reason=str(error))
        return _fail(image, "the picture is damaged or too complex")
    size = processed.metadata["size"]
    ready = replace(
        image,
        contentType=processed.content_type,
        status=Status.READY,
        size=len(processed.picture),
        width=size["width"],
        height=size["height"],
        expiresAt=0,
        summary=summary(processed.metadata),
    )
    image_files.put_results(ready, processed.picture, processed.metadata, processed.thumbnail)
    if images().finish(ready):
        logger.info("image ready", correlation_id=image.imageID)
        return "ImagesReady"
    _remove_results_if_deleted(image)
    return "ImagesRepeated"


def _fail(image: Image, reason: str) -> str:
    images().finish(replace(image, status=Status.FAILED, reason=reason, expiresAt=0))
    logger.info("image failed", correlation_id=image.imageID, reason=reason)
    return "ImagesFailed"


def _remove_results_if_deleted(image: Image) -> None:
    try:
        images().find(image.imageID)
    except NotFound:  # its owner deleted the image while it was processed
        image_files.remove_results(image)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    with processor(event["Records"], process_uploads):
        processor.process()
    return processor.response()
