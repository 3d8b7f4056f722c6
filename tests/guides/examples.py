"""The worked examples of a guide: their steps, and what a test says if a step is forgotten.

A step is a heading such as `### 1. Write the route`. Each of its code blocks belongs to the file
that is the first code span of the paragraph above it. A `diff` block changes that file. Its lines
have to occur exactly once there; hunks are separated by `@@`. A `sh` block is a command that writes
the file. Any other block is a new file, or the end of a file that exists.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.guides.checkout import Checkout
from tests.template.markdown import code, section

_BLOCK = re.compile(
    r"^((?:[^\n]+\n)*[^\n]*:)\n\n```(diff|js|json|python|sh|yaml)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

# What make runs for each command, since a copy of the repository has no environment of its own.
COMMANDS = {
    "make contract\n": (sys.executable, "-m", "project.contract"),
    "make contract RELEASE=1\n": (sys.executable, "-m", "project.contract", "--release"),
    "make snapshot\n": (sys.executable, "-m", "tests.template.snapshot"),
}


@dataclass(frozen=True)
class Block:
    """A code block, and the file that it creates or changes."""

    path: str
    language: str
    text: str

    def apply(self, root: Path) -> None:
        """Carry out the change in a copy of the repository. Raises ValueError if it cannot be."""
        file = root / self.path
        if self.language == "sh":
            Checkout(root).run(*COMMANDS[self.text])
            return
        if self.language == "diff":
            text = file.read_text()
            for hunk in re.split(r"^@@.*\n", self.text, flags=re.MULTILINE):
                text = self._patched(text, hunk)
        elif file.exists():
            text = f"{file.read_text().rstrip()}\n\n\n{self.text}"
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            text = self.text
        file.write_text(text)

    def _patched(self, text: str, hunk: str) -> str:
        lines = hunk.splitlines()
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        places = [
            match.start() for match in re.finditer(f"(?=^{re.escape(before)})", text, re.MULTILINE)
        ]
        if len(places) != 1:
            raise ValueError(
                f"{self.path} has these lines {len(places)} times, not once:\n{before}"
            )
        [start] = places
        return text[:start] + after + text[start + len(before) :]


@dataclass(frozen=True)
class Example:
    """A section of a guide with numbered steps."""

    steps: list[list[Block]]
    if_forgotten: list[str]
    """For each step, what the output of the tests contains if it is left out."""

    def apply(self, root: Path, *, without: int | None = None) -> None:
        """Carry out all steps, except for one if its index is given.

        A command then is not run either, because it can need the step that is left out.
        """
        for index, step in enumerate(self.steps):
            for block in step:
                if without is None or (index != without and block.language != "sh"):
                    block.apply(root)

    def is_command(self, index: int) -> bool:
        """Return whether a step consists of a command."""
        return all(block.language == "sh" for block in self.steps[index])

    @property
    def paths(self) -> list[str]:
        """The files that the steps create or change."""
        return sorted({block.path for step in self.steps for block in step})


def example(page: Path, heading: str) -> Example:
    """Return the example in the section of a page with this heading."""
    _, *parts = re.split(r"^### \d+\. .*\n", section(page, heading), flags=re.MULTILINE)
    last, _, table = parts[-1].partition("\n### ")
    rows = re.findall(r"^\| \d+ \| `(.*)` \|$", table, re.MULTILINE)
    return Example([blocks(part) for part in [*parts[:-1], last]], rows)


def blocks(text: str) -> list[Block]:
    """Return the code blocks of a text, with the files that they belong to."""
    return [
        Block(code(paragraph)[0], language, content)
        for paragraph, language, content in _BLOCK.findall(text)
    ]
