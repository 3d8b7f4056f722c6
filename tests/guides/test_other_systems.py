"""The dev container has what the project needs, and the files suit Windows drives and macOS."""

from __future__ import annotations

import json
import re
from collections import Counter
from inspect import signature
from pathlib import Path

from local.stack.local_stack import LocalStack
from project.template import ROOT
from tests.guides.checkout import Checkout, tracked_files

DOCKERFILE = (ROOT / ".devcontainer/Dockerfile").read_text()
CONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())

RESERVED = {
    "aux",
    "con",
    "nul",
    "prn",
    *(f"{name}{n}" for name in ("com", "lpt") for n in range(10)),
}
"""File names that Windows does not allow, with any suffix (Windows docs, "Naming Files")."""


def test_the_image_is_pinned_and_has_the_python_of_the_project() -> None:
    version = (ROOT / ".python-version").read_text().strip()

    [image] = re.findall(r"^FROM (.+)$", DOCKERFILE, re.MULTILINE)

    assert re.fullmatch(rf"[\w./]+:[\d.]+-{re.escape(version)}-\w+@sha256:[0-9a-f]{{64}}", image)


def test_what_the_image_is_built_from_exists() -> None:
    context = ROOT / ".devcontainer" / CONTAINER["build"]["context"]

    for name in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE):
        assert (context / name).is_file()
    assert (ROOT / ".devcontainer" / CONTAINER["build"]["dockerfile"]).is_file()


def test_the_commands_of_the_container_are_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = [command for name, command in CONTAINER.items() if name.endswith("Command")]

    assert commands
    for command in commands:
        make, target = command.split()
        assert make == "make"
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE)


def test_the_ports_of_the_stack_are_forwarded_to_the_same_ports() -> None:
    """Presigned URLs contain the port."""
    defaults = signature(LocalStack).parameters
    ports = [defaults[name].default for name in ("gateway_port", "port")]

    assert CONTAINER["forwardPorts"] == ports
    assert [int(port) for port in CONTAINER["portsAttributes"]] == ports
    assert all(each["requireLocalPort"] for each in CONTAINER["portsAttributes"].values())


def test_a_checkout_by_git_for_windows_has_the_line_ends_of_linux(tmp_path: Path) -> None:
    original = Checkout.make(tmp_path / "original")
    original.commit()
    clone = tmp_path / "clone"

    original.run("git", "clone", "--quiet", "-c", "core.autocrlf=true", ".", clone)

    names = tracked_files()
    assert [n for n in names if (clone / n).read_bytes() != (ROOT / n).read_bytes()] == []


def test_no_two_files_differ_only_by_case() -> None:
    """Windows drives, and macOS by default, take them for the same file."""
    names = Counter(name.casefold() for name in tracked_files())

    assert [name for name, count in names.items() if count > 1] == []


def test_all_file_names_are_allowed_on_windows() -> None:
    parts = {part for name in tracked_files() for part in name.split("/")}

    assert [part for part in parts if re.search(r'[^ -~]|[<>:"\\|?*]|[ .]$', part)] == []
    assert [part for part in parts if part.partition(".")[0].casefold() in RESERVED] == []
