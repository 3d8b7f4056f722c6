"""Generate a client of the API from docs/openapi.yaml: `make client LANGUAGE=python`.

Python gets a package, by openapi-python-client. TypeScript gets the types for openapi-fetch, by
openapi-typescript. `examples` has a program for each.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from project import npm
from project.commands import CommandFailed, run
from project.contract.files import OPENAPI
from project.template import ROOT

CLIENTS = ROOT / ".local" / "client"

EXAMPLE = "examples/typescript"
"""The folder whose lock file names the packages of the TypeScript client."""


def python(folder: Path) -> Path:
    """Write the package `storefront_client` into a folder, and return it."""
    package = folder / "storefront_client"
    tools = Path(sys.executable).parent  # with ruff, which formats the package
    command: list[str | Path] = [
        *(tools / "openapi-python-client", "generate", "--path", OPENAPI),
        *("--output-path", package, "--meta", "none", "--overwrite", "--fail-on-warning"),
    ]
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    run("openapi-python-client", command, folder / "client.log", env=environment)
    return package


def typescript(folder: Path) -> Path:
    """Write the types `storefront.d.ts` into a folder, and return the file."""
    types = folder / "storefront.d.ts"
    program = npm.fetch("TypeScript", EXAMPLE) / ".bin" / "openapi-typescript"
    run("openapi-typescript", [program, OPENAPI, "--output", types], folder / "client.log")
    return types


LANGUAGES: dict[str, Callable[[Path], Path]] = {"python": python, "typescript": typescript}


def main() -> None:
    """Generate the client of a language, and print where it is."""
    parser = argparse.ArgumentParser(prog="python -m project.contract.client", description=__doc__)
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("--out", type=Path, help="the folder to write to")
    arguments = parser.parse_args()
    folder = arguments.out or CLIENTS / arguments.language
    if arguments.language == "typescript" and not npm.is_available():
        sys.exit("TypeScript needs Node and npm (node and npm on the path)")
    if not arguments.out:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        sys.stdout.write(f"{LANGUAGES[arguments.language](folder)}\n")
    except CommandFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
