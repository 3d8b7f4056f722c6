"""Names of files that every system accepts, made of what users have typed."""

from __future__ import annotations

import re
import unicodedata

_MAX_CHARACTERS = 50
"""Most file systems allow 255 bytes. A character has up to 4."""

# Windows refuses these, and `/` separates folders everywhere.
_REFUSED = re.compile(r'[<>:"/\\|?*\s]+')


def numbered(number: int, text: str) -> str:
    """`0007 Desk lamp` for the number 7 and the text "Desk lamp".

    The number makes the name unique, also where case does not matter. It also means that no name is
    one that Windows reserves, such as `CON`, or begins with a dot.
    """
    # Categories C are control and invisible characters, also those that change the direction.
    visible = "".join(
        each for each in text if each.isspace() or unicodedata.category(each)[0] != "C"
    )
    safe = _REFUSED.sub(" ", unicodedata.normalize("NFC", visible))[:_MAX_CHARACTERS]
    return f"{number:04} {safe}".rstrip(" .")  # Windows removes these from the end
