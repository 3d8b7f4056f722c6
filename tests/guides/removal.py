"""The lists of docs/make-it-yours.md that say what belongs to a capability, carried out.

A list is a table of three columns: what is removed, from where, and its names. Code blocks below
it change what remains, as in the examples of CONTRIBUTING.md.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from project.functions import logical_id
from tests.guides import deletions
from tests.guides.examples import Block, blocks
from tests.template.markdown import code, leads_somewhere, relative_links, section, table


@dataclass(frozen=True)
class Removal:
    """What a removal of one capability deletes and changes."""

    rows: list[tuple[str, str, list[str]]]
    blocks: list[Block]
    first: list[Removal]
    """The removals that this one needs."""

    @property
    def resources(self) -> list[str]:
        """The names of the template that are removed, without those inside of a resource."""
        return [
            logical_id(name) if what == "functions" else name
            for what, _, names in self.rows
            for name in names
            if what in ("functions", "resources")
        ]

    def apply(self, root: Path, *, run: bool = True) -> None:
        """Carry out the list in a copy of the repository. Raises ValueError if it is wrong.

        `run` says whether to run its commands, too, which take seconds.
        """
        for needed in self.first:
            needed.apply(root, run=run)
        for what, where, names in self.rows:
            if where:
                change(root / where, deletions.DELETE[what], names)
            else:
                for name in names:
                    EVERYWHERE[what](root, name)
        for block in self.blocks:
            if run or block.language != "sh":
                block.apply(root)
        for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
            unlink(page)
        # The texts of docs/api.md are from these files, with the same links.
        for source in root.glob("docs/contract/*.yaml"):
            unlink(source, as_part_of=root / "docs" / "api.md")


def removal(page: Path, capability: str) -> Removal:
    """Return the list in the section of a page about a capability."""
    rows = [
        (what, "".join(code(where)), code(names)) for what, where, names in table(page, capability)
    ]
    text = section(page, capability)
    first = [removal(page, name) for name in re.findall(r"^Follow \[(\w+)\]\(", text, re.MULTILINE)]
    return Removal(rows, blocks(text), first)


def remove_file(root: Path, name: str) -> None:
    path = root / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def unlink(page: Path, as_part_of: Path | None = None) -> None:
    """Replace the links of a page, or of a part of one, that lead nowhere by their texts."""
    text = page.read_text()
    for link in relative_links(text):
        if not leads_somewhere(as_part_of or page, link):
            text = re.sub(rf"\[([^][]*)\]\({re.escape(link)}\)", r"\1", text)
    page.write_text(text)


def remove_function(root: Path, name: str) -> None:
    """Delete a Lambda function everywhere where it has its name."""
    for path in (f"src/{name}", f"events/{name}", f"tests/unit/test_{name}.py"):
        remove_file(root, path)
    resource = logical_id(name)
    remove_resource(root, resource)
    remove_resource(root, f"{resource.removesuffix('Function')}LogGroup")
    change(root / "bench" / "import_time.py", deletions.without_lines, [f'"{resource}"'])
    for page in ("operations.md", "permissions.md"):
        change(root / "docs" / page, deletions.without_rows, [name])


def remove_resource(root: Path, name: str) -> None:
    """Delete what the template calls so, with what the dashboard and the pages say about it."""
    template, alarms, permissions = (
        root / path for path in ("template.yaml", "docs/operations.md", "docs/permissions.md")
    )
    change(template, deletions.without_keys, [name])
    if re.search(deletions.metric(name), template.read_text()):
        change(template, deletions.without_metrics, [name])
    if f"| `{name}` |" in alarms.read_text():
        change(alarms, deletions.without_lines, [f"| `{name}` |"])
    if re.search(rf"\| {name}\b", permissions.read_text()):
        change(permissions, deletions.without_lines, [f"| {name}"])


def change(file: Path, remove: Callable[[str, list[str]], str], names: list[str]) -> None:
    """Rewrite a file without these names. Raises ValueError if one is not there."""
    try:
        file.write_text(remove(file.read_text(), names))
    except (LookupError, ValueError) as error:
        raise ValueError(f"{file.name}: {error}") from error


EVERYWHERE = {
    "files": remove_file,
    "functions": remove_function,
    "resources": remove_resource,
}
