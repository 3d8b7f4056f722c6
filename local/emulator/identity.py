"""A change to the emulator's path for "is it ready": the answer contains the id of the stack.

Another stack's emulator, which has taken the port first, answers with another id.

Upstream: no, only our `make up` asks.
"""

import json
import os
from typing import Any

from ministack import app

_handle_ready_request = app._handle_ready_request


def handle_ready_request(*args: Any) -> Any:
    """Answer as the emulator does, with one more field."""
    answer = _handle_ready_request(*args)
    if answer is None:
        return None
    status, headers, body = answer
    body = json.dumps({**json.loads(body), "stack": os.environ.get("STACK_ID", "")}).encode()
    return status, headers, body


app._handle_ready_request = handle_ready_request
