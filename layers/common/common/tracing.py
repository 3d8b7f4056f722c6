"""X-Ray segments in the trace of an order.

An order's trace starts at the API and travels with it as the X-Ray header
(`Root=1-…;Parent=…;Sampled=1`). Lambda traces invocations, and one invocation processes many
orders, so an order's trace would end at the queue. These functions continue it behind the queue.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_HEADER = '{"format": "json", "version": 1}\n'  # X-Ray guide, "Sending trace data to X-Ray"


@contextmanager
def order_segment(trace_header: str, order_id: str) -> Iterator[None]:
    """Record the work inside the `with` block as a segment in the trace of one order."""
    start = time.time()
    fault = True
    try:
        yield
        fault = False
    finally:
        send_segment(trace_header, order_id, start, fault=fault)


def send_segment(trace_header: str, order_id: str, start: float, *, fault: bool) -> None:
    """Record work from `start` (epoch seconds) until now as a segment in the trace of one order.

    The document goes to the X-Ray daemon that runs beside every function. The X-Ray SDK cannot
    send it: in Lambda it only creates subsegments of the invocation's segment.
    """
    trace = _fields(trace_header)
    if "Root" not in trace or not _sampled(trace):
        return
    document = {
        "name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "storefront"),
        "id": secrets.token_hex(8),
        "trace_id": trace["Root"],
        "start_time": start,
        "end_time": time.time(),
        "annotations": {"orderID": order_id},
        **({"parent_id": trace["Parent"]} if "Parent" in trace else {}),
        **({"fault": True} if fault else {}),
    }
    _send(json.dumps(document))


def _fields(header: str) -> dict[str, str]:
    return dict(field.split("=", 1) for field in header.split(";") if "=" in field)


def _sampled(trace: dict[str, str]) -> bool:
    """The sampling decision of the header or, if it has none, of the invocation."""
    invocation = _fields(os.environ.get("_X_AMZN_TRACE_ID", ""))
    return trace.get("Sampled", invocation.get("Sampled", "0")) == "1"


def _send(document: str) -> None:
    daemon = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    if daemon is None:
        return
    host, _, port = daemon.rpartition(":")
    # A lost segment must not fail the order.
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto((_HEADER + document).encode(), (host, int(port)))
