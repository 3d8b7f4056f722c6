"""SAM CLI resolves the template's anchors and merge keys, which CloudFormation does not know."""

from __future__ import annotations

import subprocess

from project import template
from project.template import ROOT

READ_AND_WRITE = """
import sys
from samcli.yamlhelper import yaml_dump, yaml_parse
sys.stdout.write(yaml_dump(yaml_parse(sys.stdin.read())))
"""


def test_sam_cli_deploys_the_template_that_the_rules_check() -> None:
    python = ROOT / ".local/sam/bin/python"
    source = (ROOT / "template.yaml").read_text()

    written = subprocess.run(
        [python, "-c", READ_AND_WRITE], input=source, capture_output=True, text=True, check=True
    ).stdout

    assert "<<:" in source
    assert "<<:" not in written
    assert "&id" not in written
    assert template.parsed(written) == template.raw()
