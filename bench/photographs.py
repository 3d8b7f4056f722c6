"""Synthetic photographs."""

from __future__ import annotations

import pyvips


def photograph(width: int, height: int, grain: pyvips.Image | float = 0) -> pyvips.Image:
    """An RGB image with large shapes. `grain` is added to two of the channels."""
    shapes = pyvips.Image.perlin(width, height, cell_size=width // 8, seed=1) * 90 + 128
    image = (shapes + grain).bandjoin([shapes * 0.8 + grain, 255 - shapes])
    return image.cast("uchar").copy(interpretation="srgb")
