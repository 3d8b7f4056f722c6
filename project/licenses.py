"""Check the licences of the deployed packages: `python -m project.licenses [write]`.

Each folder that is deployed with packages has a NOTICE.md, which is deployed with them. Its table
is written from the metadata of the packages. What a package contains besides its own code is
written by hand, under a heading with the package's version, so that an upgrade is looked at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from project.template import ROOT

NOTICE = "NOTICE.md"
_COLUMNS = "| package | version | licence | source |\n|---|---|---|---|\n"
_ROWS = re.compile(r"\A(?:\|.*\n)*")
_PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
_LIBRARY = re.compile(r"(?:^|/)[\w.]*\.?(?:libs|dylibs)/lib([A-Za-z0-9]+)[^/]*$")

# Licences that allow a deployment without conditions for the project's own code.
_ALLOWED = {
    *("MIT", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "PSF-2.0", "PSFL"),
    *("Apache-2.0", "Apache License 2.0", "LGPL-3.0-or-later"),
}
_TEXTS = {"LGPL-3.0-or-later": ("licenses/LGPL-3.0.txt", "licenses/GPL-3.0.txt")}
"""The texts that a deployment must contain, by licence: the LGPL's, which adds to the GPL."""


def main(arguments: list[str]) -> int:
    """Print what is wrong, and return 1 if anything is. `write` writes the tables first."""
    wrong = []
    for requirements in sorted(ROOT.glob("*/*/requirements.txt")):
        folder = requirements.parent
        if arguments == ["write"]:
            write(folder)
        wrong += [f"{folder.relative_to(ROOT)}: {each}" for each in problems(folder)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return int(bool(wrong))


def write(folder: Path) -> None:
    """Replace the table in the notice of a folder."""
    head, _, rest = (folder / NOTICE).read_text().partition(_COLUMNS)
    kept = _ROWS.sub("", rest, count=1)
    (folder / NOTICE).write_text(head + table(folder) + kept)


def table(folder: Path) -> str:
    """The table of the packages that are deployed with a folder."""
    rows = (
        f"| {name} | {version} | {licence(distribution(name))} | {_source(distribution(name))} |\n"
        for name, version in _packages(folder)
    )
    return _COLUMNS + "".join(rows)


def problems(folder: Path) -> Iterator[str]:
    """What the notice of a folder lacks, and which licences are not allowed."""
    notice = (folder / NOTICE).read_text() if (folder / NOTICE).exists() else ""
    if table(folder) not in notice:
        yield f"{NOTICE} is not current: python -m project.licenses write"
    for name, version in _packages(folder):
        found = distribution(name)
        if found.version != version:
            yield f"{name} {version} is not installed, but {found.version}"
        if not is_allowed(licence(found)):
            yield f"{name} has the licence {licence(found)}, which is not allowed"
        for text in _TEXTS.get(licence(found), ()):
            if not (folder / text).exists():
                yield f"{name} needs {text} beside {NOTICE}"
        yield from _unlisted(found, notice)


def licence(package: Distribution) -> str:
    """The licence of a package, as its metadata name it."""
    named = map(package.metadata.get, ("License-Expression", "License"))
    return next(filter(None, named), "unknown")


def is_allowed(expression: str) -> bool:
    """Whether the packages of this licence may be deployed; of alternatives, one is enough."""
    return any(
        all(part in _ALLOWED for part in alternative.split(" AND "))
        for alternative in expression.split(" OR ")
    )


def _unlisted(package: Distribution, notice: str) -> Iterator[str]:
    """The libraries inside a package that the notice does not name under its version."""
    files = map(str, package.files or ())
    libraries = sorted({match[1] for path in files if (match := _LIBRARY.search(path))})
    what = f"{package.name} {package.version}"
    section = notice.partition(f"\n## Inside {what}\n")[2].partition("\n## ")[0].lower()
    if libraries and not section:
        yield f"{NOTICE} does not say what is inside {what}: {', '.join(libraries)}"
    elif missing := [each for each in libraries if each.lower() not in section]:
        yield f"{NOTICE} does not name {', '.join(missing)} inside {what}"


def _packages(folder: Path) -> list[tuple[str, str]]:
    return _PINNED.findall((folder / "requirements.txt").read_text())


def _source(package: Distribution) -> str:
    """The address of the source code."""
    pages = [each.split(", ", 1) for each in package.metadata.get_all("Project-URL") or ()]
    by_name = {name.lower(): address for name, address in pages}
    names = ("source", "source code", "repository", "homepage")
    found = next((by_name[name] for name in names if name in by_name), None)
    return str(found or package.metadata.get("Home-page"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
