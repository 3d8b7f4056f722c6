"""Partial batch responses: which items of a batch a function reports as failed.

Lambda guide, "Implementing partial batch responses" for SQS and "Configuring partial batch
response with DynamoDB and Lambda".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


class BatchFailed(Exception):
    """The response counts as a failure of the whole batch."""


def failed_items(mapping: Mapping[str, Any], response: Any, sent: Collection[str]) -> set[str]:
    """Return the identifiers of the failed items, of those that were sent. Raises BatchFailed."""
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", ()) or not response:
        return set()
    try:
        failed = {each["itemIdentifier"] for each in response.get("batchItemFailures") or ()}
    except (AttributeError, LookupError, TypeError) as error:
        raise BatchFailed from error
    if not failed <= set(sent):  # an empty or unknown identifier
        raise BatchFailed
    return failed
