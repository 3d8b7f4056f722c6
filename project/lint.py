"""Lint `template.yaml`, as written and as SAM translates it, and the other templates.

cfn-lint does not expand SAM resources. It sees the functions' roles, the event source mappings
and the API only in the translation, so that is linted too. An exemption is in the `Metadata` of
its resource, under `cfn-lint`, with a comment that gives the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from project import template
from project.template import Template


def main() -> int:
    """Print what cfn-lint finds and return its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        translation = Path(folder) / "translated.json"
        translation.write_text(json.dumps(_translated(), indent=2))
        others = [
            *sorted((template.ROOT / "examples").glob("*/template.yaml")),
            template.ROOT / ".github" / "aws" / "roles.yaml",
        ]
        templates = [template.ROOT / "template.yaml", translation, *others]
        cfn_lint = Path(sys.executable).with_name("cfn-lint")
        return subprocess.run([cfn_lint, *templates], check=False).returncode


def _translated() -> Template:
    """The translation with CodeDeploy, and without what SAM itself has used for it."""
    translated = template.translated(Deployment="Canary10Percent5Minutes")
    parameters = {n: p for n, p in translated["Parameters"].items() if n != "Deployment"}
    others = {name: part for name, part in translated.items() if name != "Mappings"}
    return others | {"Parameters": parameters}


if __name__ == "__main__":
    sys.exit(main())
