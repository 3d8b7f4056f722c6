"""`make previews`: the stacks of closed pull requests are deleted, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import boto3
import pytest

from ops import previews
from project.fake_aws import emulated_aws

pytestmark = pytest.mark.slow

TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
STACKS = (
    "storefront",
    "storefront-dev",
    "storefront-preview",
    "storefront-preview-1",
    "storefront-preview-2",
    "storefront-preview-12",
    "storefront-preview-12-roles",
    "other-storefront-preview-3",
)


@pytest.fixture(autouse=True)
def stacks() -> Iterator[None]:
    with emulated_aws():
        cloudformation = boto3.client("cloudformation")
        for name in STACKS:
            cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE)
        yield


class Deleted:
    """Records the stacks that are deleted. Those in `protected` cannot be."""

    def __init__(self, *protected: str) -> None:
        self.names: list[str] = []
        self._protected = protected

    def __call__(self, argv: Sequence[str]) -> int:
        match argv:
            case ["--stack", name, "--region", "us-east-1", "--confirm", confirmed]:
                assert name == confirmed
                self.names.append(name)
                return 1 if name in self._protected else 0
        raise AssertionError(argv)


def test_only_stacks_of_closed_pull_requests_are_deleted() -> None:
    deleted = Deleted()

    status = previews.main(["12", "5"], delete=deleted)

    assert status == 0
    assert sorted(deleted.names) == ["storefront-preview-1", "storefront-preview-2"]


def test_without_open_pull_requests_all_previews_go() -> None:
    deleted = Deleted()

    previews.main([], delete=deleted)

    assert sorted(deleted.names) == [
        "storefront-preview-1",
        "storefront-preview-12",
        "storefront-preview-2",
    ]


def test_one_that_cannot_be_deleted_does_not_keep_the_others() -> None:
    deleted = Deleted("storefront-preview-1")

    status = previews.main([], delete=deleted)

    assert status == 1
    assert len(deleted.names) == 3


def test_a_deleted_stack_is_not_deleted_again(capsys: pytest.CaptureFixture[str]) -> None:
    deleted = Deleted()
    boto3.client("cloudformation").delete_stack(StackName="storefront-preview-1")

    status = previews.main(["2", "12"], delete=deleted)

    assert (status, deleted.names) == (0, [])
    assert "no stack of a closed pull request is left" in capsys.readouterr().out


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit):
        previews.main(["12;"], delete=Deleted())
