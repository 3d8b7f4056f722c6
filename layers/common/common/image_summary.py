"""The summary of a picture's metadata, which search knows: camera and time, and the place.

It is computed once, when the picture is processed, and stored in the image's row. So whoever
indexes images does not read their metadata.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

# Characters of a text. With this many, a page of images stays far below the 10 MiB that OpenSearch
# accepts in a request, even if each character needs six bytes.
MAX_LENGTH = 200


def summary(metadata: dict[str, Any]) -> dict[str, Any]:
    """`{metadata: {camera, takenAt}, place: {latitude, longitude, area, …}}`, without empty parts.

    `place` tells where the picture was taken.
    """
    return _without_empty(metadata=_camera_and_time(metadata), place=_place(metadata))


def _camera_and_time(metadata: dict[str, Any]) -> dict[str, Any]:
    exif, xmp = metadata.get("exif", {}), metadata.get("xmp", {})
    make, model = (_first(exif.get(name), xmp.get(f"tiff:{name}")) for name in ("Make", "Model"))
    named = [make, model] if not str(model).startswith(str(make)) else [model]
    return _without_empty(
        camera=" ".join(name for name in named if name),
        takenAt=_first(
            exif.get("DateTimeOriginal"),
            xmp.get("exif:DateTimeOriginal"),
            xmp.get("photoshop:DateCreated"),
        ),
    )


def _place(metadata: dict[str, Any]) -> dict[str, Any]:
    # Metadata that an earlier version wrote have the names of places with the other datasets.
    tags: dict[str, Any] = {}
    for part in ("xmp", "iptc", "gps"):
        tags |= metadata.get(part, {})
    return _without_empty(
        latitude=_number(tags.get("GPSLatitude")),
        longitude=_number(tags.get("GPSLongitude")),
        area=_first(tags.get("GPSAreaInformation")),
        sublocation=_first(tags.get("Sub-location"), tags.get("Iptc4xmpCore:Location")),
        city=_first(tags.get("City"), tags.get("photoshop:City")),
        province=_first(tags.get("Province/State"), tags.get("photoshop:State")),
        country=_first(tags.get("Country/PrimaryLocationName"), tags.get("photoshop:Country")),
    )


def _first(*values: Any) -> str:
    texts = (value.strip() for value in values if isinstance(value, str))
    return next((text[:MAX_LENGTH] for text in texts if text), "")


def _number(value: Any) -> Decimal | None:
    # Tables take no floats. Nine digits are a tenth of a millimetre.
    return Decimal(str(round(value, 9))) if isinstance(value, int | float) else None


def _without_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", {})}
