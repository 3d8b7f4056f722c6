"""`make demo` works whatever the developer's shell contains, and wherever the folder is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.guides.checkout import Checkout

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

PROXIES = ("http_proxy", "HTTP_PROXY")  # packages come by https
NOWHERE = "http://127.0.0.1:1"


def hostile(folder: Path) -> dict[str, str]:
    """Return what a shell may contain, with nothing of the tests' own environment."""
    modules = folder / "modules"
    modules.mkdir()
    for name in ("boto3", "yaml", "sitecustomize", "project"):
        (modules / f"{name}.py").write_text("raise SystemExit('this must not be imported')\n")
    broken = folder / "broken"
    broken.write_text("[[broken")
    # Without the cache, all packages would be downloaded again.
    cache = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv")
    return dict.fromkeys(PROXIES, NOWHERE) | {
        "PATH": os.environ["PATH"],
        "UV_CACHE_DIR": cache,
        "HOME": str(folder / "missing"),
        "ENV": str(broken),
        "AWS_PROFILE": "missing",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_SHARED_CREDENTIALS_FILE": str(broken),
        "AWS_ENDPOINT_URL": NOWHERE,
        "AWS_REGION": "eu-west-9",
        "AWS_SESSION_TOKEN": "token",
        "AWS_MAX_ATTEMPTS": "many",
        "PYTHONPATH": str(modules),
        "PYTHONHOME": str(modules),
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
        "VIRTUAL_ENV": str(modules),
        "PIP_USER": "1",
        "LC_ALL": "C",
    }


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_demo_runs_in_a_hostile_environment(tmp_path: Path, umask: int) -> None:
    """fault 68"""
    checkout = Checkout.make(tmp_path / "Störe  front ü'$HOME")
    environment = hostile(tmp_path)

    def make(target: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", target],
            cwd=checkout.root,
            env=environment,
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        done = make("demo")
        listed = make("dlq")
    finally:
        stopped = make("down")

    assert done.returncode == 0, done.stdout + done.stderr
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert "Local stack" in listed.stdout
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
