"""The gap of the emulator's SQS, closed: the trace header of a message that is sent as a form.

API Gateway sends forms, and a trace travels as a message's only system attribute.

Upstream: yes, for all system attributes; SQS has one that clients may set.
"""

from typing import Any

from ministack.services import sqs

_normalise = sqs._normalise


def normalise(action: str, params: dict[str, Any]) -> dict[str, Any]:
    """The form as the JSON that SDKs send."""
    message = _normalise(action, params)
    if name := sqs._p(params, "MessageSystemAttribute.1.Name"):
        value = "MessageSystemAttribute.1.Value"
        message["MessageSystemAttributes"] = {
            name: {
                "DataType": sqs._p(params, f"{value}.DataType"),
                "StringValue": sqs._p(params, f"{value}.StringValue"),
            }
        }
    return message


sqs._normalise = normalise
