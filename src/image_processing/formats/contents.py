"""The contents of an image file: the parts that decoding needs, and its metadata."""

from __future__ import annotations

from dataclasses import dataclass, field

from metadata.budget import Budget, OverBudget
from metadata.text import decoded

from common.image import MAX_METADATA_BYTES
from formats import icc

# Texts are read first, and must not take the place of the camera's own metadata.
_LEFT_BY_TEXTS = MAX_METADATA_BYTES // 2


class UnusablePicture(Exception):
    """The file cannot be processed. The text is the reason that the owner reads."""


@dataclass(slots=True)
class Contents:
    """The contents of a file.

    `parts` are the parts that decoding needs, in the order of the file, and written anew: without
    bytes that decoders skip. The colour profile is not among them. It is in `profile`, with what
    converting colours needs.
    """

    width: int = 0
    height: int = 0
    parts: list[bytes] = field(default_factory=list)
    channels: int = 0
    """The channels of a TIFF that decoders show. A file may have more."""
    profile: bytes = b""
    profile_name: str = ""
    colours: bytes = b""
    """A profile for colours that the format describes in another way."""
    first_frame: tuple[int, int, int, int] | None = None
    """Left, top, width and height of a GIF's first frame, if it does not fill the picture."""
    has_end: bool = True
    """Whether the file marks its end. If not, it may be cut off."""
    is_turned: bool = False
    """Whether browsers turn the picture as its EXIF data say."""
    exif: bytes = b""
    iptc: bytes = b""
    xmp: list[bytes] = field(default_factory=list)
    """The packets of XMP; the main one is the first."""
    text: dict[str, str] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def add_frame(self, width: int, height: int) -> None:
        """Enlarge the size to contain a frame of this size."""
        self.width, self.height = max(self.width, width), max(self.height, height)

    def set_profile(self, profile: bytes) -> None:
        """Take the colour profile of the file, unless it has one already."""
        self.profile = self.profile or icc.for_decoding(profile)
        self.profile_name = self.profile_name or icc.description(profile)

    def add_exif(self, exif: bytes) -> None:
        """Take EXIF data, unless the file has some already. Programs write a header before it."""
        if self.exif:
            self.budget.drop("EXIF", "the file has it twice")
        self.exif = self.exif or exif.removeprefix(b"Exif\0\0")

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
