"""Print a report on the dependencies, as Markdown: `make dependencies`.

It names the packages in uv.lock of which there is a newer version, and the licences of those that
are deployed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from project.licenses import NOTICE
from project.template import ROOT

_UV = ROOT / ".local/uv/bin/uv"


def main() -> int:
    """Print the report, and return the exit status of uv."""
    python = ROOT / ".venv/bin/python"
    listing = ["pip", "list", "--outdated", "--format", "json"]
    command: list[str | Path] = [_UV, *listing, "--python", python]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return done.returncode
    print(newer(json.loads(done.stdout)))
    for notice in sorted(ROOT.glob(f"*/*/{NOTICE}")):
        print(f"## Licences in {notice.parent.relative_to(ROOT)}\n")
        print("".join(f"{line}\n" for line in rows(notice.read_text())))
    return 0


def newer(packages: list[dict[str, str]]) -> str:
    """Return a table of the packages that uv lists as outdated."""
    lines = ["## Newer versions\n"]
    if packages:
        lines += ["| package | locked | newest |", "|---|---|---|"]
        lines += [f"| {p['name']} | {p['version']} | {p['latest_version']} |" for p in packages]
        lines += ["", "`make upgrade` locks those that pyproject.toml allows."]
    else:
        lines += ["All packages are locked at their newest version."]
    return "\n".join(lines) + "\n"


def rows(notice: str) -> list[str]:
    """Return the first table of a NOTICE.md."""
    lines = notice.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("|"))
    end = next((at for at in range(start, len(lines)) if not lines[at].startswith("|")), None)
    return lines[start:end]


if __name__ == "__main__":
    sys.exit(main())
