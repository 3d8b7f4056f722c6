"""A name of the project, and the forms in which it occurs: `Corner Store` has five.

As text it is `Corner Store`, in names of classes `CornerStoreError`, in variables `corner_store`,
in URIs `Corner%20Store`, and in the names of stacks, packages and indexes `corner-store`.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

# CloudFormation puts the stack's name in front of the names that it generates, and shortens both
# to what a service allows, for example 63 characters for a bucket. With this limit, the logical id
# stays readable, also behind the suffix `-dev`.
MAX_LENGTH = 30

# A stack's name contains letters, digits and hyphens, and begins with a letter (CloudFormation,
# CreateStack). Spaces become hyphens there.
_VALID = re.compile(r"[A-Za-z][A-Za-z0-9]*([ -][A-Za-z0-9]+)*")

# The names of buckets begin with the stack's name, and must not begin with these (S3 guide,
# "General purpose bucket naming rules").
_RESERVED = ("amzn-s3-demo-", "sthree-", "xn--")

# The camera in the metadata of local/demo/picture.jpg, which is not text and keeps its name.
_KEPT = "(?! Box Camera)"


class Refused(Exception):
    """The project cannot be renamed. The message says why, and what to do."""


@dataclass(frozen=True)
class Name:
    """A name of the project, and the forms in which it occurs."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name. Raises Refused if AWS would not accept the names made from it."""
        if not _VALID.fullmatch(text):
            raise Refused(
                f"{text!r} is not a possible name: use letters and digits, with single spaces or "
                "hyphens between words, and begin with a letter"
            )
        if len(text) > MAX_LENGTH:
            raise Refused(f"{text!r} is too long: use at most {MAX_LENGTH} characters")
        name = cls(text)
        for reserved in _RESERVED:
            if f"{name.slug}-".startswith(reserved):
                raise Refused(f"{text!r} is not a possible name: S3 reserves {reserved!r}")
        return name

    @property
    def slug(self) -> str:
        return self.text.lower().replace(" ", "-")

    @property
    def variable(self) -> str:
        return self.slug.replace("-", "_")

    @property
    def identifier(self) -> str:
        return "".join(word[0].upper() + word[1:] for word in re.split("[ -]", self.text))

    @property
    def uri(self) -> str:
        return quote(self.text)

    def occurs_in(self, text: str) -> bool:
        names = (self.text, self.slug, self.variable, self.identifier)
        forms = "|".join(re.escape(form) for form in names)
        return re.search(rf"\b({forms})\b{_KEPT}", text) is not None


def replace(text: str, old: Name, new: Name, *, is_python: bool) -> tuple[str, int]:
    """Return a text with the new name in each form, and the number of replacements."""
    old_text, old_slug, old_variable, old_identifier, old_uri = (
        re.escape(form) for form in (old.text, old.slug, old.variable, old.identifier, old.uri)
    )
    forms = {
        # uv writes the length of the name into uv.lock.
        rf"group-{len(old.slug)}-{old_slug}\b": f"group-{len(new.slug)}-{new.slug}",
        rf"(?<=otpauth://totp/){old_uri}|(?<=issuer=){old_uri}": new.uri,
        rf"(?<=\w){old_identifier}|{old_identifier}(?=\w)": new.identifier,
        rf"{old_text}{_KEPT}": new.text,
        old_variable: new.variable,
        old_slug: new.slug,  # also for a name of one word, whose variable is the same
    }
    news = list(forms.values())
    in_code = set(_code_places(text)) if is_python else set()

    def form(match: re.Match[str]) -> str:
        # A name of one word looks the same in a variable and in a string.
        is_variable = match[0] == old.slug and match.start() in in_code
        return new.variable if is_variable else news[(match.lastindex or 1) - 1]

    return re.subn("|".join(f"({each})" for each in forms), form, text)


def _code_places(text: str) -> Iterator[int]:
    """Return the places in Python code that belong to variables, functions and modules."""
    starts = [0]
    for line in io.StringIO(text):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            start = starts[token.start[0] - 1] + token.start[1]
            yield from range(start, start + len(token.string))
