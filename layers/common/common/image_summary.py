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
    gps, iptc, xmp = (metadata.get(part, {}) for part in ("gps", "iptc", "xmp"))
    return _without_empty(
        latitude=_number(gps.get("GPSLatitude")),
        longitude=_number(gps.get("GPSLongitude")),
        area=_first(gps.get("GPSAreaInformation")),
        sublocation=_first(iptc.get("Sub-location"), xmp.get("Iptc4xmpCore:Location")),
        city=_first(iptc.get("City"), xmp.get("photoshop:City")),
        province=_first(iptc.get("Province/State"), xmp.get("photoshop:State")),
        country=_first(iptc.get("Country/PrimaryLocationName"), xmp.get("photoshop:Country")),
    )


def _first(*values: Any) -> str:
    texts = (value.strip() for value in values if isinstance(value, str))
    return next((text[:MAX_LENGTH] for text in texts if text), "")


def _number(value: Any) -> Decimal | None:
    # Tables take no floats. Nine digits are a tenth of a millimetre.
    return Decimal(str(round(value, 9))) if isinstance(value, int | float) else None


def _without_empty(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", {})}
