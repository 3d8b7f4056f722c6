"""Changes of the API's document that break clients of the last release.

`make check` compares docs/openapi.yaml with `released.json`, what clients relied on at the last
release. A change that breaks them is accepted if CHANGELOG.md says so below "Unreleased", in an
entry that begins with `**Breaking:**` and names the route: `POST /orders`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from project.contract import breaking_events, shapes
from project.contract.check import committed_document
from project.contract.expansion import Document
from project.contract.openapi import operations, resolved
from project.template import ROOT

RELEASED = ROOT / "project" / "contract" / "released.json"

_TEXTS = {"description", "summary", "example", "tags", "servers", "x-caller"}

type Finding = tuple[str, str]
"""A route, and what of it breaks its clients."""


def findings(before: Document, after: Document) -> Iterator[Finding]:
    """Return what in a newer document breaks clients of the older one."""
    present = {(method, path): each for method, path, each in operations(after)}
    for method, path, old in operations(before):
        route = f"{method.upper()} {path}"
        new = present.get((method, path))
        if new is None:
            yield route, "the route is gone"
            continue
        if old["security"] != new["security"]:
            yield route, "it takes another token"
        broken = [
            *_parameters(before, after, (path, old), (path, new)),
            *_body(before, after, old, new),
            *_answers(before, after, old, new),
        ]
        yield from ((route, each) for each in broken)


def accepted(changelog: str) -> set[str]:
    """Return the routes and events whose breaking changes the changelog announces."""
    return announced(changelog, re.compile(r"`((?:GET|POST|PUT|DELETE) /\S*|order\.\w+)`"))


def announced(changelog: str, name: re.Pattern[str]) -> set[str]:
    """Return what the changelog's breaking entries for the next release name by this pattern."""
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    entries = re.split(r"^- ", unreleased[1] if unreleased else "", flags=re.MULTILINE)
    breaking = [entry for entry in entries if entry.startswith("**Breaking:**")]
    return {found for entry in breaking for found in name.findall(entry)}


def record(document: Document) -> None:
    """Record what the clients of a release rely on."""
    RELEASED.write_text(json.dumps(shape(document), separators=(",", ":")) + "\n")


def shape(node: Any) -> Any:
    """Return a document without what only people read."""
    if isinstance(node, list):
        return [shape(each) for each in node]
    if not isinstance(node, dict):
        return node
    texts = _TEXTS if not isinstance(node.get("description"), dict) else set()
    return {name: shape(each) for name, each in node.items() if name not in texts}


def _parameters(
    before: Document, after: Document, old: tuple[str, Document], new: tuple[str, Document]
) -> Iterator[str]:
    known, present = _named(before, *old), _named(after, *new)
    for name, parameter in present.items():
        if parameter.get("required") and not known.get(name, {}).get("required"):
            yield f"the parameter {name} is required now"
    for name, parameter in known.items():
        if name not in present:
            yield f"the parameter {name} is gone"
        else:
            schemas = parameter["schema"], present[name]["schema"]
            yield from shapes.narrowed(before, after, *schemas, f"the parameter {name}")


def _body(before: Document, after: Document, old: Document, new: Document) -> Iterator[str]:
    known, present = old.get("requestBody"), new.get("requestBody")
    if present and present["required"] and not (known and known["required"]):
        yield "the body is required now"
    if known and not present:
        yield "it takes no body any more"
    if known and present:
        yield from shapes.narrowed(before, after, _schema(known), _schema(present), "the body")


def _answers(before: Document, after: Document, old: Document, new: Document) -> Iterator[str]:
    for status, reference in old["responses"].items():
        if status >= "300":
            continue
        answer = resolved(before, reference)
        present = resolved(after, new["responses"].get(status))
        if present is None:
            yield f"it does not answer {status} any more"
        elif "content" in answer:
            schemas = _schema(answer), _schema(present)
            yield from shapes.widened(before, after, *schemas, f"the answer {status}")
    for status in sorted(new["responses"].keys() - old["responses"].keys()):
        if status < "300":
            yield f"it answers {status} now"


def _named(document: Document, path: str, operation: Document) -> dict[str, Any]:
    listed = [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    found = [resolved(document, each) for each in listed]
    return {each["name"]: each for each in found}


def _schema(node: Mapping[str, Any]) -> Document:
    schema: Document = node.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def main() -> None:
    """Print the changes that nobody has announced, and exit with an error if there are some."""
    document = shape(committed_document())
    released = json.loads(RELEASED.read_text())
    if released["info"]["version"] != document["info"]["version"]:
        sys.exit(
            f"released.json is of version {released['info']['version']}, and the changelog has "
            f"{document['info']['version']}: run make contract RELEASE=1"
        )
    announced = accepted((ROOT / "CHANGELOG.md").read_text())
    broken = [
        *(
            f"{route}: {what}"
            for route, what in findings(released, document)
            if route not in announced
        ),
        *breaking_events.findings(
            breaking_events.released(), breaking_events.committed(), announced
        ),
    ]
    for each in broken:
        sys.stdout.write(f"{each}\n")
    if broken:
        sys.exit(
            "these changes break clients of the last release. If they must be, announce them in "
            "CHANGELOG.md, with `- **Breaking:**` and the route, or with the event, and raise "
            "SCHEMA_VERSION"
        )


if __name__ == "__main__":
    main()
