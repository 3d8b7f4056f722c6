"""Rename the project in all tracked files: `make rename NAME="Corner Store"`.

The current name is the title of README.md. It occurs in four forms: as text (`Corner Store`), in
names of classes (`CornerStoreError`), in URIs (`Corner%20Store`), and in the names of stacks,
packages and indexes (`corner-store`).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
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

# The copyright notice names its holders, and the changelog tells what was.
_KEPT_FILES = {"LICENSE", "CHANGELOG.md"}

# Explaining the command, they may contain any name as an example.
_EXAMPLES = ("docs/make-it-yours.md", "ops/rename.py", "tests/guides/")

# The camera in the metadata of local/picture.jpg, which is not text and keeps its name.
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
    def identifier(self) -> str:
        return "".join(word[0].upper() + word[1:] for word in re.split("[ -]", self.text))

    @property
    def uri(self) -> str:
        return quote(self.text)

    def occurs_in(self, text: str) -> bool:
        forms = "|".join(re.escape(form) for form in (self.text, self.slug, self.identifier))
        return re.search(rf"\b({forms})\b{_KEPT}", text) is not None


def replace(text: str, old: Name, new: Name) -> tuple[str, int]:
    """Return a text with the new name in each form, and the number of replacements."""
    old_text, old_slug, old_identifier, old_uri = (
        re.escape(form) for form in (old.text, old.slug, old.identifier, old.uri)
    )
    forms = {
        # uv writes the length of the name into uv.lock.
        rf"group-{len(old.slug)}-{old_slug}\b": f"group-{len(new.slug)}-{new.slug}",
        rf"(?<=otpauth://totp/){old_uri}|(?<=issuer=){old_uri}": new.uri,
        rf"(?<=\w){old_identifier}|{old_identifier}(?=\w)": new.identifier,
        rf"{old_text}{_KEPT}": new.text,
        old_slug: new.slug,
    }
    pattern = "|".join(f"({form})" for form in forms)
    news = list(forms.values())
    return re.subn(pattern, lambda match: news[(match.lastindex or 1) - 1], text)


def rename(root: Path, new: Name, *, dry_run: bool = False) -> dict[str, int]:
    """Write the new name, and return the number of replacements per file. Raises Refused."""
    old = current(root)
    if old == new:
        return {}
    if not dry_run and _git(root, "status", "--porcelain"):
        raise Refused("there are uncommitted changes: commit or stash them first")
    texts = tracked_texts(root)
    taken = [path for path, text in texts.items() if new.occurs_in(text) and not _is_example(path)]
    if taken:
        raise Refused(
            f"{new.text!r} already occurs in {len(taken)} files, for example in {taken[0]}. "
            "A later rename would also replace it there: choose another name"
        )
    changed = {path: replace(text, old, new) for path, text in texts.items()}
    counts = {path: count for path, (_, count) in changed.items() if count}
    if not dry_run:
        for path in counts:
            (root / path).write_text(changed[path][0])
        _format(root, [path for path in counts if path.endswith(".py")])
    return counts


def current(root: Path) -> Name:
    """Return the project's name: the title of README.md."""
    title, _, _ = (root / "README.md").read_text().partition("\n")
    return Name(title.removeprefix("# "))


def tracked_texts(root: Path) -> dict[str, str]:
    """Return the files that a rename reads, by path."""
    texts = {}
    for path in _git(root, "ls-files", "-z").split("\0"):
        if path and path not in _KEPT_FILES and (root / path).is_file():
            try:
                texts[path] = (root / path).read_text()
            except UnicodeDecodeError:
                continue  # not text
    return texts


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make rename", description="Rename the project.")
    parser.add_argument("name", help='for example "Corner Store"')
    parser.add_argument("--dry-run", action="store_true", help="list the files, change nothing")
    given = parser.parse_args(arguments)
    root = root or Path(__file__).resolve().parent.parent
    try:
        counts = rename(root, Name.parse(given.name), dry_run=given.dry_run)
    except Refused as refused:
        print(f"make rename: {refused}", file=sys.stderr)
        return 1
    if not counts:
        print(f"The project is called {given.name} already. Nothing was changed.")
        return 0
    for path, count in counts.items():
        print(f"{count:6}  {path}")
    done = "would be" if given.dry_run else "were"
    print(f"{sum(counts.values()):6}  names in {len(counts)} files {done} replaced")
    if not given.dry_run:
        print("Review with git diff, then run make test-fast and make check. samconfig.toml now")
        print("names new stacks: what is deployed under the old name stays as it is.")
    return 0


def _is_example(path: str) -> bool:
    return path.startswith(_EXAMPLES)


def _format(root: Path, paths: list[str]) -> None:
    """Sort imports and break lines anew, which depend on the length of names."""
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        subprocess.run([ruff, *command, *paths], cwd=root, check=True)  # noqa: S603


def _git(root: Path, *arguments: str) -> str:
    git = ["git", "-C", str(root), *arguments]
    result = subprocess.run(git, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        raise Refused(f"git is required: {result.stderr.strip()}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
