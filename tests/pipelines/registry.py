"""The actions that CloudFormation takes for resources, by type, from its registry.

cfn-lint contains the registry, as AWS publishes it. `actions.yaml` says what differs from it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("actions.yaml")
_HANDLERS = ("create", "read", "update", "delete")


def taken(resource_type: str) -> set[str]:
    """Return the actions for the resources of this type in the template, in lower case."""
    return (registered(resource_type) - unused(resource_type)) | _named(
        "unregistered", resource_type
    )


def registered(resource_type: str) -> set[str]:
    """Return the actions in the registry, in lower case, for any resource of this type."""
    # Importing it takes seconds, which each process that collects tests would spend.
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    handlers = schema.get("handlers", {})
    return {
        action.lower()
        for name in _HANDLERS
        for action in handlers.get(name, {}).get("permissions", [])
    }


def unused(resource_type: str) -> set[str]:
    """Return the registered actions that the template does not need, in lower case."""
    return _named("not_taken", resource_type)


def listed_types() -> set[str]:
    """Return the types for which the file says something."""
    return {each for section in _file().values() for each in section}


def _named(section: str, resource_type: str) -> set[str]:
    services = _file()[section].get(resource_type, {})
    return {f"{service}:{name}".lower() for service, names in services.items() for name in names}


@cache
def _file() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(_FILE.read_text())  # type: ignore[no-any-return]
