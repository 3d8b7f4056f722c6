"""Hypothesis strategies for what clients, authorizers and SQS may send."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from local.gateway.definition import Operation
from tests.harness import order_bodies

REFUSALS = {
    *("CallerIsUnknown", "CharacterIsNotAllowed", "OrderIDIsNotUUID", "OrderIsInvalid"),
    "OrderIsTooLarge",
}
"""The actions with which a mapping template refuses an order."""

pieces = st.sampled_from(
    [
        *("&MessageAttribute.1.Name=role", "#set($x=1)", "#end", "##", "#if(", "#*", "*#", "\\"),
        *(
            "$context.requestId",
            "${input.body}",
            "$!{",
            "}",
            "$",
            "%00",
            "%EF%BF%BE",
            "+",
            "=",
            ";",
        ),
        *(
            "\n",
            "\r\n",
            "\t",
            "\x00",
            "\x1f",
            "\x7f",
            "\x85",
            "\u2028",
            "\ufffe",
            "\uffff",
            "\ud800",
        ),
        *("😀", "İ", "K", "é", "~", "*", '"', "'", "/", "&", "__FORMAL_REFERENCE__REPLACE_TEXT__"),
    ]
)
odd = st.one_of(st.text(), st.lists(pieces).map("".join))
uuids = st.uuids().map(str)
order_ids = st.one_of(uuids, uuids.map(str.upper), odd.map(lambda text: text.replace("/", "")))
bodies = st.one_of(
    st.fixed_dictionaries({"item": odd}).map(json.dumps),
    odd.filter(bool),
    order_bodies.valid,
    order_bodies.damaged,
)
paths = st.builds(
    "{}{}{}".format,
    st.sampled_from(["/v1/orders/", "/orders/"]),
    order_ids,
    st.sampled_from(["", "/"]),
)
subs = st.one_of(uuids, odd.filter(bool))
callers = st.one_of(
    st.sampled_from([{}, {"authorizer": {}, "identity": {"user": ""}}]),
    subs.map(lambda sub: {"authorizer": {"claims": {"sub": sub, "token_use": "access"}}}),
    subs.map(
        lambda sub: {"authorizer": {"sub": sub, "principalId": sub, "integrationLatency": "7"}}
    ),
    subs.map(lambda sub: {"identity": {"user": sub, "cognitoIdentityId": None}}),
    subs.map(lambda sub: {"identity": {"user": "role:session", "cognitoIdentityId": sub}}),
)
roots = st.from_regex("1-[0-9a-f]{8}-[0-9a-f]{24}", fullmatch=True)
traces = st.one_of(st.none(), st.just(""), roots, roots.map("Root={}".format), odd)


@st.composite
def contexts(draw: st.DrawFn, operation: Operation) -> dict[str, Any]:
    """`$context` of a request with a valid body, whose caller is verified unless it is empty."""
    return {
        "requestId": draw(uuids),
        "requestTimeEpoch": draw(st.integers(1_700_000_000_000, 2_000_000_000_000)),
        "httpMethod": operation.method,
        "path": draw(paths) if operation.method == "PUT" else f"/v1{operation.resource}",
        "xrayTraceId": draw(traces),
        **draw(callers),
    }


codes = st.sampled_from(
    [
        *("InvalidAction", "InvalidMessageContents", "InvalidParameterValue", "MissingParameter"),
        *("AccessDenied", "RequestThrottled", "AWS.SimpleQueueService.NonExistentQueue"),
        *("InternalFailure", "ServiceUnavailable", "KMS.AccessDeniedException"),
    ]
)
actions = st.sampled_from([*sorted(REFUSALS), "SendMessage"])
messages = st.one_of(actions.map("The action {} is not valid for this endpoint.".format), odd)
answers = st.one_of(
    st.builds(
        lambda code, message: json.dumps({"Error": {"Code": code, "Message": message}}),
        codes,
        messages,
    ),
    codes.map("<ErrorResponse><Error><Code>{}</Code></Error></ErrorResponse>".format),
    st.just('{"SendMessageResponse": {"SendMessageResult": {"MessageId": "1"}}}'),
    st.sampled_from(["", "[]", '""', "true", "{}", "Service Unavailable"]),
)
