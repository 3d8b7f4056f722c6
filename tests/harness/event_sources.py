"""The event source mappings of the template."""

from __future__ import annotations

from typing import Any

from project import template
from project.functions import logical_id


def event_source(function_name: str, origin: str | None = None) -> dict[str, Any]:
    """Return the settings of the function's event source mapping; `origin` selects one of many."""
    [mapping] = [
        found["Properties"]
        for found in template.translated()["Resources"].values()
        if found["Type"] == "AWS::Lambda::EventSourceMapping"
        and template.aliased(found["Properties"]["FunctionName"]["Ref"])
        == logical_id(function_name)
        and origin in (None, found["Properties"]["EventSourceArn"]["Fn::GetAtt"][0])
    ]
    properties: dict[str, Any] = mapping
    return properties
