"""`template.yaml`, as written and as SAM translates it to CloudFormation."""

from __future__ import annotations

import copy
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

# It warns about a feature toggle that only AWS itself can set.
logging.getLogger("samtranslator.feature_toggle").setLevel(logging.ERROR)


@cache
def raw() -> Template:
    """Return the template as written, with intrinsic functions in their long form. Read only."""
    return yaml_parse((ROOT / "template.yaml").read_text())  # type: ignore[no-any-return]


@cache
def translated(region: str = "us-east-1", **parameters: str) -> Template:
    """Return the template as SAM translates it with these parameters. Read only.

    The code is not packaged: the translator only requires S3 URLs in place of folders.
    """
    template = copy.deepcopy(raw())
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    defaults = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    # Without the map of managed policies: the template does not use any.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    return translator.translate(template, defaults | parameters)  # type: ignore[no-any-return]
