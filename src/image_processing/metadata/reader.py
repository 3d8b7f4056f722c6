"""All metadata of a picture: EXIF, IPTC and XMP, and in one object what they tell of the place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from metadata import exif, iptc, location, xmp
from metadata.budget import Budget


def read(
    exif_data: bytes, iptc_data: bytes, packets: Iterable[bytes], budget: Budget
) -> dict[str, dict[str, Any]]:
    """`{exif, gps, iptc, xmp, thumbnail}`. What is left out is named in the budget."""
    tags = exif.read(exif_data, budget) if exif_data else exif.Exif()
    datasets = iptc.read(iptc_data, budget)
    properties = xmp.read(packets, budget)
    return {
        "exif": tags.image,
        "gps": location.take(tags.gps, properties, datasets, budget),
        "iptc": datasets,
        "xmp": properties,
        "thumbnail": tags.thumbnail,
    }
