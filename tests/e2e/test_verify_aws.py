"""`make verify-aws` and `make e2e ENV=…` on the local stack, which differs only by its URLs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator_clients import Outputs, client, environment
from local.stack.local_stack import LocalStack
from ops.stack import find_stack
from ops.verify_aws.probe import Probe, Row, Verdict, run
from ops.verify_aws.probes import PROBES
from ops.verify_aws.target import Target
from project.template import ROOT

pytestmark = [
    pytest.mark.ci,
    pytest.mark.xdist_group("stack"),
    pytest.mark.local_only("is what make verify-aws does there"),
]

# A skipped probe says why. On AWS, with all features turned on, no probe is skipped.
NOT_ON_THE_LOCAL_STACK = {
    "$context.xrayTraceId is a root without `Root=`",
    "a line of the access log is JSON and names the caller",
    "an order's trace has the segments of the API, writer and publisher",
    "the account's concurrency limit is high enough",
    "the import keeps passthroughBehavior",
    "the import keeps the model for `$default`",
    "the upload goes to the bucket's regional host",
    "the web client has a Content-Security-Policy",
    "the web client's host passes /session on to the API",
}
WITH_SEARCH = "an order is found by search"


@pytest.fixture(scope="module")
def target(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("project")
    (folder / ".local").symlink_to(stack.directory)
    with Target(find_stack(None, None, folder)) as target:
        yield target


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.assumption)
def test_an_assumption_holds_on_the_local_stack(target: Target, probe: Probe) -> None:
    row = run(probe, target)

    if probe.assumption in NOT_ON_THE_LOCAL_STACK:
        assert row.verdict is Verdict.SKIPPED, row
    elif probe.assumption == WITH_SEARCH and target.stack.parameters["Search"] == "none":
        assert row == Row(*_named(probe), "deployed with Search=none", Verdict.SKIPPED)
    else:
        assert row == Row(*_named(probe), probe.expected, Verdict.OK)


def _named(probe: Probe) -> tuple[str, str, str]:
    return probe.topic, probe.assumption, probe.expected


def _users(outputs: Outputs) -> set[str]:
    pages = client("cognito-idp", outputs).get_paginator("list_users")
    found = pages.paginate(UserPoolId=outputs["UserPoolId"]).search("Users[].Username")
    return set(found)


def _queues(outputs: Outputs) -> set[str]:
    pages = client("sqs", outputs).get_paginator("list_queues")
    return set(pages.paginate().search("QueueUrls[]"))


def _make(outputs: Outputs, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as for a stack on AWS, which boto3 finds by credentials."""
    variables = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **environment(outputs),
        "API_URL": outputs["GatewayUrl"],  # the emulator's own API renders no mapping templates
    }
    return subprocess.run(
        ["make", "ENV=local", *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_verify_aws_finds_a_stack_by_its_environment_and_leaves_nothing(
    outputs: Outputs, tmp_path: Path
) -> None:
    before = _users(outputs), _queues(outputs)
    file = tmp_path / "report.json"

    done = _make(outputs, "verify-aws", f"ARGS=--only live --only settings --json {file}")

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(file.read_text())
    assert {row["topic"] for row in report["rows"]} == {"live", "settings"}
    assert report["leftBehind"] == []
    assert (_users(outputs), _queues(outputs)) == before


def test_the_end_to_end_tests_find_a_stack_by_its_environment_and_leave_nothing(
    outputs: Outputs,
) -> None:
    some = (
        *("stored_published_notified", "every_user_reads_a_group", "disabled_user"),
        *("dead_letter", "email_address_only"),
    )
    before = _users(outputs), _queues(outputs)

    done = _make(outputs, "e2e", f"ARGS=-p no:cacheprovider -k '{' or '.join(some)}'")

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "left out, since it reads emails:\n" in done.stdout
    left_out = "test_a_user_can_register_with_an_email_address_only"
    assert f"  tests/e2e/test_users.py::{left_out}\n" in done.stdout
    assert (_users(outputs), _queues(outputs)) == before
