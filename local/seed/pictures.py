"""Drawings of furniture, made of a few shapes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pyvips

from local.seed.catalogue import GROUPS, USERS

PICTURES = 15
_WIDTH, _HEIGHT = 480, 360
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


@dataclass(frozen=True, slots=True)
class SeedPicture:
    """A picture of a user, in a group or in none. `content` is None for one without an upload."""

    user: str
    title: str
    group: str
    content_type: str
    content: bytes | None


def pictures() -> Iterator[SeedPicture]:
    """Return all pictures. The last two become FAILED and stay PENDING, all others READY."""
    names = ("Chair", "Lamp", "Shelf", "Table")
    for number in range(PICTURES):
        content_type = list(_SUFFIXES)[number % len(_SUFFIXES)]
        yield SeedPicture(
            USERS[number % len(USERS)],
            f"{names[number % len(names)]} no. {number + 1}",
            ["", *GROUPS][number % (len(GROUPS) + 1)],
            content_type,
            _drawing(number).write_to_buffer(_SUFFIXES[content_type]),
        )
    yield SeedPicture(USERS[0], "Not a picture", "", "image/jpeg", b"a letter, not a picture")
    yield SeedPicture(USERS[1], "Announced only", "", "image/jpeg", None)


def _drawing(number: int) -> pyvips.Image:
    chance = random.Random(number)  # noqa: S311  # the same pictures each time
    wall, floor, wood = ([chance.randrange(60, 235) for _ in range(3)] for _ in range(3))
    image = pyvips.Image.black(_WIDTH, _HEIGHT, bands=3) + wall
    image = image.cast("uchar").copy(interpretation="srgb")
    image = image.draw_rect(floor, 0, 260, _WIDTH, _HEIGHT - 260, fill=True)
    x, width = chance.randrange(40, 200), chance.randrange(160, 240)
    for left in (x, x + width - 20):  # the legs
        image = image.draw_rect(wood, left, 200, 20, 120, fill=True)
    image = image.draw_rect(wood, x, 180, width, 25, fill=True)
    if number % 2:  # the back of a chair
        return image.draw_rect(wood, x, 60, 20, 130, fill=True)
    return image.draw_circle([250, 220, 120], x + width // 2, 120, 50, fill=True)
