"""`template.yaml`, as written and as SAM translates it to CloudFormation."""

from __future__ import annotations

import copy
import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent

type Template = dict[str, Any]

# It warns of a feature switch of AWS's own that nobody outside can set.
logging.getLogger("samtranslator.feature_toggle").setLevel(logging.ERROR)
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # AWS's own, too


@cache
def raw() -> Template:
    """The template as written, intrinsics in their long form. Not to be changed."""
    return parsed((ROOT / "template.yaml").read_text())


@cache
def translated(region: str = "us-east-1", **parameters: str) -> Template:
    """The template as CloudFormation gets it, by these parameters. Not to be changed."""
    return translate(raw(), region, **parameters)


def parsed(text: str) -> Template:
    """Return a template from its YAML text, with intrinsics in their long form.

    By way of JSON, which copies what YAML aliases share, as SAM CLI does. The translator changes
    parts of a template in place, and would change all uses of a shared part.
    """
    return json.loads(json.dumps(yaml_parse(text)))  # type: ignore[no-any-return]


def translate(source: Template, region: str = "us-east-1", **parameters: str) -> Template:
    """Return what SAM makes of a template, and leave the template as it is.

    Code is not packaged: the translator only requires addresses in place of folders.
    """
    template = copy.deepcopy(source)
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    defaults = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    # SAM would look up the ARNs of managed policies by name; the template names none.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    return translator.translate(template, defaults | parameters)  # type: ignore[no-any-return]
