"""A query API's answer in XML, and the JSON that AWS gives where JSON is accepted."""

from __future__ import annotations

import json

import pytest

from local.gateway.query_api import as_json
from local.gateway.services import Answer

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
def test_xml_becomes_the_json_of_the_same_answer(xml: str, value: object) -> None:
    """As seen in recordings of API Gateway with SQS."""
    answer = as_json(Answer(400, {"Content-Type": "text/xml; charset=utf-8"}, xml.encode()))

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body) == value


def test_json_stays_as_it_is() -> None:
    answer = Answer(200, {"Content-Type": "application/json"}, b"{}")

    assert as_json(answer) is answer
