"""Responses of AWS query APIs: XML is converted to the JSON that AWS sends."""

from __future__ import annotations

import json

import pytest

from local.gateway.query_api import as_json
from local.gateway.services import ServiceResponse

QUEUED = """<?xml version="1.0" encoding="UTF-8"?>
<SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult>
<MD5OfMessageBody>m</MD5OfMessageBody><MessageId>1</MessageId></SendMessageResult>
<ResponseMetadata><RequestId>2</RequestId></ResponseMetadata></SendMessageResponse>"""
REFUSED = """<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>
<Type>Sender</Type><Code>InvalidAction</Code><Message>no &lt;action&gt;</Message></Error>
<RequestId>2</RequestId></ErrorResponse>"""


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        (
            QUEUED,
            {
                "SendMessageResponse": {
                    "SendMessageResult": {"MD5OfMessageBody": "m", "MessageId": "1"},
                    "ResponseMetadata": {"RequestId": "2"},
                }
            },
        ),
        (
            REFUSED,
            {
                "Error": {"Type": "Sender", "Code": "InvalidAction", "Message": "no <action>"},
                "RequestId": "2",
            },
        ),
    ],
)
def test_xml_becomes_the_json_of_the_same_response(xml: str, value: object) -> None:
    """As in recordings of API Gateway with SQS."""
    headers = {"Content-Type": "text/xml; charset=utf-8"}

    response = as_json(ServiceResponse(400, headers, xml.encode()))

    assert response.status == 400
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.body) == value


def test_json_is_not_changed() -> None:
    response = ServiceResponse(200, {"Content-Type": "application/json"}, b"{}")

    assert as_json(response) is response
