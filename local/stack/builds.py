"""The build of the template by SAM CLI. All local stacks of a folder share it."""

from __future__ import annotations

import fcntl
import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack.processes import MARK
from local.stack.sam_cli import ARCHITECTURE, PYTHON, sam
from project import template
from project.commands import run
from project.digest import digest
from project.template import ROOT

BUILD = ROOT / ".local/build"
"""The build of the current sources for this machine, once `build` has run."""

_LOCK = BUILD.parent / "cache/lock"

# SAM's builder for Python removes all bytecode, and Lambda cannot store what it compiles.
_COMPILE = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")


def sources() -> str:
    """Return a digest of everything that is built and deployed."""
    return digest("template.yaml", "samconfig.toml", "src", "layers")


def build(architecture: str = ARCHITECTURE, mark: str = "") -> Path:
    """Return the folder of the build, made if the sources have changed. Raises CommandFailed.

    `mark` is the mark of the stack that waits for it.
    """
    for_this_machine = architecture == ARCHITECTURE
    folder = BUILD if for_this_machine else BUILD.with_name(f"{BUILD.name}-{architecture}")
    logs, cache, built = BUILD.parent, BUILD.parent / "cache", folder / "sources"
    cache.mkdir(parents=True, exist_ok=True)
    with _LOCK.open("w") as lock:
        # Stacks that start at the same time share one build. SAM CLI inherits the lock, so nobody
        # builds in the same folder while it goes on without the command that started it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = sources()
        if built.exists() and built.read_text() == current:
            return folder
        built.unlink(missing_ok=True)
        parameters = {"Architecture": architecture}
        source = logs / "template.json"
        _write_as_json(ROOT / "template.yaml", source)
        arguments = ["--template-file", str(source), "--base-dir", str(ROOT)]
        # A build removes everything from its cache that it does not use itself.
        arguments += ["--build-dir", str(folder), "--cache-dir", str(cache / architecture)]
        sam("build", logs, {MARK: mark}, parameters, *arguments, keep_open=[lock.fileno()])
        _write_as_json(folder / "template.yaml", folder / "template.yaml")
        if for_this_machine and platform.system() != "Linux":
            _install_for_this_machine(logs / "install.log")
        compiler: list[str | Path] = [PYTHON / "python3.13", *_COMPILE, folder]
        run("compileall", compiler, logs / "compile.log", keep_open=[lock.fileno()])
        built.write_text(current)
    return folder


@contextmanager
def kept() -> Iterator[bool]:
    """Let no other command build meanwhile. Returns whether there is a build."""
    with _LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield (BUILD / "sources").exists()


def _write_as_json(source: Path, file: Path) -> None:
    """Write a template as JSON, because SAM CLI needs seconds for each time it reads YAML."""
    file.write_text(json.dumps(template.parsed(source.read_text())))


def _install_for_this_machine(log: Path) -> None:
    """Install the functions' packages again: SAM has built them for Linux, as on Lambda."""
    for name, resource in template.raw()["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        requirements = ROOT / resource["Properties"]["CodeUri"] / "requirements.txt"
        if requirements.exists():
            pip = [PYTHON / "python3.13", "-m", "pip", "--disable-pip-version-check", "install"]
            command = [*pip, "--upgrade", "--target", BUILD / name, "-r", requirements]
            run(f"pip install for {name}", command, log)
