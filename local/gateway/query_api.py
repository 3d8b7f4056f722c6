"""Responses of AWS query APIs in JSON, which AWS sends if the request accepts JSON.

The emulator always sends XML.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from defusedxml import ElementTree

from local.gateway.services import ServiceResponse


def as_json(response: ServiceResponse) -> ServiceResponse:
    """Return the response in JSON: `{"SendMessageResponse": …}` or `{"Error": {"Code": …}, …}`."""
    if response.headers.get("Content-Type", "").partition(";")[0] not in _XML:
        return response
    root = ElementTree.fromstring(response.body)
    name, value = _name(root), _value(root)
    body = json.dumps(value if name == "ErrorResponse" else {name: value})
    return replace(response, headers={"Content-Type": "application/json"}, body=body.encode())


_XML = ("application/xml", "text/xml")


def _value(element: Any) -> Any:
    return {_name(child): _value(child) for child in element} or element.text


def _name(element: Any) -> str:
    name: str = element.tag
    return name.rpartition("}")[2]  # without the namespace
