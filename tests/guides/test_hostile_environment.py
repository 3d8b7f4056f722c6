"""`make demo` works whatever the developer's shell contains, and wherever the folder is."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.guides.checkout import Checkout

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

FOLDER = """Störe  "$HOME" `id` \\ (1) [x] #2 & 50%s; ~ü'"""
MODULES = ("boto3", "yaml", "sitecustomize", "project")

PROXIES = ("http_proxy", "HTTP_PROXY")  # packages come by https
NOWHERE = "http://127.0.0.1:1"

# How this machine reaches packages. Without the cache, all would be downloaded again.
DOWNLOADS = ("SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL", "PIP_FIND_LINKS", "UV_CACHE_DIR")


def hostile(folder: Path) -> dict[str, str]:
    """Return what a shell may contain, with nothing of the tests' own environment."""
    modules = folder / "modules"
    modules.mkdir()
    for name in MODULES:
        (modules / f"{name}.py").write_text("raise SystemExit('this must not be imported')\n")
    broken = folder / "broken"
    broken.write_text("[[broken\necho broken; exit 3\n")
    (folder / "temporary").mkdir()
    cache = {"UV_CACHE_DIR": str(Path.home() / ".cache" / "uv")}
    downloads = cache | {name: os.environ[name] for name in DOWNLOADS if name in os.environ}
    return (
        downloads
        | dict.fromkeys(PROXIES, NOWHERE)
        | {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "missing"),
            "TMPDIR": str(folder / "temporary"),
            "ENV": str(broken),
            "BASH_ENV": str(broken),
            "MAKEFLAGS": "-j4",
            "AWS_PROFILE": "missing",
            "AWS_CONFIG_FILE": str(broken),
            "AWS_SHARED_CREDENTIALS_FILE": str(broken),
            "AWS_ENDPOINT_URL": NOWHERE,
            "AWS_REGION": "eu-west-9",
            "AWS_SESSION_TOKEN": "token",
            "AWS_MAX_ATTEMPTS": "many",
            "AWS_CA_BUNDLE": str(broken),
            "PYTHON": str(folder / "missing"),
            "PYTHONPATH": str(modules),
            "PYTHONHOME": str(modules),
            "PYTHONSAFEPATH": "1",
            "PYTHONWARNINGS": "error",
            "VIRTUAL_ENV": str(modules),
            "PIP_USER": "1",
            "PIP_ROOT": str(folder / "missing"),
            "PIP_DRY_RUN": "1",
            "UV_NO_DEFAULT_GROUPS": "1",
            "UV_PROJECT": str(modules),
            "JAVA_TOOL_OPTIONS": "-broken",
            "LC_ALL": "C",
        }
    )


def test_the_demo_runs_in_a_hostile_environment(tmp_path: Path) -> None:
    """fault 68"""
    checkout = Checkout.make(tmp_path / FOLDER)
    environment = hostile(tmp_path)

    def make(target: str, umask: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", target],
            cwd=checkout.root,
            env=environment,
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )

    done: list[subprocess.CompletedProcess[str]] = []
    try:
        done += [make("demo", umask=0o077), make("down", umask=0o077), make("demo", umask=0)]
        listed = make("dlq", umask=0)
        modes = {name: mode(checkout.root / ".local" / name) for name in ("outputs.json", "tmp")}
    finally:
        done.append(make("down", umask=0))

    for each in [*done, listed]:
        assert each.returncode == 0, each.stdout + each.stderr
    assert "Local stack" in listed.stdout
    assert modes == {"outputs.json": 0o600, "tmp": 0o700}
    left = {path.name: list(path.glob("tmp*")) for path in tmp_path.iterdir()}
    assert left == {FOLDER: [], "broken": [], "modules": [], "temporary": []}


def mode(path: Path) -> int | None:
    """Return the permissions of a file; None if it does not exist."""
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None
