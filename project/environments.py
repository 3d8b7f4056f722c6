"""Install a virtual environment of the project: `python3.13 -m project.environments FOLDER`.

`.local/uv` contains uv, which installs the others from uv.lock: `.venv` the project, `.local/sam`
and `.local/emulator` the groups with these names. pip installs uv, with the version and the hashes
that uv.lock has for it. Needs nothing that is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

from project.locks import locked

LOCKED = ("pyproject.toml", "uv.lock")
STAMP = ".installed"
"""This file in an environment contains the path of the project for which it is installed, which
all scripts in it contain too. The Makefile compares it."""

_WAITING = "waiting for another make, which installs in this folder"


def main(name: str) -> int:
    """Install an environment if it is not up to date, and return the exit status."""
    project = Path.cwd()
    environment = project / name
    try:
        with locked(project, _WAITING, partial(print, flush=True)) as lock:
            if is_current(environment, project):
                return 0
            print(f"installing {name}", flush=True)
            if environment.exists() and not is_usable(environment, project):
                # The folder was moved, its Python is gone, or an installation was interrupted.
                shutil.rmtree(environment)
            (environment / STAMP).unlink(missing_ok=True)
            for command in commands(name, project):
                # The command keeps the lock, even if it outlives this process.
                env = os.environ | {"UV_PROJECT_ENVIRONMENT": name}
                subprocess.run(command, check=True, env=env, pass_fds=[lock])
            (environment / STAMP).write_text(f"{project}\n")
    except subprocess.CalledProcessError as error:
        print(f"{name} cannot be installed", file=sys.stderr)
        return error.returncode
    except OSError as error:  # a full disk, for example
        print(f"{name} cannot be installed: {error}", file=sys.stderr)
        return 1
    return 0


def is_current(environment: Path, project: Path) -> bool:
    """Return whether the environment is usable, and uv.lock has not changed since."""
    if not is_usable(environment, project):
        return False
    installed = (environment / STAMP).stat().st_mtime
    return all(installed >= (project / each).stat().st_mtime for each in LOCKED)


def is_usable(environment: Path, project: Path) -> bool:
    """Return whether an installation for this folder has ended, and its Python exists."""
    stamp = environment / STAMP
    is_here = stamp.exists() and stamp.read_text().strip() == str(project)
    return is_here and os.access(environment / "bin" / "python", os.X_OK)


def commands(name: str, project: Path) -> list[list[str]]:
    """Return the commands that install an environment."""
    if name == ".local/uv":
        return _first_commands(name, project)
    group = [] if name == ".venv" else ["--only-group", Path(name).name]
    return [[".local/uv/bin/uv", "sync", "--quiet", "--frozen", *group]]


def _first_commands(name: str, project: Path) -> list[list[str]]:
    # Not the Python of the environment itself, which this command may run with.
    base: str = sys._base_executable  # type: ignore[attr-defined]
    python = f"{name}/bin/python"
    requirements = project / ".local" / "uv.txt"
    requirements.parent.mkdir(exist_ok=True)
    requirements.write_text(locked_uv((project / "uv.lock").read_text()))
    install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    install += ["--only-binary", ":all:", "--requirement", str(requirements)]
    if subprocess.run(
        [base, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        return [[base, "-m", "venv", name], [python, "-m", "pip", *install]]
    # An environment without a pip of its own is made in a fraction of the time.
    return [
        [base, "-m", "venv", "--without-pip", name],
        [base, "-m", "pip", "--python", python, *install],
    ]


def locked_uv(lock: str) -> str:
    """Return the version of uv and its hashes in a uv.lock, as a requirement for pip."""
    [uv] = [package for package in tomllib.loads(lock)["package"] if package["name"] == "uv"]
    hashes = [f"--hash={wheel['hash']}" for wheel in uv["wheels"]]
    return " ".join([f"uv=={uv['version']}", *hashes]) + "\n"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
