"""Files for the gallery, and what it shows."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Locator

from tests.browser.customer import Customer
from tests.harness import pictures

EXIF_WITH_LOCATION = pictures.exif(
    [pictures.ascii_tag(0x010F, "Leica")],
    gps=[
        pictures.ascii_tag(1, "N"),
        pictures.rational(2, (52, 1), (30, 1), (0, 1)),
        pictures.ascii_tag(3, "E"),
        pictures.rational(4, (13, 1), (15, 1), (0, 1)),
    ],
)


def file(name: str, content: bytes, content_type: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": content_type, "buffer": content}


def upload(customer: Customer, *files: FilePayload) -> None:
    customer.page.get_by_label("choose files").set_input_files(list(files))


def tile(customer: Customer, title: str, status: str) -> Locator:
    """The tile of the picture with this title, once it has this status."""
    tiles = customer.page.locator(f".tile[data-status={status}]")
    return tiles.filter(has=customer.page.get_by_text(title, exact=True))
