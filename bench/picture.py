"""What one picture asks of AWS: the real functions on moto, their requests counted."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyvips

from bench.batches import ENVIRONMENT
from common import aws
from tests import support
from tests.unit.stores import IMAGES, stores

WIDTH, HEIGHT = 4000, 3000  # 12 megapixels, a telephone's


@dataclass(frozen=True, slots=True)
class Picture:
    """From the invitation to READY; `requests` by action, the client's own upload included."""

    requests: Counter[str]
    invite_seconds: float
    process_seconds: float


def picture() -> Picture:
    """Invite, upload and process one photograph, by functions that are warm."""
    os.environ |= ENVIRONMENT
    for name in ("image_upload", "image_processing"):
        os.environ |= support.environment(name)
    photograph = _photograph()
    requests: Counter[str] = Counter()
    with stores():
        for client in (aws.dynamodb(), aws.s3()):
            client.meta.events.register(
                "before-call", lambda model, **_: requests.update([model.name])
            )
        for _ in range(2):  # the first is what a cold start pays
            requests.clear()
            wish = support.event("image_upload", "invite")
            wish["headers"].pop("Idempotency-Key", None)  # or the second is the first
            start = time.perf_counter()
            invitation = json.loads(_invoke("image_upload", wish)["body"])
            invited = time.perf_counter()
            key = invitation["upload"]["fields"]["key"]
            aws.s3().put_object(Bucket=IMAGES, Key=key, Body=photograph)  # for the client's POST
            arrival = support.event("image_processing", "upload")
            body = json.loads(arrival["Records"][0]["body"])
            body["Records"][0]["s3"]["object"]["key"] = key
            arrival["Records"][0]["body"] = json.dumps(body)
            arrived = time.perf_counter()
            answer = _invoke("image_processing", arrival)
            done = time.perf_counter()
            assert answer == {"batchItemFailures": []}, answer
        support.function("image_processing").sandbox.stop()
    return Picture(requests, invited - start, done - arrived)


def _invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = support.function(name).handler(event, support.context(name))
    return answer


def _photograph() -> bytes:
    shapes = pyvips.Image.perlin(WIDTH, HEIGHT, cell_size=WIDTH // 8, seed=1) * 90 + 128
    image = shapes.bandjoin([shapes * 0.8, 255 - shapes])
    encoded: bytes = image.cast("uchar").copy(interpretation="srgb").jpegsave_buffer(Q=88)
    return encoded
