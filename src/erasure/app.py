"""Erasure queue -> everything of a user is erased, page by page; a schedule repeats the sweeps."""

from __future__ import annotations

import json
from typing import Any

import sweep
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.erasures import erasures
from common.observability import logger

# Enough for the longest page of a step: a sign-out, or the reading of a dead-letter queue.
_PAGE_MILLISECONDS = 30_000


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Continue the erasure that each message names, and report the messages to retry."""
    failed = []
    for record in event["Records"]:
        try:
            match json.loads(record["body"]):
                case {"sub": str(sub)}:
                    sweep.run(sub, lambda: _has_time(context))
                case {"due": True}:
                    begin_due_sweeps()
                case _:
                    raise ValueError("the message names no erasure")
        except Exception:  # any step may fail: the sweep continues from its stored position
            logger.exception("erasure interrupted", record=record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def begin_due_sweeps() -> None:
    """Send a message for each erasure whose next sweep is due, or whose last message was lost."""
    for sub in erasures().due():
        erasures().send(sub)


def _has_time(context: LambdaContext) -> bool:
    return context.get_remaining_time_in_millis() > _PAGE_MILLISECONDS
