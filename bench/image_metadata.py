"""The metadata that this project and exiftool read alike, and each class of mismatch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench import exiftool
from bench.exiftool_coverage import Comparison, Outcome, compare
from bench.image_processing import Exhausted, Sandbox, UnusablePicture, content_type, process
from bench.report import table

GROUPS = ("EXIF", "GPS", "IPTC", "XMP", "thumbnail")
COLUMNS = ("group", "tags", *Outcome, "equal, of the valid")
MEMORY_BYTES = 1536 * 1024 * 1024
_MAX_VALUE_LENGTH = 60


def pictures(folder: Path) -> dict[Path, str]:
    """The files of a folder that are pictures of a format that is accepted, and their types."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    types = ((path, content_type(path.read_bytes())) for path in files)
    return {path: found for path, found in types if found}


def report(files: dict[Path, str]) -> str:
    """The tables for these files: tags by group, mismatches by class, and what was refused."""
    metadata, refused = _processed(files)
    tags = exiftool.tags(metadata)
    compared = [
        (path, each)
        for path, found in metadata.items()
        for each in compare(found, tags.get(path, ()))
    ]
    parts = [
        f"{len(files)} pictures, {len(refused)} of them refused",
        table(COLUMNS, _by_group([each for _, each in compared])),
        *_mismatches(compared),
        *(f"refused: {reason}: {_files(paths)}" for reason, paths in _grouped(refused).items()),
    ]
    return "\n\n".join(parts)


def _processed(files: dict[Path, str]) -> tuple[dict[Path, dict[str, Any]], dict[Path, str]]:
    """The metadata of the files, and the reasons for which others were refused."""
    metadata, refused = {}, {}
    sandbox = Sandbox(seconds=40, memory_bytes=MEMORY_BYTES)
    for path, announced in files.items():
        try:
            metadata[path] = sandbox.run(process, announced, path.read_bytes()).metadata
        except (UnusablePicture, Exhausted) as error:
            refused[path] = str(error)
    sandbox.stop()
    return metadata, refused


def _by_group(compared: Iterable[Comparison]) -> list[list[str]]:
    counts: dict[str, Counter[Outcome]] = defaultdict(Counter)
    for each in compared:
        counts[each.group][each.outcome] += 1
    return [_row(group, counts[group]) for group in GROUPS if group in counts]


def _row(group: str, counts: Counter[Outcome]) -> list[str]:
    valid = counts.total() - counts[Outcome.DROPPED]
    share = f"{counts[Outcome.EQUAL] / valid:.2%}" if valid else ""
    return [group, str(counts.total()), *(str(counts[each]) for each in Outcome), share]


def _mismatches(compared: Iterable[tuple[Path, Comparison]]) -> list[str]:
    """A line per group, tag and outcome, with one of the files. The most frequent come first."""
    classes: dict[tuple[str, str, str], list[tuple[Path, Comparison]]] = defaultdict(list)
    for path, each in compared:
        if each.outcome != Outcome.EQUAL:
            classes[each.group, each.outcome, each.name].append((path, each))
    rows = []
    for (group, outcome, name), found in sorted(classes.items(), key=lambda each: -len(each[1])):
        path, each = found[0]
        values = (repr(value)[:_MAX_VALUE_LENGTH] for value in (each.expected, each.found))
        rows.append([f"{group} {name}", outcome, str(len(found)), path.name, *values])
    columns = ("tag", "outcome", "files", "for example", "exiftool", "Storefront")
    return [table(columns, rows)] if rows else []


def _grouped(reasons: dict[Path, str]) -> dict[str, list[Path]]:
    paths: dict[str, list[Path]] = defaultdict(list)
    for path, reason in reasons.items():
        paths[reason].append(path)
    return paths


def _files(paths: list[Path]) -> str:
    return f"{len(paths)} files, for example {paths[0].name}"
