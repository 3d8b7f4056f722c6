"""The template's tables and buckets in moto, and a function's environment that names them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from local import template

_STORES = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


@contextmanager
def deployed(function: str) -> Iterator[dict[str, str]]:
    """Every table and bucket, empty, and the environment of this function, by logical id."""
    account = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with mock_aws(), patch.dict(os.environ, account):
        ids = _stores()
        with patch.dict(os.environ, _environment(function, ids)):
            _forget()
            yield ids
    _forget()


def _stores() -> dict[str, str]:
    """The physical ids of the stores, by logical id."""
    whole = template.translated()
    resources = {
        name: {"Type": resource["Type"], "Properties": dict(resource["Properties"])}
        for name, resource in whole["Resources"].items()
        if resource["Type"] in _STORES
    }
    for resource in resources.values():
        resource["Properties"].pop("NotificationConfiguration", None)  # its topic is not here
    formation = boto3.client("cloudformation")
    formation.create_stack(
        StackName="storefront",
        TemplateBody=json.dumps(
            {part: whole[part] for part in ("Parameters", "Conditions")} | {"Resources": resources}
        ),
    )
    listed = formation.describe_stack_resources(StackName="storefront")["StackResources"]
    return {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in listed}


def _environment(function: str, ids: dict[str, str]) -> dict[str, str]:
    whole = template.translated()
    values = whole["Resources"][function]["Properties"]["Environment"]["Variables"]
    parameters = {name: p.get("Default", "") for name, p in whole["Parameters"].items()}
    return {name: _value(value, ids | parameters) for name, value in values.items()}


def _value(value: Any, known: dict[str, str]) -> str:
    return value if isinstance(value, str) else known.get(value["Ref"], value["Ref"])


def _forget() -> None:
    """Clients and tables are cached for the life of a function, which a test is."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "common":
            for value in vars(module).values():
                if isinstance(value, _lru_cache_wrapper):
                    value.cache_clear()
