"""Messages that can never succeed, sent to their dead-letter queue with the reason."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from common import aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs import SQSClient


MAX_ATTRIBUTES = 10
"""The message attributes that SQS accepts per message (SQS guide, "Message quotas")."""

_MAX_REASON_LENGTH = 1000


class DeadLetterQueue:
    """One dead-letter queue."""

    def __init__(self, url: str, client: SQSClient) -> None:
        self._url = url
        self._client = client

    def send(self, record: Mapping[str, Any], error: Exception) -> None:
        """Send a message unchanged, with the attributes `deadLetterError` and `deadLetterReason`.

        It keeps its group, so that a replay is fair to other buyers, too.
        `record` is the message as Lambda receives it from SQS.
        """
        attributes: dict[str, Any] = {
            name: {
                "DataType": attribute["dataType"],
                **(
                    {"BinaryValue": base64.b64decode(attribute["binaryValue"])}
                    if attribute["dataType"].startswith("Binary")
                    else {"StringValue": attribute["stringValue"]}
                ),
            }
            for name, attribute in record["messageAttributes"].items()
        }
        reason = {
            "deadLetterError": _string(type(error).__name__),
            "deadLetterReason": _string(str(error)),
        }
        # The sender's attributes take precedence. If there is no space for the reason, only the log
        # contains it.
        if len(attributes | reason) <= MAX_ATTRIBUTES:
            attributes |= reason
        trace = record["attributes"].get("AWSTraceHeader")
        system = {"AWSTraceHeader": _string(trace)} if trace else {}
        group = record["attributes"].get("MessageGroupId")
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=record["body"],
            MessageAttributes=attributes,
            MessageSystemAttributes=system,  # type: ignore[arg-type]
            **({"MessageGroupId": group} if group else {}),
        )


@cache
def orders_dead_letters() -> DeadLetterQueue:
    """The dead-letter queue of the orders queue."""
    return DeadLetterQueue(aws.env("ORDERS_DEAD_LETTER_QUEUE_URL"), aws.sqs())


def _string(value: str) -> dict[str, str]:
    # SQS rejects control characters and empty values. A reason may quote or be either.
    return {"DataType": "String", "StringValue": ascii(value)[1:-1][:_MAX_REASON_LENGTH] or "-"}
