"""Texts without what the lists of docs/make-it-yours.md name, by the kind of the name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

import yaml


def without_keys(text: str, names: Iterable[str]) -> str:
    """Return YAML without these keys, each the end of a path such as `Events.Messages`."""
    lines = text.splitlines(keepends=True)
    for name in names:
        found = [
            lines_of(key, value)
            for key, value in _entries(yaml.compose("".join(lines), yaml.CSafeLoader), name)
        ]
        if not found:
            raise ValueError(f"no such key: {name}")
        for start, end in reversed(found):
            while start and re.match(r" +#(?! ---)", lines[start - 1]):  # a comment, not a banner
                start -= 1
            while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
                end -= 1
            while not lines[start - 1].strip() and end < len(lines) and not lines[end].strip():
                end += 1
            del lines[start:end]
    return "".join(lines)


def lines_of(key: yaml.Node, value: yaml.Node) -> tuple[int, int]:
    """Return the first line of an entry, and the line after its last one."""
    start, end = key.start_mark.line, value.end_mark
    if value.start_mark.line < start:  # an alias: the value is where its anchor is
        return start, start + 1
    is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style
    return start, end.line if is_block or end.column == 0 else end.line + 1


def _entries(root: yaml.Node | None, name: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the keys and values whose path ends like this, without repetitions by anchors."""
    found, seen = [], set()

    def visit(node: yaml.Node, path: str) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = f"{path}.{key.value}"
                if inner.endswith(f".{name}"):
                    found.append((key, value))
                else:
                    visit(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                visit(item, path)

    if root:
        visit(root, "")
    return sorted(found, key=lambda entry: entry[0].start_mark.line)


def without_metrics(text: str, names: Iterable[str]) -> str:
    """Return the template without the dashboard's metrics of these resources."""
    for name in names:
        found = metric(name)
        text, count = re.subn(rf"\s*{found},(?= ?\[)|\s*{found},|,\s*{found}", "", text)
        if not count:
            raise ValueError(f"the dashboard has no metric of {name}")
    return text


def metric(name: str) -> str:
    """Return the pattern of a metric of the dashboard about a resource."""
    return rf'\[[^][]*"\${{{name}(?:\.\w+)?}}"[^][]*\]'


def without_definitions(text: str, names: Iterable[str]) -> str:
    """Return Python code without these functions and classes."""
    lines = text.splitlines(keepends=True)
    definitions = {
        node.name: node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    for node in sorted((definitions[name] for name in names), key=lambda n: -n.lineno):
        start = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
        del lines[start : node.end_lineno]
    return "".join(lines)


def without_lines(text: str, names: Iterable[str]) -> str:
    """Return a text without the lines that contain these words."""
    lines = text.splitlines(keepends=True)
    for name in names:
        if not any(name in line for line in lines):
            raise ValueError(f"no line contains {name}")
        lines = [line for line in lines if name not in line]
    return "".join(lines)


def without_rows(text: str, names: Iterable[str]) -> str:
    """Return a page without the rows of tables whose first cell is one of these names."""
    lines = text.splitlines(keepends=True)
    for name in names:
        row = re.compile(rf"\| (?:\[|`)?{re.escape(name)}(?:`|\]\(.*\))? \|")
        if not any(row.match(line) for line in lines):
            raise ValueError(f"no row begins with {name}")
        lines = [line for line in lines if not row.match(line)]
    return "".join(lines)


def without_sections(text: str, names: Iterable[str]) -> str:
    """Return a page without these headings and what is below them."""
    for name in names:
        start = re.search(rf"^(#+) {re.escape(name)}\n", text, re.MULTILINE)
        if not start:
            raise ValueError(f"no section is called {name}")
        end = re.compile(rf"^#{{1,{len(start[1])}}} |\Z", re.MULTILINE).search(text, start.end())
        text = text[: start.start()] + text[end.start() if end else len(text) :]
    return text


def without_text(text: str, names: Iterable[str]) -> str:
    """Return a text without these words."""
    for name in names:
        if name not in text:
            raise ValueError(f"nothing contains {name}")
        text = text.replace(name, "")
    return text


def without_words(text: str, names: Iterable[str]) -> str:
    """Return a language of the web client without these sections, or keys such as `tabs.search`."""
    for name in names:
        section, _, key = name.partition(".")
        block = re.search(rf"^  {section}: \{{\n(?:.*\n)*?  \}},\n", text, re.MULTILINE)
        if block and key:
            entry = re.compile(rf"^    {key}:.*\n(?: {{5,}}.*\n|    \],?\n)*", re.MULTILINE)
            left, count = entry.subn("", block[0])
        else:
            left, count = "", block is not None
        if not block or not count:
            raise ValueError(f"there are no words {name}")
        text = text.replace(block[0], left)
    return text


DELETE = {
    "keys": without_keys,
    "metrics": without_metrics,
    "definitions": without_definitions,
    "lines": without_lines,
    "rows": without_rows,
    "sections": without_sections,
    "text": without_text,
    "words": without_words,
}
