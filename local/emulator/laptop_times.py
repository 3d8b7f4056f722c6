"""Times of event source mappings that are shorter on a laptop than on AWS.

Upstream: no, it is our choice.
"""

import threading
from typing import Any

from ministack.core.concurrency import esm_wake

WINDOWS_PER_SECOND = 10

RETRY_SECONDS = 0.1
"""Between two attempts of a stream batch. The guide does not say how long Lambda waits."""


def with_shorter_window(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping with a tenth of its batching window.

    Without any, the number of batches and emails in a rush would depend on the speed of the
    machine.
    """
    window = mapping.get("MaximumBatchingWindowInSeconds", 0) / WINDOWS_PER_SECOND
    return mapping | {"MaximumBatchingWindowInSeconds": window}


def wake_after(seconds: float) -> None:
    """Let the poller look at all mappings then."""
    timer = threading.Timer(seconds, esm_wake.set)
    timer.daemon = True
    timer.start()
