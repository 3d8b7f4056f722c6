"""Which stack an operator's command runs against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.emulator_clients import new_credentials
from ops.stack import StackNotFound, find_stack


def test_the_default_is_the_local_stack(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    outputs = {"Endpoint": "http://127.0.0.1:4566", "Stack": "storefront", **new_credentials()}
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(outputs))

    stack = find_stack(None, None, tmp_path)

    assert stack.place == "Local stack storefront at http://127.0.0.1:4566"
    assert stack.client("sqs").meta.endpoint_url == "http://127.0.0.1:4566"


def test_without_a_local_stack_the_error_says_how_to_start_or_select_one(tmp_path: Path) -> None:
    with pytest.raises(StackNotFound, match=r"make up.*ENV or --stack"):
        find_stack(None, None, tmp_path)


def test_a_damaged_file_is_the_same_as_no_local_stack(tmp_path: Path) -> None:
    """fault 67"""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text("")

    with pytest.raises(StackNotFound, match=r"make up"):
        find_stack(None, None, tmp_path)


def test_a_stack_can_be_selected_by_name_and_region() -> None:
    stack = find_stack("shop", "eu-central-1")

    assert stack.place == "Stack shop in eu-central-1"
    assert stack.client("sqs").meta.region_name == "eu-central-1"


@pytest.mark.parametrize(
    ("environment", "name"), [("dev", "storefront-dev"), ("prod", "storefront")]
)
def test_an_environment_selects_the_stack_that_sam_deploys(
    environment: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENV", environment)

    assert find_stack(None, None).name == name


def test_a_name_takes_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV", "prod")

    assert find_stack("other", None).name == "other"


def test_an_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV", "prdo")

    with pytest.raises(StackNotFound, match="no environment 'prdo'"):
        find_stack(None, None)
