"""`template.yaml`, as written and as SAM translates it to CloudFormation."""

from __future__ import annotations

import copy
import difflib
import json
import logging
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import intrinsics_multi_constructor

ROOT = Path(__file__).resolve().parent.parent

type Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Reads templates as SAM does, in a tenth of the time."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


_ALIAS = re.compile(r"(\w+Function)Alias[a-z]+")


class WrongParameter(Exception):
    """A parameter that the template does not have. The text says what to write instead."""


# It warns about a feature toggle that only AWS itself can set.
logging.getLogger("samtranslator.feature_toggle").setLevel(logging.ERROR)
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # AWS's own, too


@cache
def raw() -> Template:
    """Return the template as written, with intrinsic functions in their long form. Read only."""
    return parsed((ROOT / "template.yaml").read_text())


@cache
def translated(region: str = "us-east-1", **parameters: str) -> Template:
    """Return the template as SAM translates it with these parameters. Read only."""
    return translate(raw(), region, **parameters)


def parsed(text: str) -> Template:
    """Return a template from its YAML text, with intrinsic functions in their long form.

    It is copied through JSON, which writes out what YAML aliases share, as SAM CLI does. The
    translator changes parts of a template in place, and would change all uses of a shared part.
    """
    return json.loads(json.dumps(_Loader(text).get_single_data()))  # type: ignore[no-any-return]


def aliased(name: str) -> str:
    """Return the logical id of a function, if the name is that of its alias, or else the name."""
    found = _ALIAS.fullmatch(name)
    return found[1] if found else name


def translate(source: Template, region: str = "us-east-1", **parameters: str) -> Template:
    """Return the translation of a template, which stays unchanged.

    The code is not packaged: the translator only requires S3 URLs in place of folders.
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
    # Without the map of managed policies: the template does not use any.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    translated = translator.translate(template, defaults | parameters)
    # As plain dictionaries: a copy of the translator's own shares its keys with the original.
    return json.loads(json.dumps(translated))  # type: ignore[no-any-return]


def parameters(given: Iterable[str]) -> dict[str, str]:
    """Return the values of `Name=value` arguments, by name. Raises WrongParameter."""
    names = list(raw()["Parameters"])
    values = {}
    for argument in given:
        name, equals, value = argument.partition("=")
        if not equals:
            hint = "quote a value that contains spaces: Name='two words'"
            raise WrongParameter(f"{argument!r} is not of the form Name=value; {hint}")
        if name not in names:
            similar = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {similar[0]}?" if similar else f"it has {', '.join(names)}"
            raise WrongParameter(f"template.yaml has no parameter {name}; {hint}")
        values[name] = value
    return values
