"""Pictures with changed, removed or duplicated bytes, and the outcomes of processing them.

`outcomes` runs in the function's sandbox, with the function's own modules.
"""

from __future__ import annotations

import json
import random
from functools import cache

from tests.harness import heif, pictures


def outcomes(files: list[tuple[str, bytes]]) -> list[str]:
    return [_outcome(content_type, data) for content_type, data in files]


def _outcome(content_type: str, data: bytes) -> str:
    # These are modules of the function. They can be imported only in its sandbox.
    import pipeline  # type: ignore[import-not-found]
    from formats.contents import UnusablePicture  # type: ignore[import-not-found]

    try:
        json.dumps(pipeline.process(content_type, data).metadata, allow_nan=False).encode()
    except UnusablePicture:
        return "FAILED"
    return "READY"


def mutate(chance: random.Random) -> tuple[str, bytes]:
    """Return a picture with metadata, with changed, removed or duplicated bytes."""
    content_type = chance.choice((*pictures.TYPES, pictures.HEIC))
    data = bytearray(_with_metadata(content_type))
    head = min(
        len(data), chance.choice([64, 512, len(data)])
    )  # the structure is mostly at the beginning
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        at = chance.randrange(head)
        match chance.randrange(6):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                data[at : at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"])
            case 2:
                del data[at : at + chance.randrange(1, 64)]
            case 3:
                data[at:at] = data[at : at + chance.randrange(1, 64)]
            case 4:
                data[at:at] = chance.randbytes(chance.randrange(1, 32))
            case 5:
                data[chance.randrange(len(data)) :] = b""
        head = max(1, min(head, len(data)))
        if not data:
            break
    return content_type, bytes(data)


@cache
def _with_metadata(content_type: str) -> bytes:
    exif = pictures.exif(
        [pictures.ascii_tag(0x10F, "ACME"), pictures.short(0x112, 6)],
        [pictures.rational(0x829A, (1, 250)), pictures.undefined(0x9286, b"ASCII\0\0\0hello")],
        pictures.GPS,
    )
    properties = pictures.xmp("<dc:subject><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></dc:subject>")
    match content_type:
        case "image/jpeg":
            datasets = pictures.iptc((2, 5, b"name"), (2, 25, b"key"), (2, 55, b"20261120"))
            return pictures.jpeg(exif=exif, xmp=properties, iptc=datasets, comment=b"c")
        case "image/png":
            return pictures.png(pictures.chunk(b"eXIf", exif), pictures.chunk(b"tEXt", b"a\0b"))
        case "image/webp":
            return pictures.webp((b"EXIF", exif), (b"XMP ", properties))
        case "image/heic":
            return heif.heic(items=[heif.exif(exif), heif.xmp(properties)])
        case "image/avif":
            items = [heif.exif(exif), heif.xmp(properties)]
            return heif.heif(b"avif", [heif.coded_av1(heif.picture()), *items])
        case _:
            return pictures.picture(content_type)
