"""`make verify-aws`: a probe that holds, fails, crashes or does not apply; the clean-up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.emulator_clients import REGION
from ops.verify_aws import __main__ as verify_aws
from ops.verify_aws import report
from ops.verify_aws.probe import NotApplicable, Probe, Row, Verdict, run
from ops.verify_aws.probes import PROBES
from ops.verify_aws.target import Target
from project.fake_aws import emulated_aws
from project.template import ROOT


def a_probe(look: Callable[[Any], str], expected: str = "202") -> Probe:
    return Probe("orders", "an order is accepted", expected, look)


def crashing(_: object) -> str:
    raise ConnectionError("no route\nto host")


def not_applicable(_: object) -> str:
    raise NotApplicable("deployed with Search=none")


@pytest.mark.parametrize(
    ("look", "observed", "verdict"),
    [
        (lambda _: "202", "202", Verdict.OK),
        (lambda _: "503", "503", Verdict.FAILED),
        (crashing, "ConnectionError: no route to host", Verdict.FAILED),
        (not_applicable, "deployed with Search=none", Verdict.SKIPPED),
    ],
)
def test_a_row_shows_the_observation_or_the_error(
    look: Callable[[Any], str], observed: str, verdict: Verdict
) -> None:
    row = run(a_probe(look), target=None)

    assert row == Row("orders", "an order is accepted", "202", observed, verdict)


def test_each_row_is_printed_before_the_next_probe_runs() -> None:
    lines: list[str] = []
    probes = [a_probe(crashing), a_probe(lambda _: str(len(lines)), expected="3")]

    rows = list(report.rows(probes, None, lines.append))

    assert [row.verdict for row in rows] == [Verdict.FAILED, Verdict.OK]
    header = [cell.strip() for cell in lines[0].split("|")]
    assert header == ["assumption", "expected", "observed", "ok"]
    assert [line.rpartition(" | ")[2] for line in lines[2:]] == ["FAILED", "ok"]
    assert "no route to host" in lines[2]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An account with a stack that has a user pool, and a folder for the report."""
    monkeypatch.delenv("ENV", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with emulated_aws():
        cognito = boto3.client("cognito-idp")
        policies: Any = {"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": False}}
        made = cognito.create_user_pool(PoolName="shop", Policies=policies)
        pool = made["UserPool"]["Id"]
        client = cognito.create_user_pool_client(
            UserPoolId=pool, ClientName="shop", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        outputs = {
            "ApiUrl": "https://api.example/v1",
            "UserPoolId": pool,
            "UserPoolClientId": client["UserPoolClient"]["ClientId"],
        }
        body = {
            "Parameters": {"ApiAuthorizer": {"Type": "String", "Default": "Cognito"}},
            "Resources": {"AlarmTopic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        boto3.client("cloudformation").create_stack(StackName="shop", TemplateBody=json.dumps(body))
        yield tmp_path


def verify(*probes: Probe, arguments: tuple[str, ...] = ()) -> int:
    return verify_aws.main(["--stack", "shop", *arguments], probes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("looks", "status"),
    [
        ([lambda _: "202"], 0),
        ([lambda _: "202", not_applicable], 0),
        ([lambda _: "202", lambda _: "503"], 1),
        ([crashing, lambda _: "202"], 1),
    ],
)
def test_the_exit_status_is_1_if_a_probe_fails(
    account: Path, looks: list[Any], status: int
) -> None:
    probes = [a_probe(look) for look in looks]

    assert verify(*probes) == status


def test_the_report_is_written_as_json(account: Path) -> None:
    file = account / "report.json"

    verify(a_probe(not_applicable), arguments=("--json", str(file)))

    report = json.loads(file.read_text())
    assert report["stack"] == f"Stack shop in {REGION}"
    assert report["leftBehind"] == []
    assert report["rows"] == [
        {
            "topic": "orders",
            "assumption": "an order is accepted",
            "expected": "202",
            "observed": "deployed with Search=none",
            "verdict": "skipped",
        }
    ]


def test_only_the_requested_topic_is_probed(
    account: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Probe("users", "an access token", "200", crashing)

    status = verify(a_probe(lambda _: "202"), other, arguments=("--only", "orders"))

    assert status == 0
    assert "an access token" not in capsys.readouterr().out


def test_list_needs_no_stack(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = verify_aws.main(["--list", "--stack", "there is none"])

    assert status == 0
    assert capsys.readouterr().out.count("\n") == len(PROBES)


def test_an_unknown_environment_is_a_one_line_error(
    account: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENV", "nowhere")

    assert verify_aws.main([]) == 1
    assert capsys.readouterr().err == "samconfig.toml has no environment 'nowhere' (ENV)\n"


@pytest.mark.parametrize("authorizer", ["CognitoScopes", "Jwt", "AWS_IAM"])
def test_a_stack_that_does_not_take_id_tokens_is_refused(
    account: Path, capsys: pytest.CaptureFixture[str], authorizer: str
) -> None:
    boto3.client("cloudformation").update_stack(
        StackName="shop",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "ApiAuthorizer", "ParameterValue": authorizer}],
    )

    assert verify(a_probe(lambda _: "202")) == 1
    assert "ApiAuthorizer=Cognito" in capsys.readouterr().err


def users() -> list[Any]:
    cognito = boto3.client("cognito-idp")
    [pool] = cognito.list_user_pools(MaxResults=10)["UserPools"]
    found: list[Any] = cognito.list_users(UserPoolId=pool["Id"])["Users"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "status"), [(None, 0), (ValueError("crash"), 1), (KeyboardInterrupt(), 130)]
)
def test_users_are_deleted_after_success_crash_and_interruption(
    account: Path, end: BaseException | None, status: int
) -> None:
    counts: list[int] = []

    def look(target: Target) -> str:
        assert target.user.sub != target.other.sub
        counts.append(len(users()))
        if end:
            raise end
        return "202"

    assert verify(a_probe(look)) == status
    assert counts == [2]
    assert users() == []


def test_a_failing_removal_is_reported_and_the_rest_is_removed(
    account: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    removed: list[str] = []

    def failing() -> None:
        raise ConnectionError("unreachable")

    def look(target: Target) -> str:
        target.on_exit("a queue", lambda: removed.append("a queue"))
        target.on_exit("user ann", failing)
        return "202"

    status = verify(a_probe(look))

    assert status == 1
    assert removed == ["a queue"]
    assert capsys.readouterr().err == "not removed: user ann: unreachable\n"


def test_the_verification_page_lists_every_probe_under_its_topic() -> None:
    page = (ROOT / "docs" / "verification.md").read_text()
    probes = page.partition("\n## The probes\n")[2].partition("\n## ")[0]
    topics = {topic: rows for topic, _, rows in (s.partition("\n") for s in probes.split("### "))}

    for topic in {probe.topic for probe in PROBES}:
        named = [row.split(" | ")[0][2:] for row in topics[topic].splitlines() if row[:2] == "| "]
        assert named[1:] == [probe.assumption for probe in PROBES if probe.topic == topic]


def test_assumptions_are_unique() -> None:
    assumptions = [probe.assumption for probe in PROBES]

    assert len(set(assumptions)) == len(assumptions)
    assert {probe.topic for probe in PROBES} == {
        *("browsers", "images", "live", "observability", "orders", "refusals", "settings", "users")
    }
