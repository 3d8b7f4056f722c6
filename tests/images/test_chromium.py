"""What Chromium shows of an uploaded file is what it shows of the served one."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from project.functions import module
from tests.harness.chromium import chromium
from tests.harness.pictures import TIFF
from tests.images.test_foreign import REFUSED, SHOWN

# The size of the picture, the hash of its pixels, and the mean colours of its four quarters.
SCRIPT = """async ([data, type]) => {
  const image = new Image();
  image.src = `data:${type};base64,${data}`;
  await new Promise((resolve) => { image.onload = image.onerror = resolve; });
  if (!image.naturalWidth) return null;
  const draw = (width, height) => {
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };
  const {naturalWidth: width, naturalHeight: height} = image;
  const pixels = draw(width, height);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", pixels));
  const corners = [[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]].flatMap(
    ([x, y]) => [...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 4)]);
  return {size: [width, height], hash: hash.toHex(), corners};
}"""


@dataclass(frozen=True)
class Shown:
    """What Chromium shows of a file."""

    size: tuple[int, int]
    hash: str
    corners: list[int]


type Look = Callable[[bytes, str], Shown | None]


@pytest.fixture(scope="module")
def look() -> Iterator[Look]:
    """What Chromium shows of a file of a type; None if it shows nothing."""
    with chromium() as browser:
        page = browser.new_page()
        # Hashes need an origin that is trusted.
        page.route("http://localhost/", lambda route: route.fulfill(body=""))
        page.goto("http://localhost/")

        def look(data: bytes, content_type: str) -> Shown | None:
            seen = page.evaluate(SCRIPT, [base64.b64encode(data).decode(), content_type])
            return Shown(tuple(seen["size"]), seen["hash"], seen["corners"]) if seen else None

        yield look


process = module("image_processing", "pipeline").process


@pytest.mark.parametrize(("kind", "name"), [key for key in SHOWN if key[0] != TIFF])
def test_the_served_picture_is_the_one_that_chromium_shows(
    look: Look, kind: str, name: str
) -> None:
    """fault 69. A JPEG without an end is drawn without its last rows, and is not among these."""
    data = SHOWN[kind, name]

    clean = process(kind, data)

    size = clean.metadata["size"]
    uploaded, served, small = (
        look(data, kind), look(clean.picture, kind), look(clean.thumbnail, "image/webp")
    )  # fmt: skip
    assert uploaded is not None
    assert served == uploaded
    assert (size["width"], size["height"]) == uploaded.size
    assert small is not None
    assert small.size == uploaded.size
    assert small.corners == pytest.approx(uploaded.corners, abs=16)  # it is a lossy copy


@pytest.mark.parametrize(
    ("kind", "name"),
    [key for key in REFUSED if key[0] != TIFF and key[1] not in ("arithmetic", "no pixels")],
)
def test_chromium_does_not_show_what_is_refused(look: Look, kind: str, name: str) -> None:
    """Or it shows nothing of it. The grey areas of two others are not a picture, either."""
    shown = look(REFUSED[kind, name], kind)

    assert shown is None or set(shown.corners) == {0}
