"""What an update from the last release could not do, or would delete or replace: `make check`.

CloudFormation replaces a resource if its logical ID, its type or a property that only its creation
can set has changed. A table, bucket, queue or user pool is then empty, and an API has another
address. `released_resources.json` has what matters of each such resource at the last release;
`make contract RELEASE=1` records it. A change is accepted if CHANGELOG.md says so below
"Unreleased", in an entry that begins with `**Breaking:**` and names the resource: `OrdersTable`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from project import template
from project.contract.breaking import announced
from project.template import ROOT, Template

RELEASED = ROOT / "project" / "released_resources.json"

CONTAINS = {
    "AWS::ApiGateway::RestApi": "its address changes",
    "AWS::ApiGatewayV2::Api": "its address changes",
    "AWS::CloudFront::Distribution": "its address changes",
    "AWS::Cognito::UserPool": "all users are lost",
    "AWS::Cognito::UserPoolClient": "all sessions end, and clients need another ID",
    "AWS::DynamoDB::Table": "its items are lost",
    "AWS::Events::EventBus": "rules of others are lost",
    "AWS::KMS::Key": "what it has encrypted cannot be read",
    "AWS::Logs::LogGroup": "its logs are lost",
    "AWS::OpenSearchService::Domain": "the index is lost",
    "AWS::S3::Bucket": "its objects are lost",
    "AWS::SecretsManager::Secret": "its value changes",
    "AWS::SNS::Topic": "subscriptions of others are lost",
    "AWS::SQS::Queue": "its messages are lost",
}
"""The types whose replacement does harm, and which."""

# Cognito cannot change these, so the update fails. The registry does not say it.
_UNCHANGEABLE = {
    "AWS::Cognito::UserPool": [
        "/properties/AliasAttributes",
        "/properties/UsernameAttributes",
        "/properties/UsernameConfiguration",
    ]
}

# With all that is optional, so that each resource is there.
_PARAMETERS = {
    "AlarmEmail": "alarms@shop.example",
    "EventBus": "true",
    "Search": "domain",
    "Web": "true",
}

type Resources = Mapping[str, Mapping[str, Any]]
"""By logical ID: its `type`, the `properties` that only its creation sets, by their path, and the
keys and projections of a table's `indexes`."""


def of(translated: Template) -> dict[str, dict[str, Any]]:
    """Return the resources of a translated template whose replacement does harm."""
    return {
        name: {
            "type": resource["Type"],
            "properties": {
                path: value
                for path in create_only(resource["Type"])
                if (value := _at(resource, path)) is not None
            },
            "indexes": {
                index["IndexName"]: [index["KeySchema"], index["Projection"]]
                for index in _at(resource, "/properties/GlobalSecondaryIndexes") or ()
            },
        }
        for name, resource in sorted(translated["Resources"].items())
        if resource["Type"] in CONTAINS
    }


def create_only(resource_type: str) -> list[str]:
    """Return the paths of the properties whose change replaces a resource of this type."""
    # Importing it takes seconds.
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    always = schema.get("createOnlyProperties") or []
    sometimes = schema.get("conditionalCreateOnlyProperties") or []
    return sorted({*always, *sometimes, *_UNCHANGEABLE.get(resource_type, [])})


def findings(before: Resources, after: Resources) -> Iterator[tuple[str, str]]:
    """Yield what an update would replace or delete: the logical ID, and why."""
    for name, old in before.items():
        harm = CONTAINS[old["type"]]
        new = after.get(name)
        if new is None or new["type"] != old["type"]:
            yield name, f"the {old['type']} is gone: {harm}"
            continue
        for path in sorted(old["properties"].keys() | new["properties"].keys()):
            if old["properties"].get(path) != new["properties"].get(path):
                property_name = path.removeprefix("/properties/").replace("/", ".")
                yield name, f"{property_name} has changed, which replaces it: {harm}"
        indexes = old["indexes"].keys() ^ new["indexes"].keys()
        if len(indexes) > 1:  # by the API reference of UpdateTable
            yield name, f"an update can add or delete one index of a table, not {len(indexes)}"
        for index in sorted(old["indexes"].keys() & new["indexes"].keys()):
            if old["indexes"][index] != new["indexes"][index]:
                yield name, f"the keys and the projection of the index {index} cannot be changed"


def record() -> None:
    """Record the resources of a release."""
    RELEASED.write_text(json.dumps(_current(), indent=1) + "\n")


def main() -> int:
    """Print what an update from the last release would replace, and return the exit status."""
    accepted = announced((ROOT / "CHANGELOG.md").read_text(), re.compile(r"`(\w+)`"))
    found = [
        f"{name}: {why}"
        for name, why in findings(json.loads(RELEASED.read_text()), _current())
        if name not in accepted
    ]
    if found:
        print("An update from the last release would do this:", *found, sep="\n")
        print(f"To accept it, see {RELEASED.with_name('upgrades.py').relative_to(ROOT)}.")
    return 1 if found else 0


def _current() -> dict[str, dict[str, Any]]:
    return of(template.translated(**_PARAMETERS))


def _at(resource: Template, path: str) -> Any:
    """Return the value at a path such as `/properties/KeySchema`, or None."""
    value: Any = resource.get("Properties", {})
    for key in path.split("/")[2:]:
        value = value.get(key) if isinstance(value, dict) else None
    return value


if __name__ == "__main__":
    sys.exit(main())
