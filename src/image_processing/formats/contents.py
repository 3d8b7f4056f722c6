"""The contents of an image file: the parts that decoding needs, and its metadata."""

from __future__ import annotations

from dataclasses import dataclass, field

from metadata.budget import Budget, OverBudget
from metadata.text import decoded

from common.image import MAX_METADATA_BYTES

# Texts are read first, and must not take the place of the camera's own metadata.
_LEFT_BY_TEXTS = MAX_METADATA_BYTES // 2


class UnusablePicture(Exception):
    """The file cannot be processed. The text is the reason that the owner reads."""


@dataclass(slots=True)
class Contents:
    """The contents of a file.

    `parts` are the parts that decoding needs, in the order of the file, and no longer than the
    format defines. Comments, thumbnails and whatever follows the picture are not among them, nor is
    the colour profile, which is in `profile` without its private tags.
    """

    width: int = 0
    height: int = 0
    parts: list[bytes] = field(default_factory=list)
    profile: bytes = b""
    exif: bytes = b""
    iptc: bytes = b""
    xmp: bytes = b""
    text: dict[str, str] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def add_frame(self, width: int, height: int) -> None:
        """Enlarge the size to contain a frame of this size."""
        self.width, self.height = max(self.width, width), max(self.height, height)

    def add_text(self, name: str, raw: bytes) -> None:
        """Add a text to the metadata, unless they have no space for it."""
        try:
            self.budget.check(len(raw), leave=_LEFT_BY_TEXTS)
            self.text[name] = self.budget.spend(name, decode_text(raw), leave=_LEFT_BY_TEXTS)
        except OverBudget as error:
            self.budget.drop(name, error)


def decode_text(raw: bytes) -> str:
    """A text in UTF-8; what is not valid UTF-8 is read as windows-1252."""
    return decoded(raw).rstrip("\0")
