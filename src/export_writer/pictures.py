"""The user's images: a list of all, and the picture and the metadata of each one that is READY."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from file_names import numbered
from progress import Position, Work, read

from common import aws, image_files
from common.image import Image, Status
from common.image_formats import EXTENSIONS
from common.parallel import map_parallel

ABOUT = """images.json: your images
- pictures: a folder with each picture, and a file with what the camera and
  other programs have stored in it, such as the time and the place"""

# The pictures of a page are in memory at the same time, and a clean one can have 64 MiB.
_PAGE = 4

_EXTENSION = re.compile(r"\.(jpe?g|png|gif|webp|tiff?|avif|hei[cf])$", re.IGNORECASE)


def write(work: Work, start: Position) -> Position | None:
    rows: list[dict[str, Any]] = []  # as many as there are pictures in one ZIP
    end = _write_pictures(work, start, rows)
    with work.archive.json_list("images") as add:
        for row in rows:
            add(row)
    return end


def _write_pictures(work: Work, start: Position, rows: list[dict[str, Any]]) -> Position | None:
    count, after = start.count, start.after
    while True:
        found, after = read(
            aws.env("IMAGES_TABLE"), "owner", work.user_id, after, IndexName="owner", Limit=_PAGE
        )
        images = list(map(Image.from_item, found))
        for image, files in zip(images, map_parallel(_files, images), strict=True):
            count += 1
            names = _write_files(work, f"pictures/{_name(count, image)}", image, *files)
            rows.append(image.to_json() | {"files": list(names)})
        if after is None:
            return None
        if work.is_full():
            return Position("pictures", count, after)


def _files(image: Image) -> tuple[bytes | None, dict[str, Any]]:
    """The picture and its metadata; None and nothing if it is not ready, or was just deleted."""
    if image.status != Status.READY:
        return None, {}
    return image_files.get_picture(image), image_files.get_metadata(image)


def _write_files(
    work: Work, name: str, image: Image, picture: bytes | None, metadata: dict[str, Any]
) -> Iterator[str]:
    """Write the files of an image, and return their names."""
    if picture is not None:
        path = f"{name}.{EXTENSIONS[image.contentType]}"
        created = datetime.fromisoformat(image.createdAt)
        work.archive.add_picture(path, picture, created.timetuple()[:6])
        yield path
    if metadata:
        work.archive.add_json(name, metadata)
        yield f"{name}.json"


def _name(number: int, image: Image) -> str:
    """The name without an extension. A title is often the name of a file, with one."""
    return numbered(number, _EXTENSION.sub("", image.title))
