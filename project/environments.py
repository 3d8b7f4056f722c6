"""Install a virtual environment of the project: `python3.13 -m project.environments FOLDER`.

`.local/uv` contains uv, which installs the others from uv.lock: `.venv` the project, `.local/sam`
and `.local/emulator` the groups with these names. Needs nothing that is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from project.locks import locked

UV = "uv==0.13.8"

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
        with locked(project, _WAITING) as lock:
            if is_current(environment, project):
                return 0
            print(f"installing {name}", flush=True)
            if environment.exists() and not is_usable(environment, project):
                # The folder was moved, its Python is gone, or an installation was interrupted.
                shutil.rmtree(environment)
            (environment / STAMP).unlink(missing_ok=True)
            for command in commands(name):
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


def commands(name: str) -> list[list[str]]:
    """Return the commands that install an environment."""
    if name == ".local/uv":
        return _first_commands(name)
    group = [] if name == ".venv" else ["--only-group", Path(name).name]
    return [[".local/uv/bin/uv", "sync", "--quiet", "--frozen", *group]]


def _first_commands(name: str) -> list[list[str]]:
    # Not the Python of the environment itself, which this command may run with.
    base: str = sys._base_executable  # type: ignore[attr-defined]
    python = f"{name}/bin/python"
    install = ["install", "--quiet", "--disable-pip-version-check", UV]
    if subprocess.run(
        [base, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        return [[base, "-m", "venv", name], [python, "-m", "pip", *install]]
    # An environment without a pip of its own is made in a fraction of the time.
    return [
        [base, "-m", "venv", "--without-pip", name],
        [base, "-m", "pip", "--python", python, *install],
    ]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
