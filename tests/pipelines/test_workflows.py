"""The workflows of GitHub Actions, judged by actionlint and zizmor, and by the Makefile."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from project import golang
from project.template import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")


def actionlint(*files: Path) -> str:
    """Return what actionlint prints, which is nothing if it finds nothing."""
    if not golang.is_available():
        assert os.environ.get("CI") != "true", "Go 1.21 or newer is not on the path"
        pytest.skip("Go 1.21 or newer is not on the path")
    program = golang.fetch("Actionlint", "tests/pipelines") / "actionlint"
    # Without shellcheck, which is not on every machine and would give other results there.
    command: list[str | Path] = [program, "-oneline", "-shellcheck=", "-pyflakes=", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr  # 1 means that it found something
    return done.stdout


def zizmor(*files: Path) -> str:
    """Return what zizmor prints, which is nothing if it finds nothing."""
    program = Path(sys.executable).with_name("zizmor")
    settings: list[str | Path] = [
        "--offline",
        "--quiet",
        "--no-progress",
        "--config",
        ROOT / ".github/zizmor.yml",
    ]
    done = subprocess.run([program, *settings, *files], capture_output=True, text=True, check=False)
    # 11 to 14 say how bad the worst finding is. Everything else is an error of zizmor itself.
    assert done.returncode in {0, 11, 12, 13, 14}, done.stderr
    return done.stdout if done.returncode else ""


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.name}: {name}", job)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    ]


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


@pytest.mark.ci
def test_actionlint_accepts_the_workflows() -> None:
    assert actionlint(*WORKFLOWS) == ""


@pytest.mark.ci
def test_actionlint_judges(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:", 1))

    assert '"run-on"' in actionlint(wrong)


def test_zizmor_accepts_the_workflows() -> None:
    assert zizmor(*WORKFLOWS) == ""


def test_zizmor_judges(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(PINNED.sub(r"uses: \1@\3", (ROOT / ".github/workflows/ci.yml").read_text()))

    assert "unpinned-uses" in zizmor(wrong)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_pinned_by_its_commit_and_its_version_is_said(workflow: Path) -> None:
    used = [line for line in workflow.read_text().splitlines() if " uses: " in line]

    unpinned = [line for line in used if not (PINNED.search(line) or "uses: ./" in line)]

    assert unpinned == []


def test_an_action_has_one_version_in_all_workflows() -> None:
    pins = {pin for path in WORKFLOWS for pin in PINNED.findall(path.read_text())}

    assert len(pins) == len({action for action, _, _ in pins})


def test_each_target_that_a_workflow_makes_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = [
        (name, target)
        for name, job in jobs()
        for command in commands(job)
        for target in re.findall(r"\bmake (?:--\w+ )?([a-z0-9-]+)", command)
    ]

    assert [(name, target) for name, target in made if target not in targets] == []
    assert {"deploy", "verify-aws", "e2e", "destroy", "previews"} <= {each for _, each in made}


def test_a_job_gets_credentials_of_aws_only_in_an_environment() -> None:
    """The role trusts jobs of an environment, which GitHub starts after its protection rules."""
    unprotected = [
        name
        for name, job in jobs()
        if "configure-aws-credentials" in json.dumps(job) and "environment" not in job
    ]

    assert unprotected == []


def test_without_a_role_a_fork_deploys_nothing_and_does_not_fail() -> None:
    """Steps of a job with credentials run only if its environment names a role."""
    unconditional = [
        f"{name}: {step}"
        for name, job in jobs()
        if "configure-aws-credentials" in json.dumps(job)
        for step in job["steps"]
        if "vars.AWS_ROLE" not in str(step.get("if"))
    ]

    assert unconditional == []
