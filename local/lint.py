"""Lint `template.yaml` as written and as CloudFormation gets it: `python -m local.lint`.

The translation is linted too, since cfn-lint does not look into SAM's own resources: there
alone it sees the functions' roles, event source mappings and the API. An exemption stands in
the `Metadata` of the resource it is for, under `cfn-lint`, with its reason in a comment.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from local import template


def main() -> int:
    """Print what cfn-lint finds, and answer its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        translation = Path(folder) / "translated.json"
        translation.write_text(json.dumps(template.translated(), indent=2))
        templates = [template.ROOT / "template.yaml", translation]
        cfn_lint = Path(sys.executable).with_name("cfn-lint")
        return subprocess.run([cfn_lint, *templates], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
