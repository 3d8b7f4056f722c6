"""A picture inside a request: base64, as it comes out of a browser."""

import base64
import re

from common.api.errors import Invalid, TooLarge

MAX_BYTES = 2 * 1024 * 1024

_DATA_URL = re.compile(
    r"data:[\w.+-]+/[\w.+-]+(;[\w.+-]+=[\w.+-]+)*;base64,", re.ASCII | re.IGNORECASE
)
_WHITE_SPACE = str.maketrans("", "", " \t\r\n")


def decode(photo: str) -> bytes:
    """The bytes of a base64 text; a data URL, white space and missing padding are accepted.

    Raises TooLarge by the length alone, before anything is decoded, and Invalid.
    """
    text = photo.strip()
    if prefix := _DATA_URL.match(text):
        text = text[prefix.end() :]
    text = text.translate(_WHITE_SPACE).rstrip("=")
    if len(text) * 3 // 4 > MAX_BYTES:
        raise TooLarge(f"the photo is over {MAX_BYTES} bytes")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise Invalid("the photo is wrong", ["photo: no base64"]) from error
    if not decoded:
        raise Invalid("the photo is wrong", ["photo: empty"])
    return decoded
