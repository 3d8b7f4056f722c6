"""What image_processing reads from a picture."""

from __future__ import annotations

import json
from typing import Any

from project.functions import module
from tests.harness.pictures import JPEG


def metadata(data: bytes, announced: str = JPEG) -> dict[str, Any]:
    """Return the metadata of a picture, after a round trip through strict JSON."""
    process = module("image_processing", "pipeline").process
    found: dict[str, Any] = json.loads(
        json.dumps(process(announced, data).metadata, allow_nan=False)
    )
    return found
