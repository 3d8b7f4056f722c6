"""Changes of the events' schemas that break subscribers of the last release.

`make check` compares docs/events with `released_events.json`, what subscribers relied on at the
last release. A change that breaks them is accepted if it raises `schemaVersion`, and if
CHANGELOG.md says so below "Unreleased", in an entry that begins with `**Breaking:**` and names the
event: `order.placed`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from project.contract import events, shapes
from project.contract.expansion import Document
from project.template import ROOT

RELEASED = ROOT / "project" / "contract" / "released_events.json"

_TEXTS = {"$schema", "title", "description", "examples"}

type Schemas = Mapping[str, Document]
"""The schemas of events by their names."""


def findings(before: Schemas, after: Schemas, announced: Collection[str]) -> Iterator[str]:
    """Return what in newer schemas breaks subscribers that know the older ones, a line each."""
    for name, old in before.items():
        new = after.get(name)
        if name in announced and (new is None or _version(new) > _version(old)):
            continue
        if new is None:
            yield f"{name}: the event is gone"
        else:
            found = shapes.widened(old, new, old, new, "the event")
            yield from (f"{name}: {each}" for each in found)


def released() -> Schemas:
    """Return what the subscribers of the last release rely on."""
    schemas: Schemas = json.loads(RELEASED.read_text())
    return schemas


def committed() -> Schemas:
    """Return the schemas in docs/events."""
    return {path.stem: json.loads(path.read_text()) for path in events.FOLDER.glob("*.json")}


def record(schemas: Schemas) -> None:
    """Record what the subscribers of a release rely on."""
    shaped = {name: _shape(schema) for name, schema in schemas.items()}
    RELEASED.write_text(json.dumps(shaped, separators=(",", ":")) + "\n")


def _version(schema: Document) -> int:
    """Return the version of a schema. The events of release 0.1 have none."""
    return int(schema["properties"].get("schemaVersion", {}).get("const", 0))


def _shape(node: object) -> object:
    """Return a schema without what only people read."""
    if isinstance(node, list):
        return [_shape(each) for each in node]
    if not isinstance(node, dict):
        return node
    texts = _TEXTS if not isinstance(node.get("description"), dict) else set()
    return {name: _shape(each) for name, each in node.items() if name not in texts}
