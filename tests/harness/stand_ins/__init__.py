"""A copy of the local stack whose emulator, gateway and SAM CLI are stand-ins that start fast."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

import psutil

from project.template import ROOT

_HERE = Path(__file__).parent

# SAM CLI writes a build, and deploys nothing: the stand-in of the emulator has a stack already.
# It waits while there is a file `slow`.
_SAM = """#!/bin/sh
while [ -e slow ]; do echo waits > waiting; sleep 0.1; done
while [ $# -gt 0 ]; do
  if [ "$1" = --build-dir ]; then mkdir -p "$2" && touch "$2/template.yaml"; fi
  shift
done
"""


@dataclass(frozen=True)
class StandInProject:
    """A folder with the code of the local stack and stand-ins for the programs that it starts."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> StandInProject:
        for name in ("local", "project"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "template.yaml", root)
        for name in ("emulator", "gateway"):
            shutil.copy(_HERE / f"{name}.py", root / "local" / name / "__main__.py")
        shutil.copy(_HERE / "killed.py", root)
        sam = root / ".local/sam/bin/sam"
        sam.parent.mkdir(parents=True)
        sam.write_text(_SAM)
        sam.chmod(0o755)
        for name in ("sam/bin/python3.13", "emulator/bin/python"):
            python = root / ".local" / name
            python.parent.mkdir(parents=True, exist_ok=True)
            python.symlink_to(os.path.realpath(sys.executable))
        return cls(root)

    def start(self, *arguments: str) -> Popen[str]:
        """Start a Python program of the folder, which writes all output to one pipe."""
        command = [sys.executable, "-u", *arguments]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), "PYTHONPATH": str(self.root)}
        return Popen(command, cwd=self.root, env=env, stdout=PIPE, stderr=STDOUT, text=True)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a Python program of the folder. Returns its exit status and output."""
        started = self.start(*arguments)
        output, _ = started.communicate()
        return started.returncode, output

    def stack(self, command: str) -> tuple[int, str]:
        """Run `up`, `down` or `status`. Returns the exit status and the output."""
        return self.run("-m", "local.stack", command)

    def processes(self) -> list[psutil.Process]:
        """Return all processes that were started from this folder."""
        return [each for each in psutil.process_iter() if str(self.root) in _command(each)]

    def pid(self, server: str) -> int:
        """Return the process id of the `emulator` or the `gateway`."""
        word = str(self.root / "local/emulator") if server == "emulator" else "local.gateway"
        [found] = [each for each in self.processes() if word in each.cmdline()]
        return found.pid


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
