"""The files of the web client, checked without a browser."""

from __future__ import annotations

from local.template import ROOT

WEB = ROOT / "web"

MAX_BYTES = 160_000
"""docs/web.md, "Size": what a slow phone loads in a second, uncompressed and without icons."""


def test_the_client_is_small() -> None:
    sizes = {
        str(file.relative_to(WEB)): file.stat().st_size
        for file in WEB.rglob("*.*")
        if file.suffix != ".svg"
    }

    total = sum(sizes.values())
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert total <= MAX_BYTES, f"{total} bytes, at most {MAX_BYTES}; the largest files: {largest}"
