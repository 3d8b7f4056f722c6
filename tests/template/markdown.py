"""The parts of a Markdown page that the tests of the documentation look at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote


def section(page: Path, heading: str) -> str:
    """Return what stands below a heading of a page, up to the next one of its level or above."""
    text = page.read_text()
    start = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    assert start, f"{page.name} has no heading {heading!r}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def table(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading of a page, without the table's header."""
    text = without_code_blocks(section(page, heading))
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"{page.name} has no table under the heading {heading!r}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(cell: str) -> list[str]:
    """Return the names that a cell of a table sets as code."""
    return re.findall(r"`([^`]+)`", cell)


def headings(page: Path, level: int) -> list[str]:
    """Return the headings of a page that have a level."""
    pattern = rf"^#{{{level}}} +(.+?) *#*$"
    return re.findall(pattern, without_code_blocks(page.read_text()), re.MULTILINE)


def relative_links(text: str) -> Iterator[str]:
    """Return the targets of the links and images of a page that name no other site."""
    prose = re.sub(r"`[^`\n]+`", "", without_code_blocks(text))
    inline = re.findall(r"\]\(([^)\s]+)[^)]*\)", prose)
    references = re.findall(r"^\[[^\]]+\]:\s+(\S+)", prose, re.MULTILINE)
    for target in inline + references:
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield target


def anchors(text: str) -> Iterator[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    used = Counter[str]()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", without_code_blocks(text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        yield f"{anchor}-{used[anchor]}" if used[anchor] else anchor
        used[anchor] += 1


def leads_somewhere(page: Path, link: str) -> bool:
    """Return whether the file exists and, if it is a page, has the heading."""
    target, _, anchor = unquote(link).partition("#")
    file = page.parent / target if target else page
    if not file.exists():
        return False
    return not anchor or file.suffix != ".md" or anchor in anchors(file.read_text())


def without_code_blocks(text: str) -> str:
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
