"""A copy of the repository in which a test follows a guide."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from project.template import ROOT


@dataclass(frozen=True)
class Checkout:
    """A folder with the tracked files of this repository, as they are now, and their bytecode."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> Checkout:
        names = tracked_files()
        folders = {(ROOT / name).parent for name in names}
        bytecode = [path for folder in folders for path in folder.glob("__pycache__/*.pyc")]
        for path in [*(ROOT / name for name in names), *bytecode]:
            target = root / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)  # with its time, by which Python knows its bytecode
        return cls(root)

    def commit(self) -> None:
        """Commit all files to a git repository in the folder."""
        self.run("git", "init", "--quiet")
        self.run("git", "add", "--all")
        author = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
        self.run("git", *author, "commit", "--quiet", "--no-verify", "--message", "Change")

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, and return its output. Its failure fails the test."""
        environment = {
            # The copy must not import this repository, nor the tests' settings leak into it.
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "PYTEST", "PYTHON"))
        }
        result = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        assert not check or result.returncode == 0, f"{command}:\n{result.stdout}{result.stderr}"
        return result

    def tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a tool of this repository's virtual environment in the folder."""
        return self.run(Path(sys.executable).with_name(name), *arguments)

    def check_types(self) -> None:
        """Check all types as `make check` does. They must be right."""
        cache = ROOT / ".mypy_cache"
        if cache.exists():  # mypy then reads only the files again that differ
            shutil.copytree(cache, self.root / ".mypy_cache", dirs_exist_ok=True)
        self.tool("mypy", "layers/common/common", "local", "ops", "project", "bench", "tests")
        mypy = Path(sys.executable).with_name("mypy")
        for app in sorted((self.root / "src").glob("*/app.py")):
            folder = app.parent.relative_to(self.root)
            self.run("env", f"MYPYPATH=layers/common:{folder}", mypy, folder)

    def pytest(self, *arguments: str) -> str:
        """Run tests of the copy, which must pass. Return the output."""
        return self.run(sys.executable, "-m", "pytest", "-q", *arguments).stdout


def tracked_files() -> list[str]:
    """Return the paths of all files that git tracks or that are new, without those deleted."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in output.split("\0") if name and (ROOT / name).is_file()]
