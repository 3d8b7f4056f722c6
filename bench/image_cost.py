"""What one image requests from AWS: the real functions on moto, their requests counted."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.implementations import ENVIRONMENT
from bench.photographs import photograph
from common import aws
from project import functions
from project.fake_aws import IMAGES, image_stores

WIDTH, HEIGHT = 4000, 3000  # 12 megapixels, as a phone takes them


@dataclass(frozen=True, slots=True)
class ImageUsage:
    """What one image used, from POST /images to READY.

    `requests` are counted by action and include the upload by the client.
    """

    requests: Counter[str]
    upload_seconds: float
    processing_seconds: float


def measure_image() -> ImageUsage:
    """Request an upload, upload one photograph and process it, by functions that are warm."""
    os.environ |= ENVIRONMENT
    for name in ("image_upload", "image_processing"):
        os.environ |= functions.environment(name)
    content = photograph(WIDTH, HEIGHT).jpegsave_buffer(Q=88)
    requests: Counter[str] = Counter()
    with image_stores():
        for client in (aws.dynamodb(), aws.s3()):
            client.meta.events.register(
                "before-call", lambda model, **_: requests.update([model.name])
            )
        for _ in range(2):  # the first round warms up
            requests.clear()
            invite = functions.event("image_upload", "invite")
            invite["headers"].pop("Idempotency-Key", None)  # else the second round is a repetition
            start = time.perf_counter()
            invitation = json.loads(_invoke("image_upload", invite)["body"])
            upload_seconds = time.perf_counter() - start
            key = invitation["upload"]["fields"]["key"]
            aws.s3().put_object(Bucket=IMAGES, Key=key, Body=content)  # stands for the client's
            start = time.perf_counter()
            result = _invoke("image_processing", _upload_event(key))
            processing_seconds = time.perf_counter() - start
            assert result == {"batchItemFailures": []}, f"the image was not processed: {result}"
        functions.function("image_processing").sandbox.stop()
    return ImageUsage(requests, upload_seconds, processing_seconds)


def _upload_event(key: str) -> dict[str, Any]:
    event = functions.event("image_processing", "upload")
    body = json.loads(event["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["key"] = key
    event["Records"][0]["body"] = json.dumps(body)
    return event


def _invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = functions.function(name).handler(event, functions.context(name))
    return result
