"""Write what is made from docs/contract: `make contract [RELEASE=1]`."""

from __future__ import annotations

import argparse
import sys

from project import upgrades
from project.contract import breaking, breaking_events, events, files, openapi
from project.contract.sources import WrongSource
from project.template import ROOT


def main() -> None:
    """Write the files, and print which of them changed."""
    parser = argparse.ArgumentParser(prog="python -m project.contract")
    parser.add_argument("--release", action="store_true", help="record what the release promises")
    arguments = parser.parse_args()
    try:
        for path, text in files.contents().items():
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                sys.stdout.write(f"{path.relative_to(ROOT)}\n")
        if arguments.release:
            document = openapi.document()
            breaking.record(document)
            breaking_events.record(events.schemas(document))
            upgrades.record()
    except WrongSource as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
