"""A change to the emulator's event source mappings: a number in a parameter remains a number.

CloudFormation converts a parameter's text. The emulator keeps the text, and then fails to compare
it with a number each time that it polls, which stops all queue mappings.
"""

from typing import Any

from ministack.services.cloudformation import provisioners

_NUMBERS = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
)

_mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
_create = _mapping["create"]
_update = _mapping["update"]


def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
    """Create the mapping with numbers."""
    return _create(logical_id, _with_numbers(properties), stack)


def update(physical_id: str, old: dict[str, Any], properties: dict[str, Any], stack: str) -> Any:
    """Update the mapping with numbers."""
    return _update(physical_id, old, _with_numbers(properties), stack)


def _with_numbers(properties: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: int(properties[name]) for name in _NUMBERS if name in properties}
    if limit := properties.get("ScalingConfig", {}).get("MaximumConcurrency"):
        numbers["ScalingConfig"] = {"MaximumConcurrency": int(limit)}
    return properties | numbers


_mapping |= {"create": create, "update": update}
