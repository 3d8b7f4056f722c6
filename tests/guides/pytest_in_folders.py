"""Run pytest in several copies of the repository: `pytest_in_folders.py FOLDER… -- ARGUMENTS`.

Importing boto3 and the SAM translator takes most of the time of a short test run. Here they are
imported once. Each run is a forked child, which imports the project's own modules from its folder
and writes its output to `pytest.log` there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import boto3  # noqa: F401
import hypothesis  # noqa: F401
import jsonschema  # noqa: F401
import moto  # noqa: F401
import pytest
import samtranslator.translator.translator  # noqa: F401


def run(folder: Path, arguments: Sequence[str]) -> None:
    """Run the tests of one folder in a child process."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.chdir(folder)
    output = os.open("pytest.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    status = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments])
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    separator = sys.argv.index("--")
    for argument in sys.argv[1:separator]:
        run(Path(argument), sys.argv[separator + 1 :])
