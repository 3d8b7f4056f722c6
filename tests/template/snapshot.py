"""A record of what the template translates to: `make snapshot` renews it.

The record is a line per parameter, condition, resource and output: a digest of its translation,
and its name. It shows whether a change to `template.yaml` changes what is deployed, and where. A
refactoring leaves the record as it is. Any other change renews it in the same commit, and
`make snapshot` then also prints what has changed since the last commit, value by value.

Not part of the record: the order, texts that only people read, the API's document, and the hashes
that SAM puts into the logical ids of API deployments and layer versions.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from project import template
from project.template import ROOT, Template

RECORD = Path(__file__).with_name("translation.sha256")

PARAMETER_SETS: dict[str, dict[str, str]] = {
    "defaults": {},
    "Jwt": {
        "ApiAuthorizer": "Jwt",
        "JwtAlgorithm": "HS256",
        "JwtIssuer": "https://issuer.example",
        "JwtAudience": "shop",
    },
    "AWS_IAM": {"ApiAuthorizer": "AWS_IAM"},
    "all optional parts": {
        "Search": "domain",
        "Web": "true",
        "NotificationEmail": "orders@shop.example",
        "AlarmEmail": "alarms@shop.example",
        "ServiceLevelAlarms": "true",
        "Deployment": "Canary10Percent5Minutes",
    },
    "all of the edge": {
        "ApiDomain": "api.shop.example",
        "LiveDomain": "live.shop.example",
        "ApiFirewall": "true",
        "Web": "true",
        "WebDomain": "shop.example",
        "WebLogs": "true",
    },
    "no optional parts": {
        "AccessLogs": "Off",
        "DeletionProtection": "false",
        "RequireTls": "false",
        "SelfSignUp": "false",
        "Mfa": "OFF",
    },
}

DOCUMENT = '{"openapi"'
"""How the document begins that the API publishes, and that `make contract` writes."""

TEXTS = {"Description", "AlarmDescription", "AssertDescription"}


def record(source: Template) -> list[str]:
    """Return the record of a template: the defaults in full, and how the other sets differ."""
    default, *others = (digests(source, parameters) for parameters in PARAMETER_SETS.values())
    lines = [f"{digest} {name}" for name, digest in default.items()]
    for title, differing in zip(list(PARAMETER_SETS)[1:], others, strict=True):
        lines += [
            f"{differing.get(name, 'absent')} {name} ({title})"
            for name in sorted(default.keys() | differing.keys())
            if differing.get(name) != default.get(name)
        ]
    return lines


def digests(source: Template, parameters: dict[str, str]) -> dict[str, str]:
    """Return a digest for each entry of each section of the translation, by its path."""
    by_name = groupby(values(source, parameters), key=_entry)
    return {
        name: hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] for name, lines in by_name
    }


def values(source: Template, parameters: dict[str, str]) -> list[str]:
    """Return a sorted line `path = value` for each value of the translation."""
    translation = template.translate(source, **parameters)
    return sorted(_without_hashes(line) for line in _flattened(translation))


def changes(before: Template, after: Template) -> list[str]:
    """Return the lines that differ between two templates' translations, for any parameter set."""
    found: dict[str, None] = {}
    for parameters in PARAMETER_SETS.values():
        compared = difflib.unified_diff(
            values(before, parameters), values(after, parameters), n=0, lineterm=""
        )
        found |= dict.fromkeys(line for line in compared if re.match(r"[+-]\w", line))
    return list(found)


def _flattened(value: Any, *path: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            if key not in TEXTS:
                yield from _flattened(inner, *path, str(key))
    elif not str(value).startswith(DOCUMENT):
        yield f"{'/'.join(path)} = {json.dumps(value, ensure_ascii=False)}"


def _entry(line: str) -> str:
    path, _, _ = line.partition(" = ")
    return "/".join(path.split("/")[:2])


def _without_hashes(line: str) -> str:
    return re.sub(r"(Deployment|Layer|Version)[0-9a-f]{10}\b", r"\1", line)


def main() -> None:
    """Renew the record, and print what has changed since the last commit."""
    command = ["git", "show", "HEAD:./template.yaml"]
    committed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if committed.returncode == 0:  # not so in a copy without a history
        for line in changes(template.parsed(committed.stdout), template.raw()):
            sys.stdout.write(f"{line}\n")
    RECORD.write_text("".join(f"{line}\n" for line in record(template.raw())))


if __name__ == "__main__":
    main()
