"""Look up the locked packages in the OSV database of known vulnerabilities: `make audit`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from project.template import ROOT

_UV = ROOT / ".local" / "uv" / "bin" / "uv"
_COMMAND = ("audit", "--frozen", "--preview-features", "audit-command")
_ERROR = 2
_NOT_REACHED = "Request failed"
"""What uv says if the database does not answer."""


def main(uv: Path = _UV, arguments: Sequence[str] = ()) -> int:
    """Print what uv finds, and return its exit status.

    Where the database cannot be reached, nothing can be found: this is said, and is no failure.
    """
    command: list[str | Path] = [uv, *_COMMAND, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == _ERROR and _NOT_REACHED in done.stderr:
        print("NOT CHECKED: the database of vulnerabilities (OSV) cannot be reached from here")
        return 0
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
