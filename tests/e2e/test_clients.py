"""The programs in examples walk the whole journey, each with a client that is generated anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.emulator_clients import Outputs
from project import npm
from project.contract import client
from project.template import ROOT

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("contract"),
    pytest.mark.timeout(600),
    pytest.mark.local_only("reads codes from the page of the emails that are not sent"),
]

PICTURE = ROOT / "local" / "demo" / "picture.jpg"


def test_the_python_client_walks_the_journey(outputs: Outputs, tmp_path: Path) -> None:
    client.python(tmp_path)
    journey = ROOT / "examples" / "python" / "journey.py"

    said = run([sys.executable, journey], outputs, {"PYTHONPATH": str(tmp_path)})

    assert "Erasing(status='ERASING'" in said


def test_the_typescript_client_walks_the_journey(outputs: Outputs, tmp_path: Path) -> None:
    if not npm.is_available():
        assert os.environ.get("CI") != "true", "npm is not on the path"
        pytest.skip("npm is not on the path")
    shutil.copytree(ROOT / client.EXAMPLE, tmp_path, dirs_exist_ok=True)
    client.typescript(tmp_path)
    packages = npm.fetch("TypeScript", client.EXAMPLE)
    (tmp_path / "node_modules").symlink_to(packages)

    compiled = subprocess.run(
        [packages / ".bin" / "tsc"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert compiled.returncode == 0, compiled.stdout
    said = run(["node", "--experimental-websocket", tmp_path / "built" / "journey.js"], outputs)

    assert "{ status: 'ERASING' }" in said


def run(
    program: list[str | Path], outputs: Outputs, variables: Mapping[str, str] | None = None
) -> str:
    """Run a program with the address of the gateway and a picture. Returns what it prints."""
    done = subprocess.run(
        [*program, outputs["GatewayUrl"], PICTURE],
        env=os.environ | (variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("live event:", "order:", "metadata:", "Box Camera", "message: your gloves"):
        assert part in done.stdout
    return done.stdout
