"""The files that are made from docs/contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from project.contract import asyncapi, markdown, openapi
from project.template import ROOT

OPENAPI = ROOT / "docs" / "openapi.yaml"
ASYNCAPI = ROOT / "docs" / "asyncapi.yaml"
PAGE = ROOT / "docs" / "api.md"

_HEAD = "# `make contract` writes this file from docs/contract. Change it there.\n"


def contents() -> dict[Path, str]:
    """Return what each of the files has to contain. Raises WrongSource."""
    document = openapi.document()
    return {
        OPENAPI: _HEAD + _yaml(document),
        ASYNCAPI: _HEAD + _yaml(asyncapi.document(document)),
        PAGE: markdown.page(document),
    }


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, in which a text of several lines is a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(document: Any) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
