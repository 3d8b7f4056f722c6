"""Rename the project in all tracked files: `make rename NAME="Corner Store"`.

The current name is the title of README.md. LICENSE and CHANGELOG.md keep the former name.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from ops.rename.name import Name, Refused, replace

# The copyright notice names its holders, and the changelog tells what was.
_KEPT_FILES = {"LICENSE", "CHANGELOG.md"}

# Explaining the command, they may contain any name as an example.
_EXAMPLES = ("docs/make-it-yours.md", "ops/rename/", "tests/guides/")


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
    changed = {
        path: replace(text, old, new, is_python=path.endswith(".py"))
        for path, text in texts.items()
    }
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
    root = root or Path(__file__).resolve().parents[2]
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
        print("Run make contract and make snapshot, and review with git diff.")
        print("Then run make test-fast and make check.")
        print("samconfig.toml now names new stacks: what is deployed under the old name stays.")
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
