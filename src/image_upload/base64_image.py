"""An image inside a request, in base64 as browsers produce it."""

import base64
import re

from common.api.errors import Invalid, TooLarge

MAX_BYTES = 2 * 1024 * 1024

_DATA_URL = re.compile(
    r"data:[\w.+-]+/[\w.+-]+(;[\w.+-]+=[\w.+-]+)*;base64,", re.ASCII | re.IGNORECASE
)
_WHITE_SPACE = str.maketrans("", "", " \t\r\n")


def decode(photo: str) -> bytes:
    """The bytes of a base64 text. Accepts data URLs, white space and missing padding.

    Raises Invalid, and TooLarge before it decodes anything.
    """
    text = photo.strip()
    if prefix := _DATA_URL.match(text):
        text = text[prefix.end() :]
    text = text.translate(_WHITE_SPACE).rstrip("=")
    if len(text) * 3 // 4 > MAX_BYTES:
        raise TooLarge(f"the photo has more than {MAX_BYTES} bytes")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise Invalid("invalid photo", ["photo: not base64"]) from error
    if not decoded:
        raise Invalid("invalid photo", ["photo: empty"])
    return decoded
