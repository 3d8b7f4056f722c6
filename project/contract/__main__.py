"""Write what is made from docs/contract: `make contract`."""

from __future__ import annotations

import sys

from project.contract import files
from project.contract.sources import WrongSource
from project.template import ROOT


def main() -> None:
    """Write the files, and print which of them changed."""
    try:
        for path, text in files.contents().items():
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    except WrongSource as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
