"""`make build` and `make deploy`: the same parameters, and libraries for the right architecture."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.deploy import WrongBuild, run_and_clean, run_sam
from ops.stack import StackNotFound, config_env
from project.template import ROOT, WrongParameter

ENVIRONMENTS = ("dev", "prod", "preview-12")

# Parses the configuration file and the command line with SAM CLI's own code.
SAM_READS = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig

folder, *given = json.loads(sys.argv[1])
def read(value):
    return CfnParameterOverridesType().convert(value, None, None)
def configured(command, env):
    parameters = SamConfig(folder, "samconfig.toml").get_all([command], "parameters", env)
    return read(parameters.get("parameter_overrides"))
commands = [configured(*each) for each in given] if isinstance(given[0], list) else read(given)
print(json.dumps(commands))
"""


@dataclass
class Runner:
    """Records the commands instead of running them."""

    commands: list[list[str]] = field(default_factory=list)

    def __call__(self, command: list[str]) -> int:
        self.commands.append(command)
        return 0


@pytest.fixture
def run() -> Runner:
    return Runner()


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build with one library for arm64. The file contains only the header."""
    library = tmp_path / "ImageProcessingFunction" / "native.so.1"
    library.parent.mkdir()
    library.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + b"\xb7\x00")
    return tmp_path


def read_by_sam(*given: str | list[str]) -> Any:
    """Return how SAM CLI parses parameters, or `[command, environment]` in samconfig.toml."""
    python = ROOT / ".local" / "sam" / "bin" / "python"
    arguments = json.dumps([str(ROOT), *given])
    done = subprocess.run(
        [python, "-c", SAM_READS, arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def overrides(command: list[str]) -> Any:
    """Return the parameters of a command line, as SAM CLI parses them."""
    return read_by_sam(*command[command.index("--parameter-overrides") + 1 :])


def test_plain_sam_build_and_sam_deploy_have_the_same_parameters() -> None:
    commands = [
        [command, config_env(environment)]
        for environment in ENVIRONMENTS
        for command in ("build", "deploy")
    ]

    read = read_by_sam(*commands)

    assert read[::2] == read[1::2]
    assert {each["Architecture"] for each in read} == {"arm64"}


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_given_parameters_override_those_in_samconfig(
    environment: str, run: Runner, build: Path
) -> None:
    [configured] = read_by_sam(["deploy", config_env(environment)])
    given = ["SelfSignUp=false", "NotificationEmail=Ann Lee <ann@shop.example>", "AlarmEmail="]

    for command in ("build", "deploy"):
        run_sam(command, environment, given, run, build)

    for ran in run.commands:
        assert overrides(ran) == configured | {
            "SelfSignUp": "false",
            "NotificationEmail": "Ann Lee <ann@shop.example>",
            "AlarmEmail": "",
        }
        assert ran[ran.index("--config-env") + 1] == config_env(environment)


def test_another_architecture_reaches_both_commands(run: Runner, tmp_path: Path) -> None:
    for command in ("build", "deploy"):
        run_sam(command, "dev", ["Architecture=x86_64"], run, tmp_path)

    assert [command[1] for command in run.commands] == ["build", "deploy"]
    assert all('Architecture="x86_64"' in command for command in run.commands)


def test_each_pull_request_is_deployed_as_a_stack_of_its_own(run: Runner, tmp_path: Path) -> None:
    run_sam("deploy", "preview-12", [], run, tmp_path)

    [command] = run.commands
    assert command[command.index("--config-env") + 1] == "preview"
    assert command[command.index("--stack-name") + 1] == "storefront-preview-12"


def test_in_a_pipeline_cloudformation_works_with_a_role_of_its_own(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYMENT_ROLE", "arn:aws:iam::123456789012:role/deployment")
    monkeypatch.setenv("DEPLOYMENT_BUCKET", "packages")

    for command in ("build", "deploy"):
        run_sam(command, "dev", [], run, tmp_path)

    build, deploy = run.commands
    assert "--role-arn" not in build
    assert deploy[deploy.index("--role-arn") + 1] == "arn:aws:iam::123456789012:role/deployment"
    # SAM CLI refuses a bucket together with the setting resolve_s3 of samconfig.toml.
    at = deploy.index("--no-resolve-s3")
    assert deploy[at + 1 : at + 3] == ["--s3-bucket", "packages"]


def test_a_build_for_another_architecture_is_not_deployed(run: Runner, build: Path) -> None:
    """fault 55"""
    with pytest.raises(WrongBuild, match=r"not built for x86_64: .*native\.so\.1 \(arm64\)"):
        run_sam("deploy", "dev", ["Architecture=x86_64"], run, build)

    assert run.commands == []


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("Architectur=arm64", "no parameter Architectur; did you mean Architecture?"),
        ("x=y", "no parameter x; it has [A-Z]"),
        ("SelfSignUp", "'SelfSignUp' is not of the form Name=value"),
        ("Lee", "quote a value that contains spaces"),
    ],
)
def test_a_wrong_parameter_stops_before_anything_runs(given: str, hint: str, run: Runner) -> None:
    with pytest.raises(WrongParameter, match=hint.replace("?", r"\?")):
        run_sam("build", "dev", ["SelfSignUp=false", given], run)

    assert run.commands == []


def test_an_unknown_environment_stops_before_anything_runs(run: Runner) -> None:
    with pytest.raises(StackNotFound, match="no environment 'staging'"):
        run_sam("build", "staging", [], run)

    assert run.commands == []


def test_temporary_folders_of_sam_are_deleted(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    program = f"import tempfile; open({str(kept)!r}, 'w').write(tempfile.mkdtemp()); exit(3)"

    status = run_and_clean([sys.executable, "-c", program])

    assert status == 3
    assert not Path(kept.read_text()).exists()
