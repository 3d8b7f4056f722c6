"""Write a bill of materials (CycloneDX) for each deployed folder: `make sbom`."""

from __future__ import annotations

import sys
from pathlib import Path

from project.commands import CommandFailed, run
from project.template import ROOT

_UV = ROOT / ".local" / "uv" / "bin" / "uv"
FOLDER = ROOT / ".local" / "sbom"


def main() -> int:
    """Write the files, print their paths, and return the exit status."""
    try:
        for requirements in sorted(ROOT.glob("*/*/requirements.txt")):
            print(write(requirements.parent).relative_to(ROOT))
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write(deployed: Path) -> Path:
    """Write the packages of a folder, such as `layers/common`. Raises CommandFailed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    group = "layer" if deployed.parent.name == "layers" else deployed.name.replace("_", "-")
    file = FOLDER / f"{group}.cdx.json"
    # The runtime of Lambda contains boto3.
    without = ["--prune", "boto3", "--prune", "botocore"]
    export = ["export", "--frozen", "--only-group", group, *without, "--format", "cyclonedx1.5"]
    command: list[str | Path] = [_UV, *export, "--output-file", file]
    run(f"uv export of {group}", command, FOLDER / "uv.log")
    return file


if __name__ == "__main__":
    sys.exit(main())
