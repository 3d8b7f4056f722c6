"""Rules over the template, as tests. Each rule has breaches: changes that it must find."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from project import template
from project.template import Template

type Check = Callable[[Template], Iterable[str]]
"""Returns what is wrong with a template, a sentence each."""

type Path = tuple[str | int, ...]
"""The keys and indexes that lead to a place below `Resources`."""


@dataclass(frozen=True)
class Breach:
    """A change to the template that breaks a rule. `change` is made to the node at `path`."""

    name: str
    change: Callable[[Any], object]
    path: Path

    def made_to(self, whole: Template) -> Template:
        """Return the template with the change. Only the nodes on the path are copied."""
        return self._changed(whole, ("Resources", *self.path))  # type: ignore[no-any-return]

    def _changed(self, node: Any, path: Path) -> Any:
        changed = copy.copy(node)
        try:
            if path:
                key, *rest = path
                changed[key] = self._changed(node[key], tuple(rest))
            else:
                self.change(changed)
        except LookupError:
            message = f"the template has nothing to change for this breach: {self.name}"
            pytest.fail(message, pytrace=False)
        return changed


def without(*path: str | int) -> Breach:
    """Return the breach that removes what is at the path."""
    *parents, key = path
    return Breach(f"without {_words(path)}", lambda node: node.pop(key), tuple(parents))


def changed(*path: str | int, to: Any) -> Breach:
    """Return the breach that sets or adds a value at the path."""
    *parents, key = path
    return Breach(f"{_words(path)} is {to}", lambda node: node.__setitem__(key, to), tuple(parents))


def replaced(*path: str | int, old: str, new: str) -> Breach:
    """Return the breach that replaces a part of the text at the path."""
    *parents, key = path

    def replace(node: Any) -> None:
        if old not in node[key]:
            message = f"{_words(path)} does not contain {old!r}, which the breach replaces"
            pytest.fail(message, pytrace=False)
        node[key] = node[key].replace(old, new)

    return Breach(f"{_words(path)} says {new}", replace, tuple(parents))


def rule(
    *breaches: Breach, of: Callable[[], Template] = template.translated
) -> Callable[[Check], Callable[[Breach | None], None]]:
    """Make a check a test: it finds nothing in the template, and something in each breach of it."""
    cases = [pytest.param(None, id="holds"), *(pytest.param(b, id=b.name) for b in breaches)]

    def test_of(check: Check) -> Callable[[Breach | None], None]:
        @pytest.mark.parametrize("breach", cases)
        def test(breach: Breach | None) -> None:
            if breach is None:
                _must_find_nothing(check, of())
            elif not list(check(breach.made_to(of()))):
                pytest.fail(f"the rule does not find this breach: {breach.name}", pytrace=False)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return test_of


def _must_find_nothing(check: Check, whole: Template) -> None:
    found = list(check(whole))
    if found:
        title = check.__name__.removeprefix("test_").replace("_", " ")
        reason = f"\n({inspect.getdoc(check)})" if check.__doc__ else ""
        listed_findings = "".join(f"\n- {finding}" for finding in found)
        pytest.fail(
            f"template.yaml breaks the rule: {title}{reason}{listed_findings}", pytrace=False
        )


def resources(template: Template, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the logical ids and properties of the resources of these types."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield name, resource.get("Properties", {})


def referred(value: Any) -> str | None:
    """Return the logical id in a `Ref` or `Fn::GetAtt`; of an alias, that of its function."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return template.aliased(name)
    return None


def document(policy: Any) -> dict[str, Any]:
    """Return a policy document, parsed if it is a text with `Fn::Sub`."""
    text = policy.get("Fn::Sub")
    parsed: dict[str, Any] = policy if text is None else _substituting(json.loads(text))
    return parsed


def _substituting(value: Any) -> Any:
    match value:
        case str() if "${" in value:
            return {"Fn::Sub": value}
        case list():
            return [_substituting(each) for each in value]
        case dict():
            return {name: _substituting(each) for name, each in value.items()}
    return value


def listed(value: Any) -> list[Any]:
    """Return a list, also where CloudFormation accepts a single value instead."""
    return value if isinstance(value, list) else [value]


def cases(value: Any) -> list[Any]:
    """Return the values of both cases of an `Fn::If`, without `AWS::NoValue`, or the value."""
    decided = value["Fn::If"][1:] if isinstance(value, dict) and "Fn::If" in value else [value]
    return [case for case in decided if case != {"Ref": "AWS::NoValue"}]


def _words(path: Path) -> str:
    return " ".join(str(key) for key in path if key != "Properties")
