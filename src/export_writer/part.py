"""One ZIP of an export: as much as one invocation can write, and one person wants to download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from archive import Archive
from progress import Position, Work
from sections import SECTIONS, readme
from upload import uploading

from common import aws
from common.export import Export, Part

MAX_BYTES = 500_000_000
"""The size from which an export continues in another ZIP. It can be exceeded by one page of rows.

That is also far below 4 GB, from which on a ZIP needs an extension that old programs cannot read.
"""


def write_part(
    export: Export, has_time: Callable[[], bool], max_bytes: int = MAX_BYTES
) -> tuple[Part, dict[str, Any] | None]:
    """The export's next ZIP, complete in the bucket, and where the one after it begins, if any."""
    part, start = Part(export.new_key(), 0), Position(SECTIONS[0].name)
    if export.position:
        start = Position(**export.position)
    with (
        uploading(aws.s3(), aws.env("EXPORTS_BUCKET"), part.key) as upload,
        Archive(upload, len(export.parts) + 1) as archive,
    ):
        archive.add_text("README.txt", readme(export))
        end = _write_sections(
            Work(export, archive, lambda: archive.size >= max_bytes or not has_time()), start
        )
    return Part(part.key, upload.size), asdict(end) if end else None


def discard(part: Part) -> None:
    """Delete a ZIP that belongs to no export."""
    aws.s3().delete_object(Bucket=aws.env("EXPORTS_BUCKET"), Key=part.key)


def _write_sections(work: Work, start: Position) -> Position | None:
    """Write all sections from this position on. Returns where it had to stop, None at the end."""
    names = [section.name for section in SECTIONS]
    for section in SECTIONS[names.index(start.section) :]:
        position = start if section.name == start.section else Position(section.name)
        if position is not start and work.is_full():
            return position
        if stopped := section.write(work, position):
            return stopped
    return None
